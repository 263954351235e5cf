import { expect, test } from 'vitest'
import { costOf, type PlaceCost, PlaceCostKind } from './place-cost.ts'
import { Elsewhere, PlaceDoubt } from './place-verdict.ts'

const proven = new Date('2026-11-29T02:00:00Z')
const copies = [{ provenAt: proven }]

test.each<[string, Parameters<typeof costOf>[0], Partial<PlaceCost>]>([
  [
    'a mirror that is whole',
    { mayStillFail: 1, provenAt: null, elsewhere: null, whole: false, doubts: [], copies: [] },
    { kind: PlaceCostKind.NOTHING, disks: 1, since: null },
  ],
  [
    'a mirror of which nobody knows how its disks are, and no copy',
    { mayStillFail: 1, provenAt: null, elsewhere: null, whole: false, doubts: [PlaceDoubt.DISKS_UNKNOWN], copies: [] },
    { kind: PlaceCostKind.EVERYTHING, disks: null },
  ],
  [
    'one disk and a copy elsewhere',
    { mayStillFail: 0, provenAt: proven, elsewhere: Elsewhere.OTHER_MACHINE, whole: true, doubts: [], copies },
    { kind: PlaceCostKind.CHANGES, since: proven, disks: null },
  ],
  [
    'one disk and no copy',
    { mayStillFail: 0, provenAt: null, elsewhere: Elsewhere.OTHER_MACHINE, whole: false, doubts: [], copies: [] },
    { kind: PlaceCostKind.EVERYTHING, since: null },
  ],
  [
    'a copy of a folder alone',
    { mayStillFail: 0, provenAt: proven, elsewhere: Elsewhere.OTHER_DISK, whole: false, doubts: [], copies },
    { kind: PlaceCostKind.PART, since: null },
  ],
  [
    'a vault that cannot be read',
    {
      mayStillFail: 0,
      provenAt: proven,
      elsewhere: Elsewhere.OTHER_DISK,
      whole: true,
      doubts: [PlaceDoubt.VAULT_IN_TROUBLE],
      copies,
    },
    { kind: PlaceCostKind.UNKNOWN, since: null },
  ],
  [
    'one path proven and another not yet',
    {
      mayStillFail: 0,
      provenAt: null,
      elsewhere: Elsewhere.OTHER_DISK,
      whole: true,
      doubts: [],
      copies: [...copies, { provenAt: null }],
    },
    { kind: PlaceCostKind.PART, since: null },
  ],
  [
    'a copy on the same disk',
    { mayStillFail: 0, provenAt: proven, elsewhere: Elsewhere.SAME_DISK, whole: true, doubts: [], copies },
    { kind: PlaceCostKind.EVERYTHING, since: null },
  ],
  [
    'a copy of which it is not known where it lies',
    { mayStillFail: 0, provenAt: proven, elsewhere: null, whole: true, doubts: [], copies },
    { kind: PlaceCostKind.UNKNOWN, since: null },
  ],
  [
    'redundancy that is not told, and a copy',
    { mayStillFail: null, provenAt: proven, elsewhere: Elsewhere.OTHER_DISK, whole: true, doubts: [], copies },
    { kind: PlaceCostKind.CHANGES, since: proven, disks: null },
  ],
])('What a failure would cost with %s', (_, place, cost) => {
  expect(costOf(place)).toMatchObject(cost)
})
