import { expect, test } from 'vitest'
import { curveOf, figuresOf } from './metrics.ts'

const point = (minute: number, cpuPercent: number | null) => ({
  at: new Date(Date.parse('2026-11-30T12:00:00Z') + minute * 60_000).toISOString(),
  load: null,
  cpuPercent,
  cpuMostPercent: null,
  memoryUsedBytes: '5000000000',
  memoryMostBytes: '7000000000',
  memoryBytes: null,
  swapUsedBytes: null,
})

test('Where nothing was told for a while the curve has a gap, and no line', () => {
  const curve = curveOf('cpu', [point(0, 1), point(1, 2), point(3, 3), point(10, 4)], 'HOUR')
  expect(curve.map(({ value }) => value)).toEqual([1, 2, 3, null, 4])
  expect(curve[3]?.at).toBe('2026-11-30T12:04:00.000Z')
})

test('What is not told is no value of a curve', () => {
  expect(curveOf('load', [point(0, 1)], 'HOUR')).toMatchObject([{ value: null }])
  expect(curveOf('memory', [point(0, 1)], 'HOUR')).toMatchObject([{ value: 5_000_000_000 }])
})

test('Figures are of what was told, the most of what was sampled, and none where nothing was', () => {
  const points = [point(0, 10), point(1, null), point(2, 30), { ...point(3, 20), cpuMostPercent: 95 }]
  expect(figuresOf('cpu', points)).toEqual({ newest: 20, average: 20, most: 95 })
  expect(figuresOf('memory', [point(0, 1)])).toEqual({ newest: 5e9, average: 5e9, most: 7e9 })
  expect(figuresOf('load', points)).toBeNull()
})
