import { expect, test } from 'vitest'
import { DAY, HOUR, MINUTE } from '../platform/clock.ts'
import { bucketKey, rollUp, type Sample, spansOf } from './roll-up.ts'
import { MetricRange, RANGES, TIERS } from './tiers.ts'

const NOW = new Date('2026-11-30T12:00:00Z')
const sample = (agoMs: number, more: Partial<Sample> = {}): Sample => ({
  at: new Date(NOW.getTime() - agoMs),
  load1: 1,
  load5: 1,
  cpuPercent: 50,
  memoryBytes: 1000,
  availableBytes: 400,
  swapBytes: 100,
  swapUsedBytes: 10,
  ...more,
})

test.each([
  [0, [...RANGES]],
  [HOUR, [...RANGES]],
  [HOUR + 1, [MetricRange.HALF_DAY, MetricRange.DAY, MetricRange.WEEK, MetricRange.MONTH]],
  [DAY + 1, [MetricRange.WEEK, MetricRange.MONTH]],
  [30 * DAY, [MetricRange.MONTH]],
  [30 * DAY + 1, []],
])('A sample that is %i ms old falls into what still keeps it', (age, ranges) => {
  expect(spansOf([sample(age)], NOW).map(({ range }) => range)).toEqual(ranges)
})

test('No curve has more than 90 points, whatever is sampled', () => {
  for (const { bucketMs, keepMs } of Object.values(TIERS)) expect(keepMs / bucketMs).toBeLessThanOrEqual(90)
})

test('Samples of one span are summed with what is known of it, and its extremes are kept', () => {
  const first = rollUp(new Map(), [sample(2 * MINUTE), sample(MINUTE, { cpuPercent: 90, availableBytes: 100 })], NOW)
  const key = bucketKey({ range: MetricRange.MONTH, at: new Date('2026-11-30T08:00:00Z') })
  expect(first.get(key)).toMatchObject({ cpus: 2, cpuSum: 140, cpuMost: 90, memorySum: 1500, memoryMost: 900 })
  const second = rollUp(first, [sample(0, { load1: 4 })], NOW)
  expect(second.get(key)).toMatchObject({ cpus: 3, cpuSum: 190, cpuMost: 90, loads: 3, loadSum: 6, swaps: 3 })
  // What was known is not changed: a transaction that is begun anew begins with it.
  expect(first.get(key)).toMatchObject({ cpus: 2 })
})

test('What a sample does not tell counts nowhere, not even as zero', () => {
  const nothing = { load1: null, cpuPercent: null, memoryBytes: null, availableBytes: null, swapUsedBytes: null }
  const [bucket] = rollUp(new Map(), [sample(0, nothing)], NOW).values()
  expect(bucket).toMatchObject({
    loads: 0,
    cpus: 0,
    cpuMost: null,
    memories: 0,
    memoryMost: null,
    memoryBytes: null,
    swaps: 0,
  })
  const [other] = rollUp(new Map(), [sample(0, { availableBytes: null })], NOW).values()
  expect(other).toMatchObject({ memoryBytes: 1000, memories: 0, memoryMost: null })
})
