import { expect, test } from 'vitest'
import { restoreLines, stepsOf } from './entry-steps.ts'

type Entry = Parameters<typeof stepsOf>[0]
const step = (ok: boolean) => ({ ok, startedAt: '2026-11-25T05:35:04Z', endedAt: '2026-11-25T05:36:51Z', error: null })
const run = { backup: step(true), compress: step(true), transfer: step(true), startedAt: null }
const file: Entry['file'] = {
  state: 'VAULT',
  arrivedAt: '2026-11-25T05:41:35Z',
  verifiedAt: null,
  intact: null,
  checks: [
    { name: 'SHA256', outcome: 'PASSED' },
    { name: 'COMPLETION_MARK', outcome: 'PASSED' },
  ],
}
const entry = (more: Partial<Entry> = {}): Entry => ({
  expectedAt: '2026-11-25T05:35:00Z',
  windowEndsAt: '2026-11-25T06:35:00Z',
  arrivedAt: null,
  judgedAt: '2026-11-25T05:42:19Z',
  phase: 'JUDGED',
  status: 'SUCCESS',
  reportedHash: null,
  measuredHash: null,
  file,
  runs: [run],
  ...more,
})
const states = (more: Partial<Entry>) => stepsOf(entry(more)).map(({ state }) => state)
const [D, F, N, W, X] = ['DONE', 'FAILED', 'NOT_TOLD', 'WAITING', 'NOT_REACHED'] as const

test.each<[string, Partial<Entry>, string[]]>([
  ['came and is proven', {}, [D, D, D, D, D, D, D, D]],
  [
    'is not due to be over, and of which nothing came',
    { phase: 'DUE', judgedAt: null, file: null, runs: [] },
    [D, W, W, W, W, W, W, W],
  ],
  ['never came', { file: null, runs: [] }, [D, X, X, X, X, X, X, X]],
  [
    'failed at its source',
    { file: null, runs: [{ ...run, backup: step(false), compress: null, transfer: null }] },
    [D, F, N, N, X, X, X, X],
  ],
  [
    'was damaged on its way',
    {
      file: {
        ...file,
        state: 'QUARANTINE',
        checks: [
          { name: 'SHA256', outcome: 'FAILED' },
          { name: 'DECOMPRESSION', outcome: 'FAILED' },
        ],
      },
    },
    [D, D, D, D, D, F, F, F],
  ],
  [
    'arrived, and could not be checked',
    {
      file: {
        ...file,
        checks: [
          { name: 'SHA256', outcome: 'PASSED' },
          { name: 'COMPLETION_MARK', outcome: 'NOT_CHECKED' },
        ],
      },
    },
    [D, D, D, D, D, D, N, D],
  ],
  ['was found damaged in the vault', { file: { ...file, intact: false } }, [D, D, D, D, D, D, D, F]],
  ['is lost from the vault', { file: { ...file, state: 'LOST' } }, [D, D, D, D, D, D, D, F]],
  [
    'has come and is being read',
    { phase: 'DUE', judgedAt: null, file: { ...file, state: 'SEEN', checks: [] } },
    [D, D, D, D, D, W, W, W],
  ],
])('The way of a backup that %s', (_, more, expected) => {
  expect(states(more)).toEqual(expected)
})

test('How long a step took is told, and never less than nothing', () => {
  expect(stepsOf(entry())[1]?.seconds).toBe(107)
  const turned = { ...step(true), endedAt: '2026-11-25T05:00:00Z' }
  expect(stepsOf(entry({ runs: [{ ...run, backup: turned }] }))[1]?.seconds).toBe(0)
})

test.each([
  ['/v/crm.sql.gz', ["gzip -dc '/v/crm.sql.gz' > RESTORED.sql"]],
  ['/v/crm.dump.zst', ["zstd -dc '/v/crm.dump.zst' | pg_restore --no-owner --exit-on-error -d RESTORED"]],
  ['/v/home.tar.xz', ["xz -dc '/v/home.tar.xz' | tar -x --directory=RESTORED"]],
  ['/v/home.tgz', ["gzip -dc '/v/home.tgz' | tar -x --directory=RESTORED"]],
  ["/v/it’s $(x)'.bin", ["cat '/v/it’s $(x)'\\''.bin' > RESTORED"]],
  ['/v/a.sqlite', ["cat '/v/a.sqlite' > RESTORED.sqlite", 'sqlite3 RESTORED.sqlite "PRAGMA integrity_check"']],
])('%s is read by its own tools, and nothing in its name is a command', (path, lines) => {
  expect(restoreLines(path, null)).toEqual(lines)
})

test('Before it is read, it is compared with what was proven', () => {
  expect(restoreLines('/v/a.sql', 'abc')[0]).toBe(`echo "abc  "'/v/a.sql' | sha256sum -c`)
})
