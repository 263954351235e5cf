import { expect, test } from 'vitest'
import { countsOf } from '../places/places.ts'
import { diskCounts, type Headline, headlineOf, type Known } from './verdict.ts'

const well: Known = {
  machines: { total: 3, silent: 0 },
  disks: { total: 9, ok: 9, needYou: 0, noData: 0, missing: 0 },
  arraysAtRisk: 0,
  backups: { total: 4, good: 4, bad: 0, unproven: 0, unknown: 0 },
  causes: { open: 0, lasting: 0 },
  places: countsOf([{ verdict: 'SAFE', count: 5 }]),
}
const places = (counts: Record<string, number>) =>
  countsOf(Object.entries(counts).map(([verdict, count]) => ({ verdict, count })) as never)

test.each<[string, Partial<Known>, Headline, number]>([
  ['all is well', {}, 'SAFE', 0],
  ['all is well, and of the rest no copy is needed', { places: places({ SAFE: 1, UNNEEDED: 4 }) }, 'SAFE', 0],
  ['of all data somebody said that no copy is needed', { places: places({ UNNEEDED: 4 }) }, 'NOT_ALL', 0],
  [
    'nothing is known',
    { machines: { total: 0, silent: 0 }, backups: { ...well.backups, total: 0, good: 0 } },
    'EMPTY',
    0,
  ],
  [
    'a disk is failing, and what is on it has no copy',
    { places: places({ LOST: 1, LOSES: 2, SAFE: 9 }), causes: { open: 4, lasting: 0 } },
    'DANGER',
    3,
  ],
  [
    'a disk is failing, and all has a copy',
    { places: places({ COVERED: 1, SAFE: 4 }), causes: { open: 1, lasting: 0 } },
    'NEEDS_YOU_COVERED',
    1,
  ],
  [
    'something is wrong, and a place has no copy',
    { places: places({ NONE: 1, SAFE: 4 }), causes: { open: 2, lasting: 0 } },
    'NEEDS_YOU',
    2,
  ],
  [
    'something is wrong, and no place is known',
    { places: places({}), causes: { open: 2, lasting: 0 } },
    'NEEDS_YOU',
    2,
  ],
  [
    'no backup is expected',
    { backups: { ...well.backups, total: 0, good: 0 }, places: places({ NONE: 2 }) },
    'NO_BACKUP',
    0,
  ],
  ['a place has no copy', { places: places({ NONE: 2, STALE: 1, SAFE: 4 }) }, 'NO_COPY', 2],
  ['a copy is late', { places: places({ STALE: 1, SAFE: 4 }) }, 'LATE', 1],
  ['a copy is of a part', { places: places({ PARTLY: 1, SAFE: 4 }) }, 'PARTLY', 1],
  ['it is not known whether a copy helps', { places: places({ UNKNOWN: 1, SAFE: 4 }) }, 'NOT_KNOWN', 1],
  ['somebody knows of what lasts', { causes: { open: 0, lasting: 1 } }, 'NOT_ALL', 0],
  ['a machine is silent', { machines: { total: 3, silent: 1 } }, 'NOT_ALL', 0],
  ['a disk gives no data', { disks: { ...well.disks, ok: 8, noData: 1 } }, 'NOT_ALL', 0],
  ['a disk is missing', { disks: { ...well.disks, missing: 1 } }, 'NOT_ALL', 0],
  ['an array has a finding', { arraysAtRisk: 1 }, 'NOT_ALL', 0],
  ['a disk is to be watched', { disks: { ...well.disks, ok: 8, needYou: 1 } }, 'NOT_ALL', 0],
  ['a backup is not proven', { backups: { ...well.backups, good: 3, unproven: 1 } }, 'NOT_ALL', 0],
  ['a backup is not judged yet', { backups: { ...well.backups, good: 3, unknown: 1 } }, 'NOT_ALL', 0],
  ['a covered place lies on a disk in trouble', { places: places({ COVERED: 1, SAFE: 4 }) }, 'NOT_ALL', 0],
  ['backups are proven, and no place is known', { places: places({}) }, 'NOT_ALL', 0],
])('When %s, no more is said than is true', (_, more, headline, n) => {
  expect(headlineOf({ ...well, ...more })).toEqual({ headline, n })
})

test('Virtual disks tell nothing and are neither good nor bad', () => {
  expect(
    diskCounts({
      totalDisks: 7,
      missingDisks: 1,
      disksByHealth: [
        { health: 'OK', count: 2 },
        { health: 'WARNING', count: 1 },
        { health: 'FAILED', count: 1 },
        { health: 'UNKNOWN', count: 1 },
        { health: 'UNSUPPORTED', count: 2 },
      ],
    }),
  ).toEqual({ total: 7, ok: 2, needYou: 2, noData: 1, missing: 1 })
})
