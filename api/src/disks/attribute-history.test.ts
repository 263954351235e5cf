import { expect, test } from 'vitest'
import { type Point, thinned } from './attribute-history.ts'

const series = (count: number, value: (index: number) => number | null): Point[] =>
  Array.from({ length: count }, (_, index) => ({ at: new Date(index * 60_000), value: value(index) }))

test('A short series stays whole', () => {
  expect(thinned(series(500, (index) => index))).toHaveLength(500)
})

test.each([501, 5000, 20_000])('of %i points at most 500 are left, the first and the last among them', (count) => {
  const points = series(count, (index) => Math.sin(index))
  const left = thinned(points)
  expect(left.length).toBeLessThanOrEqual(500)
  expect([left[0], left.at(-1)]).toEqual([points[0], points.at(-1)])
})

test('A single step is left exactly where it was, wherever it was', () => {
  for (let step = 1; step < 5000; step += 97) {
    const left = thinned(series(5000, (index) => (index < step ? 0 : 7)))
    expect(left.find(({ value }) => value === 7)?.at.getTime()).toBe(step * 60_000)
  }
})

test('A spike of one reading is not hidden', () => {
  expect(thinned(series(9000, (index) => (index === 4711 ? 99 : 1))).some(({ value }) => value === 99)).toBe(true)
})
