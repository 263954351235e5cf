import { expect, test } from 'vitest'
import { countsOf, headlineOf, worstOf } from './places.ts'

test.each([
  [{ LOST: 1, SAFE: 5 }, 'danger'],
  [{ LOSES: 1, NONE: 2 }, 'danger'],
  [{ NONE: 1, SAFE: 5 }, 'none'],
  [{ STALE: 1, COVERED: 5 }, 'late'],
  [{ PARTLY: 1, SAFE: 5 }, 'partly'],
  [{ UNKNOWN: 1, SAFE: 5 }, 'unknown'],
  [{ COVERED: 1, SAFE: 5 }, 'covered'],
  [{ SAFE: 5, UNNEEDED: 9 }, 'safe'],
  [{ UNNEEDED: 9 }, 'empty'],
  [{}, 'empty'],
])('The headline of %j is that of the gravest: %s', (counts, headline) => {
  const told = Object.entries(counts).map(([verdict, count]) => ({ verdict, count }))
  expect(headlineOf(countsOf(told as Parameters<typeof countsOf>[0]))).toBe(headline)
})

test('The worst of the disks counts, and not known is worse than good', () => {
  expect(worstOf([{ health: 'OK' }, { health: 'FAILED' }, { health: 'FAILED' }])?.disks).toHaveLength(2)
  expect(worstOf([{ health: 'OK' }, { health: 'UNKNOWN' }])?.health).toBe('UNKNOWN')
  expect(worstOf([{ health: 'FAILED' }, { health: 'UNKNOWN', missingSince: '2026-11-29T02:00:00Z' }])?.isMissing).toBe(
    true,
  )
  expect(worstOf([])).toBeNull()
})
