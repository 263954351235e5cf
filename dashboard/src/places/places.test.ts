import { expect, test } from 'vitest'
import { type Cost, costOf, countsOf, headlineOf, worstOf } from './places.ts'

const proven = '2026-11-29T02:00:00Z'
const copies = [{ provenAt: proven }]

test.each<[string, Parameters<typeof costOf>[0], Cost]>([
  [
    'a mirror that is whole',
    { mayStillFail: 1, provenAt: null, elsewhere: null, whole: false, doubts: [], copies: [] },
    { kind: 'nothing', disks: 1 },
  ],
  [
    'one disk and a copy elsewhere',
    { mayStillFail: 0, provenAt: proven, elsewhere: 'OTHER_MACHINE', whole: true, doubts: [], copies },
    { kind: 'since', at: proven },
  ],
  [
    'one disk and no copy',
    { mayStillFail: 0, provenAt: null, elsewhere: 'OTHER_MACHINE', whole: false, doubts: [], copies: [] },
    { kind: 'everything' },
  ],
  [
    'a copy of a folder alone',
    { mayStillFail: 0, provenAt: proven, elsewhere: 'OTHER_DISK', whole: false, doubts: [], copies },
    { kind: 'part' },
  ],
  [
    'a vault that cannot be read',
    { mayStillFail: 0, provenAt: proven, elsewhere: 'OTHER_DISK', whole: true, doubts: ['VAULT_IN_TROUBLE'], copies },
    null,
  ],
  [
    'one path proven and another not yet',
    {
      mayStillFail: 0,
      provenAt: null,
      elsewhere: 'OTHER_DISK',
      whole: true,
      doubts: [],
      copies: [...copies, { provenAt: null }],
    },
    { kind: 'part' },
  ],
  [
    'a copy on the same disk',
    { mayStillFail: 0, provenAt: proven, elsewhere: 'SAME_DISK', whole: true, doubts: [], copies },
    { kind: 'everything' },
  ],
  [
    'a copy of which it is not known where it lies',
    { mayStillFail: 0, provenAt: proven, elsewhere: null, whole: true, doubts: [], copies },
    null,
  ],
  [
    'redundancy that is not told, and a copy',
    { mayStillFail: null, provenAt: proven, elsewhere: 'OTHER_DISK', whole: true, doubts: [], copies },
    { kind: 'since', at: proven },
  ],
])('What a failure would cost with %s', (_, place, cost) => {
  expect(costOf(place)).toEqual(cost)
})

test.each([
  [{ LOST: 1, SAFE: 5 }, 'danger'],
  [{ LOSES: 1, NONE: 2 }, 'danger'],
  [{ NONE: 1, SAFE: 5 }, 'none'],
  [{ STALE: 1, COVERED: 5 }, 'late'],
  [{ PARTLY: 1, SAFE: 5 }, 'partly'],
  [{ UNKNOWN: 1, SAFE: 5 }, 'unknown'],
  [{ COVERED: 1, SAFE: 5 }, 'covered'],
  [{ SAFE: 5 }, 'safe'],
  [{}, 'empty'],
])('The headline of %j is that of the gravest: %s', (counts, headline) => {
  const told = Object.entries(counts).map(([verdict, count]) => ({ verdict, count }))
  expect(headlineOf(countsOf(told as Parameters<typeof countsOf>[0]))).toBe(headline)
})

test('The worst of the disks counts, and not known is worse than good', () => {
  expect(worstOf([{ health: 'OK' }, { health: 'FAILED' }, { health: 'FAILED' }])?.disks).toHaveLength(2)
  expect(worstOf([{ health: 'OK' }, { health: 'UNKNOWN' }])?.health).toBe('UNKNOWN')
  expect(worstOf([{ health: 'FAILED' }, { health: 'UNKNOWN', missingSince: proven }])?.isMissing).toBe(true)
  expect(worstOf([])).toBeNull()
})
