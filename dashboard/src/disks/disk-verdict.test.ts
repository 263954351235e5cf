import { expect, test } from 'vitest'
import type { PlaceVerdict } from '../gql/graphql.ts'
import { headlineOfDisk, keptPlacesOf } from './disk-verdict.ts'

const day = '2026-11-20T03:00:00Z'

test.each([
  [{ health: 'FAILED', missingSince: null, archivedAt: null }, 'FAILED'],
  [{ health: 'OK', missingSince: null, archivedAt: null }, 'OK'],
  [{ health: 'UNKNOWN', missingSince: null, archivedAt: null }, 'UNKNOWN'],
  [{ health: 'OK', missingSince: day, archivedAt: null }, 'MISSING'],
  [{ health: 'FAILED', missingSince: day, archivedAt: day }, 'RETIRED'],
] as const)('Of the disk %j it is said first that it is %s', (disk, headline) => {
  expect(headlineOfDisk(disk)).toBe(headline)
})

const place = (verdict: PlaceVerdict, usedBytes: string | null = '1000') => ({ verdict, fileSystem: { usedBytes } })

test.each<[PlaceVerdict, string | undefined]>([
  ['LOST', 'WITHOUT'],
  ['NONE', 'WITHOUT'],
  ['LOSES', 'IN_PART'],
  ['STALE', 'IN_PART'],
  ['PARTLY', 'IN_PART'],
  ['UNKNOWN', 'UNSURE'],
  ['COVERED', 'ELSEWHERE'],
  ['SAFE', 'ELSEWHERE'],
  ['UNNEEDED', undefined],
])('A place with the verdict %s is kept: %s', (verdict, kept) => {
  expect(keptPlacesOf([place(verdict)])[0]?.kept).toBe(kept)
})

test('The data of a disk are summed by how well they are kept, the worst first', () => {
  const places = [place('SAFE', '7'), place('NONE', '1'), place('COVERED', '5'), place('LOST', '2'), place('UNNEEDED')]
  expect(keptPlacesOf(places)).toEqual([
    { kept: 'WITHOUT', places: 2, bytes: 3 },
    { kept: 'ELSEWHERE', places: 2, bytes: 12 },
  ])
})

test('Where the size of one place is not known no sum is told, and a size of zero is one', () => {
  expect(keptPlacesOf([place('NONE', '7'), place('NONE', null)])).toEqual([{ kept: 'WITHOUT', places: 2, bytes: null }])
  expect(keptPlacesOf([place('NONE', '0')])).toEqual([{ kept: 'WITHOUT', places: 1, bytes: 0 }])
  expect(keptPlacesOf([])).toEqual([])
})
