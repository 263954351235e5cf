import { registerEnumType } from 'type-graphql'
import { DAY, HOUR, MINUTE } from '../platform/clock.ts'

/** How far back a curve of metrics goes. */
export enum MetricRange {
  HOUR = 'HOUR',
  HALF_DAY = 'HALF_DAY',
  DAY = 'DAY',
  WEEK = 'WEEK',
  MONTH = 'MONTH',
}
registerEnumType(MetricRange, {
  name: 'MetricRange',
  valuesConfig: {
    HOUR: { description: 'The last hour, minute by minute' },
    HALF_DAY: { description: 'The last 12 hours, by ten minutes' },
    DAY: { description: 'The last day, by twenty minutes' },
    WEEK: { description: 'The last week, by two hours' },
    MONTH: { description: 'The last 30 days, by eight hours' },
  },
})

/** How long a bucket of each range is, and for how long it is kept: at most 90 of each for one machine. */
export const TIERS: Record<MetricRange, { bucketMs: number; keepMs: number }> = {
  [MetricRange.HOUR]: { bucketMs: MINUTE, keepMs: HOUR },
  [MetricRange.HALF_DAY]: { bucketMs: 10 * MINUTE, keepMs: 12 * HOUR },
  [MetricRange.DAY]: { bucketMs: 20 * MINUTE, keepMs: DAY },
  [MetricRange.WEEK]: { bucketMs: 2 * HOUR, keepMs: 7 * DAY },
  [MetricRange.MONTH]: { bucketMs: 8 * HOUR, keepMs: 30 * DAY },
}
export const RANGES = Object.values(MetricRange)
