import { expect, test } from 'vitest'
import { type Counts, countsOf, headline } from './verdict.ts'

const counts = (more: Partial<Counts>): Counts => ({
  total: 10,
  ok: 10,
  needsYou: 0,
  noData: 0,
  unsupported: 0,
  machines: 2,
  silent: 0,
  ...more,
})

test.each<[Partial<Counts>, string]>([
  [{ machines: 0, total: 0, ok: 0 }, 'EMPTY'],
  [{ needsYou: 1, ok: 9 }, 'NEEDS_YOU'],
  [{ needsYou: 1, ok: 9, silent: 1 }, 'NEEDS_YOU'],
  [{ silent: 1 }, 'SILENT'],
  [{ total: 0, ok: 0 }, 'NO_DISKS'],
  [{}, 'ALL_HEALTHY'],
  [{ ok: 9, noData: 1 }, 'NOT_ALL_READ'],
  [{ ok: 9, unsupported: 1 }, 'NOT_ALL_READ'],
  [{ ok: 0, noData: 10 }, 'NONE_READ'],
])('%j: %s, and never more than is known', (more, expected) => {
  expect(headline(counts(more))).toBe(expected)
})

test('Counts are added up by what they ask of somebody', () => {
  const disksByHealth = (['OK', 'WARNING', 'AT_RISK', 'FAILED', 'UNKNOWN', 'UNSUPPORTED'] as const).map(
    (health, index) => ({ health, count: index + 1 }),
  )
  expect(countsOf({ totalMachines: 3, silentMachines: 1, totalDisks: 21, disksByHealth })).toEqual({
    total: 21,
    ok: 1,
    needsYou: 9,
    noData: 5,
    unsupported: 6,
    machines: 3,
    silent: 1,
  })
})
