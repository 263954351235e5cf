import type { MetricSample } from '@vigie/agent/report'
import type { Row } from '../database/rows.ts'
import type { MetricBucket } from './metric-bucket.entity.ts'
import { type MetricRange, RANGES, TIERS } from './tiers.ts'

export type BucketFacts = Omit<Row<MetricBucket>, 'id' | 'machine'>
export type Sample = Omit<MetricSample, 'at'> & { at: Date }

const emptyBucket = (range: MetricRange, at: Date): BucketFacts => ({
  range,
  at,
  loads: 0,
  loadSum: 0,
  cpus: 0,
  cpuSum: 0,
  cpuMost: null,
  memories: 0,
  memorySum: 0,
  memoryMost: null,
  memoryBytes: null,
  swaps: 0,
  swapSum: 0,
})

export const bucketKey = ({ range, at }: Pick<BucketFacts, 'range' | 'at'>): string => `${range} ${at.getTime()}`

/** The spans that samples fall into, of every range that still keeps them. */
export function spansOf(samples: readonly Sample[], now: Date): Pick<BucketFacts, 'range' | 'at'>[] {
  const spans = new Map<string, Pick<BucketFacts, 'range' | 'at'>>()
  for (const range of RANGES) {
    const { keepMs } = TIERS[range]
    for (const { at } of samples) {
      if (now.getTime() - at.getTime() > keepMs) continue
      const span = { range, at: startOf(range, at) }
      spans.set(bucketKey(span), span)
    }
  }
  return [...spans.values()]
}

const startOf = (range: MetricRange, at: Date): Date => {
  const { bucketMs } = TIERS[range]
  return new Date(Math.floor(at.getTime() / bucketMs) * bucketMs)
}

/** Adds samples to what is known of their spans; what a sample does not tell counts nowhere. `known` by its bucketKey. */
export function rollUp(
  known: ReadonlyMap<string, BucketFacts>,
  samples: readonly Sample[],
  now: Date,
): Map<string, BucketFacts> {
  const buckets = new Map<string, BucketFacts>()
  for (const span of spansOf(samples, now)) {
    const key = bucketKey(span)
    buckets.set(key, { ...(known.get(key) ?? emptyBucket(span.range, span.at)) })
  }
  for (const sample of samples)
    for (const range of RANGES) {
      const bucket = buckets.get(bucketKey({ range, at: startOf(range, sample.at) }))
      if (bucket) add(bucket, sample)
    }
  return buckets
}

function add(bucket: BucketFacts, { load1, cpuPercent, memoryBytes, availableBytes, swapUsedBytes }: Sample): void {
  if (load1 !== null) {
    bucket.loads += 1
    bucket.loadSum += load1
  }
  if (cpuPercent !== null) {
    bucket.cpus += 1
    bucket.cpuSum += cpuPercent
    bucket.cpuMost = Math.max(bucket.cpuMost ?? 0, cpuPercent)
  }
  if (memoryBytes !== null) bucket.memoryBytes = memoryBytes
  if (memoryBytes !== null && availableBytes !== null) {
    const used = Math.max(0, memoryBytes - availableBytes)
    bucket.memories += 1
    bucket.memorySum += used
    bucket.memoryMost = Math.max(bucket.memoryMost ?? 0, used)
  }
  if (swapUsedBytes !== null) {
    bucket.swaps += 1
    bucket.swapSum += swapUsedBytes
  }
}
