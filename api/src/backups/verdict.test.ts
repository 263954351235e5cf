import { Severity } from '../reasons/reason.ts'
import { describe, expect, test } from 'vitest'
import { CheckName, CheckOutcome } from './check.ts'
import type { DeclaredStep } from './declared.ts'
import type { ContentCheck, FileFacts, ReadFacts } from './file-facts.ts'
import { BackupStatus } from './backup-status.ts'
import {
  backupReason,
  checksOf,
  type DeclaredRun,
  declaredFile,
  type EntryFacts,
  type JudgedRun,
  judgeEntry,
  judgeRun,
  type RunFacts,
  staysOpen,
} from './verdict.ts'

const [HASH, OTHER_HASH, CONTENT] = ['a', 'b', 'c'].map((digit) => digit.repeat(64)) as [string, string, string]
const step = (more: Partial<DeclaredStep> = {}): DeclaredStep => ({
  ok: true,
  startedAt: null,
  endedAt: null,
  sha256: null,
  size: null,
  error: null,
  ...more,
})
const run = (more: Partial<DeclaredRun> = {}): DeclaredRun => ({
  backup: step(),
  compress: step({ sha256: HASH, size: 1000 }),
  transfer: step(),
  ...more,
})
const stamp = (size: number) => ({ dev: '1', ino: '2', size, mtimeNs: '3', ctimeNs: '4' })
const read = (more: Partial<ReadFacts> = {}): ReadFacts => ({
  kind: 'READ',
  stamp: stamp(1000),
  sha256: HASH,
  contentSize: 5000,
  contentSha256: null,
  fingerprint: null,
  expandsBeyond: null,
  checks: [],
  ...more,
})
const check = (name: ContentCheck['name'], outcome: ContentCheck['outcome'] = 'FAILED'): ContentCheck => ({
  name,
  outcome,
  detail: 'why',
})
const broken = (...names: ContentCheck['name'][]) => read({ checks: names.map((name) => check(name)) })
const otherSize = (size: number): FileFacts => ({ kind: 'OTHER_SIZE', stamp: stamp(size) })

const judged = (more: Partial<RunFacts> = {}) =>
  judgeRun({
    run: run(),
    fileName: 'crm.sql.gz',
    file: read(),
    windowEnded: false,
    keptStill: false,
    mustBeProven: false,
    previous: null,
    ...more,
  })
const word = (more: Partial<RunFacts>): string => {
  const { status, place, reasons } = judged(more)
  return [status ?? 'NOT_YET', place, ...reasons.map(({ code }) => code)].join(' ')
}

describe('A run', () => {
  const failed = { backup: step({ ok: false, error: 'disk full' }) }
  const damaged = { file: read({ sha256: OTHER_HASH }) }
  const undeclared = { run: run({ compress: step() }) }
  const after = { windowEnded: true }
  const same = { previous: { sha256: HASH, fingerprint: 'f' } }

  test.each<[string, Partial<RunFacts>, string]>([
    ['whose file is as declared', {}, 'SUCCESS VAULT'],
    ['whose backup failed', { run: run(failed), file: null }, 'FAILED DEPOSIT STEP_FAILED'],
    ['that failed, though its file is good', { run: run(failed) }, 'FAILED DEPOSIT STEP_FAILED'],
    ['that failed, and whose file is damaged', { run: run(failed), ...damaged }, 'FAILED DEPOSIT STEP_FAILED'],
    [
      'all whose steps failed tells each',
      { run: { backup: step({ ok: false }), compress: step({ ok: false }), transfer: step({ ok: false }) } },
      'FAILED DEPOSIT STEP_FAILED STEP_FAILED STEP_FAILED',
    ],
    ['not looked for within the grace', { file: null }, 'NOT_YET DEPOSIT FILE_AWAITED'],
    ['absent within the grace', { file: { kind: 'ABSENT' } }, 'NOT_YET DEPOSIT FILE_AWAITED'],
    ['absent at its end', { file: { kind: 'ABSENT' }, ...after }, 'TRANSFER_INTEGRITY_FAILED DEPOSIT FILE_ABSENT'],
    ['that is a folder', { file: { kind: 'NOT_A_FILE' } }, 'TRANSFER_INTEGRITY_FAILED DEPOSIT NOT_A_FILE'],
    [
      'unreadable, at any time',
      { file: { kind: 'UNREADABLE', detail: 'EACCES' }, ...after },
      'NOT_YET DEPOSIT FILE_UNREADABLE',
    ],
    ['that changes, at any time', { file: { kind: 'CHANGING' }, ...after }, 'NOT_YET DEPOSIT CHANGED_WHILE_READING'],
    ['one byte short within the grace', { file: otherSize(999) }, 'NOT_YET DEPOSIT FILE_ARRIVING'],
    [
      'one byte short at its end',
      { file: otherSize(999), ...after },
      'TRANSFER_INTEGRITY_FAILED QUARANTINE SIZE_SMALLER',
    ],
    ['one byte longer, at once', { file: otherSize(1001) }, 'TRANSFER_INTEGRITY_FAILED QUARANTINE SIZE_LARGER'],
    ['with another hash, at once', damaged, 'TRANSFER_INTEGRITY_FAILED QUARANTINE HASH_DIFFERS'],
    [
      'with another hash and broken content: the hash tells why',
      { file: read({ sha256: OTHER_HASH, checks: [check('COMPLETION_MARK')] }) },
      'TRANSFER_INTEGRITY_FAILED QUARANTINE HASH_DIFFERS',
    ],
    ['without declared hash, while it moves', undeclared, 'NOT_YET DEPOSIT HASH_NOT_DECLARED'],
    [
      'without declared hash, while it moves, at the end',
      { ...undeclared, ...after },
      'NOT_YET DEPOSIT HASH_NOT_DECLARED',
    ],
    ['without declared hash, once still', { ...undeclared, keptStill: true }, 'SUCCESS VAULT HASH_NOT_DECLARED'],
    [
      'that is empty',
      { run: run({ compress: step({ sha256: HASH, size: 0 }) }), file: read({ stamp: stamp(0) }) },
      'FAILED QUARANTINE EMPTY_FILE',
    ],
    ['that was read, and is of another size', { file: read({ stamp: stamp(999) }) }, 'NOT_YET DEPOSIT FILE_ARRIVING'],
    ['that is being read', { file: { kind: 'VERIFYING', size: 1000 } }, 'NOT_YET DEPOSIT FILE_VERIFYING'],
    [
      'that is being read when the grace ends',
      { file: { kind: 'VERIFYING', size: 1000 }, windowEnded: true },
      'NOT_YET DEPOSIT FILE_VERIFYING',
    ],
    ['that expands too far', { file: read({ expandsBeyond: 1_000_000 }) }, 'FAILED QUARANTINE EXPANDS_TOO_FAR'],
    ['that does not decompress', { file: broken('DECOMPRESSION') }, 'FAILED QUARANTINE DECOMPRESSION_FAILED'],
    ['of a killed dump', { file: broken('COMPLETION_MARK') }, 'FAILED QUARANTINE DUMP_INCOMPLETE'],
    ['that pg_restore refuses', { file: broken('PG_RESTORE') }, 'FAILED QUARANTINE DUMP_UNREADABLE'],
    ['of a damaged SQLite', { file: broken('SQLITE_INTEGRITY') }, 'FAILED QUARANTINE DATABASE_DAMAGED'],
    [
      'broken in two ways tells both',
      { file: broken('COMPLETION_MARK', 'DECOMPRESSION') },
      'FAILED QUARANTINE DECOMPRESSION_FAILED DUMP_INCOMPLETE',
    ],
    [
      'broken, and the same as the last good one',
      { file: broken('COMPLETION_MARK'), ...same },
      'FAILED QUARANTINE DUMP_INCOMPLETE',
    ],
    [
      'a check of which could not be made says so',
      { file: read({ checks: [check('PG_RESTORE', 'NOT_CHECKED'), check('DECOMPRESSION', 'PASSED')] }) },
      'SUCCESS VAULT CHECK_NOT_DONE',
    ],
    ['with the bytes of the last good one', same, 'HASH_MISMATCH VAULT UNCHANGED'],
    [
      'with the content of the last good one alone',
      { file: read({ fingerprint: 'f' }), previous: { sha256: OTHER_HASH, fingerprint: 'f' } },
      'SUCCESS VAULT CONTENT_UNCHANGED',
    ],
    ['after a good one of which nothing is known', { previous: { sha256: null, fingerprint: null } }, 'SUCCESS VAULT'],
  ])('%s', (_, facts, expected) => {
    expect(word(facts)).toBe(expected)
  })

  test('tells the step with the words of the agent, the end of them where they are many', () => {
    const { reasons } = judged({ run: run({ transfer: step({ ok: false, error: `${'x'.repeat(600)}refused` }) }) })
    expect(reasons[0]?.subject).toMatch(/^TRANSFER: x{493}refused$/)
  })

  test('tells measured and declared size, and how far it expands', () => {
    expect(judged({ file: otherSize(999) }).reasons).toMatchObject([{ value: 999, limit: 1000 }])
    expect(judged({ file: read({ expandsBeyond: 1_000_999 }) }).reasons).toMatchObject([
      { value: 1000, limit: 1_000_999 },
    ])
  })
})

describe('The staged file', () => {
  const backup = step({ sha256: CONTENT, size: 5000 })

  test.each<[string, DeclaredRun, ReturnType<typeof declaredFile>]>([
    ['is that of COMPRESS', run({ backup }), { size: 1000, sha256: HASH, contentSha256: CONTENT }],
    [
      'without COMPRESS is that of BACKUP',
      run({ backup, compress: null }),
      { size: 5000, sha256: CONTENT, contentSha256: null },
    ],
    [
      'of a COMPRESS that tells nothing is not that of BACKUP',
      run({ backup, compress: step() }),
      { size: null, sha256: null, contentSha256: CONTENT },
    ],
    [
      'of a transfer alone is not told',
      run({ backup: null, compress: null }),
      { size: null, sha256: null, contentSha256: null },
    ],
  ])('%s', (_, declared, expected) => {
    expect(declaredFile(declared)).toEqual(expected)
  })

  test.each<[string, Partial<ReadFacts>, string]>([
    ['the content has the declared hash', { contentSha256: CONTENT }, 'SUCCESS'],
    ['the content has another', { contentSha256: OTHER_HASH }, 'FAILED'],
    [
      'the content could not be read',
      { contentSha256: null, checks: [check('DECOMPRESSION', 'NOT_CHECKED')] },
      'SUCCESS',
    ],
    ['the file is not compressed after all, and is another', { contentSha256: null }, 'FAILED'],
  ])('is judged by the BACKUP hash too: %s', (_, file, status) => {
    expect(judged({ run: run({ backup }), file: read(file) }).status).toBe(status)
  })

  test('has a check for each thing, and none that was not made is passed', () => {
    const checks = checksOf(read({ checks: [check('PG_RESTORE', 'NOT_CHECKED')] }), {
      size: null,
      sha256: null,
      contentSha256: null,
    })
    expect(checks.map(({ name, outcome }) => `${name} ${outcome}`)).toEqual(
      [CheckName.SIZE, CheckName.SHA256, CheckName.PG_RESTORE].map((name) => `${name} ${CheckOutcome.NOT_CHECKED}`),
    )
  })
})

describe('An expected backup', () => {
  const END = new Date('2026-01-15T03:00:00.000Z')
  const at = (ms: number): Date => new Date(END.getTime() + ms)
  const came = (status: BackupStatus | null, late = -1, id = `${status}`): JudgedRun => ({
    id,
    status,
    reasons: [],
    arrivedAt: at(late),
    fate: null,
  })
  const { SUCCESS, FAILED, HASH_MISMATCH, TRANSFER_INTEGRITY_FAILED: DAMAGED } = BackupStatus
  const calming: JudgedRun = { ...came(null), reasons: [backupReason('HASH_NOT_DECLARED', Severity.INFO)] }
  const verifying: JudgedRun = { ...came(null), reasons: [backupReason('FILE_VERIFYING', Severity.INFO)] }
  const moving: JudgedRun = { ...came(null), reasons: [backupReason('FILE_MOVING', Severity.INFO)] }
  const fell = (fate: JudgedRun['fate']): JudgedRun => ({ ...came(SUCCESS), fate })
  const told = (runs: JudgedRun[], now = 0, more: Partial<EntryFacts> = {}): string => {
    const verdict = judgeEntry({ runs, windowEndsAt: END, awaited: true, blind: null, ...more }, at(now))
    return [verdict.status, verdict.judged ? 'judged' : 'open', ...verdict.reasons.map(({ code }) => code)].join(' ')
  }

  test.each<[string, string, string]>([
    ['a millisecond before the end of the grace', told([], -1), 'UNKNOWN open'],
    ['at the end of the grace', told([], 0), 'MISSING judged NOTHING_CAME'],
    ['that nobody awaits, long after', told([], 1e9, { awaited: false }), 'UNKNOWN open'],
    ['while the scanner is blind', told([], 0, { blind: 'gone' }), 'UNKNOWN open SCANNER_BLIND'],
    ['while the scanner is blind, within the grace', told([], -1, { blind: 'gone' }), 'UNKNOWN open'],
    ['with a waiting run, within the grace', told([came(null, -1)], -1), 'UNKNOWN open'],
    ['with a waiting run that came in time', told([came(null, 0)], 0), 'TRANSFER_INTEGRITY_FAILED judged NOT_SETTLED'],
    [
      'with a waiting run, while the scanner is blind',
      told([came(null, 0)], 1, { blind: 'gone' }),
      'UNKNOWN open SCANNER_BLIND',
    ],
    [
      'with a run that keeps still for half an hour at most',
      told([calming], 30 * 60_000 - 1),
      'UNKNOWN open HASH_NOT_DECLARED',
    ],
    [
      'with a run that never keeps still',
      told([calming], 30 * 60_000),
      'TRANSFER_INTEGRITY_FAILED judged NOT_SETTLED HASH_NOT_DECLARED',
    ],
    [
      'with a file that is here and being read, for six hours at most',
      told([verifying], 6 * 3600_000 - 1),
      'UNKNOWN open FILE_VERIFYING',
    ],
    ['with a file that is here and being copied', told([moving], 6 * 3600_000 - 1), 'UNKNOWN open FILE_MOVING'],
    [
      'with a file that is read for longer than that',
      told([verifying], 6 * 3600_000),
      'TRANSFER_INTEGRITY_FAILED judged NOT_SETTLED FILE_VERIFYING',
    ],
    ['good, and damaged in the vault since', told([fell('DAMAGED')]), 'FAILED judged FILE_DAMAGED'],
    ['good, and gone from the vault since', told([fell('LOST')]), 'FAILED judged FILE_GONE'],
    [
      'good twice, and one damaged since',
      told([fell('DAMAGED'), came(SUCCESS, -2, 'other')]),
      'SUCCESS judged OTHER_RUN_FAILED',
    ],
    ['with a waiting run that came a millisecond late', told([came(null, 1)], 1), 'MISSING judged NOTHING_CAME'],
    ['with a late waiting run that nobody awaits', told([came(null, 1)], 1, { awaited: false }), 'UNKNOWN open'],
    ['good at the end of the grace', told([came(SUCCESS, 0)], 1), 'SUCCESS judged'],
    ['good a millisecond later', told([came(SUCCESS, 1)], 1), 'SUCCESS judged ARRIVED_LATE'],
    ['failed late is not told as late', told([came(FAILED, 1)], 1), 'FAILED judged'],
    ['good while the scanner is blind', told([came(SUCCESS)], 0, { blind: 'gone' }), 'SUCCESS judged'],
    ['good though nobody awaits it', told([came(SUCCESS)], 0, { awaited: false }), 'SUCCESS judged'],
    ['failed, then good', told([came(FAILED, -2), came(SUCCESS)]), 'SUCCESS judged OTHER_RUN_FAILED'],
    ['good, then failed', told([came(SUCCESS, -2), came(FAILED)]), 'SUCCESS judged OTHER_RUN_FAILED'],
    ['good and unchanged', told([came(HASH_MISMATCH), came(SUCCESS, -2)]), 'SUCCESS judged'],
    ['unchanged and damaged', told([came(DAMAGED), came(HASH_MISMATCH)]), 'HASH_MISMATCH judged OTHER_RUN_FAILED'],
    ['damaged and failed', told([came(FAILED), came(DAMAGED)]), 'TRANSFER_INTEGRITY_FAILED judged'],
    ['failed and waiting', told([came(null), came(FAILED)]), 'FAILED judged'],
  ])('%s', (_, verdict, expected) => {
    expect(verdict).toBe(expected)
  })

  test.each([
    [[came(SUCCESS, -2, 'old'), came(SUCCESS, -1, 'new')], 'new'],
    [[came(SUCCESS, -1, 'a'), came(SUCCESS, -1, 'b')], 'b'],
    [[came(FAILED, -1, 'bad'), came(null, -1, 'waiting')], 'bad'],
    [[came(null, -1, 'waiting')], 'waiting'],
    [[], null],
  ])('names its best run: of equals the newest (%#)', (runs, id) => {
    expect(judgeEntry({ runs, windowEndsAt: END, awaited: true, blind: null }, END).bestRunId).toBe(id)
  })

  test('tells how late it came in minutes, begun ones included', () => {
    const facts = { windowEndsAt: END, awaited: true, blind: null }
    const late = (ms: number) => judgeEntry({ ...facts, runs: [came(SUCCESS, ms)] }, at(ms)).reasons[0]?.value
    expect([late(1), late(60_000), late(60_001)]).toEqual([1, 1, 2])
  })

  test.each([
    ...([null, DAMAGED] as const).map((status) => [status, true] as const),
    ...[SUCCESS, HASH_MISMATCH, FAILED].map((status) => [status, false] as const),
  ])('%s stays open: %s', (status, open) => {
    expect(staysOpen(status)).toBe(open)
  })
})
