import type { MetricRange, MetricsQuery } from '../gql/graphql.ts'

/** Each with how far back it goes, how long its spans are, and how times stand below it. */
export const RANGES: Record<MetricRange, { backMs: number; spanMs: number; ticks: Intl.DateTimeFormatOptions }> = {
  HOUR: { backMs: 3_600_000, spanMs: 60_000, ticks: { hour: '2-digit', minute: '2-digit' } },
  HALF_DAY: { backMs: 12 * 3_600_000, spanMs: 600_000, ticks: { hour: '2-digit', minute: '2-digit' } },
  DAY: { backMs: 24 * 3_600_000, spanMs: 1_200_000, ticks: { hour: '2-digit', minute: '2-digit' } },
  WEEK: { backMs: 7 * 86_400_000, spanMs: 7_200_000, ticks: { weekday: 'short', hour: '2-digit' } },
  MONTH: { backMs: 30 * 86_400_000, spanMs: 28_800_000, ticks: { day: 'numeric', month: 'short' } },
}

/** What a curve can be of. */
export const CURVES = ['cpu', 'load', 'memory', 'swap'] as const
export type Curve = (typeof CURVES)[number]

type Point = MetricsQuery['metrics'][number]
const VALUES: Record<Curve, (point: Point) => number | null> = {
  cpu: ({ cpuPercent }) => cpuPercent,
  load: ({ load }) => load,
  memory: ({ memoryUsedBytes }) => (memoryUsedBytes === null ? null : Number(memoryUsedBytes)),
  swap: ({ swapUsedBytes }) => (swapUsedBytes === null ? null : Number(swapUsedBytes)),
}

/** The points of a curve, with a gap wherever nothing was told for more than a span. */
export function curveOf(
  curve: Curve,
  points: readonly Point[],
  range: MetricRange,
): { at: string; value: number | null }[] {
  const { spanMs } = RANGES[range]
  return points.flatMap((point, index) => {
    const before = points[index - 1]
    const told = { at: point.at, value: VALUES[curve](point) }
    if (!before || Date.parse(point.at) - Date.parse(before.at) < 2.5 * spanMs) return [told]
    return [{ at: new Date(Date.parse(before.at) + spanMs).toISOString(), value: null }, told]
  })
}

/** The most that was sampled in a span, where that is told; else the largest average. */
const MOST: Record<Curve, (point: Point) => number | null> = {
  ...VALUES,
  cpu: ({ cpuMostPercent }) => cpuMostPercent,
  memory: ({ memoryMostBytes }) => (memoryMostBytes === null ? null : Number(memoryMostBytes)),
}

/** The newest value, the average and the most; null = nothing was told. */
export function figuresOf(
  curve: Curve,
  points: readonly Point[],
): { newest: number; average: number; most: number } | null {
  const values = points.flatMap((point) => VALUES[curve](point) ?? [])
  const newest = values.at(-1)
  if (newest === undefined) return null
  return {
    newest,
    average: values.reduce((sum, value) => sum + value, 0) / values.length,
    most: Math.max(...values, ...points.flatMap((point) => MOST[curve](point) ?? [])),
  }
}
