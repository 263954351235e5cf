import type { EntityManager } from '../database/database.ts'
import { findRows } from '../database/rows.ts'
import { tables } from '../database/tables.ts'
import type { Clock } from '../platform/clock.ts'
import { MetricBucket } from './metric-bucket.entity.ts'
import { type MetricPoint, pointOf } from './metric-point.ts'
import { type MetricRange, RANGES, TIERS } from './tiers.ts'

export class MetricsService {
  constructor(
    private readonly em: EntityManager,
    private readonly clock: Clock,
  ) {}

  /** The oldest first; a span of which nothing was told has no point. */
  async ofMachine(machine: string, range: MetricRange): Promise<MetricPoint[]> {
    const since = new Date(this.clock().getTime() - TIERS[range].keepMs)
    const buckets = await findRows(this.em, MetricBucket, (query) =>
      query.where('machine', '=', machine).where('range', '=', range).where('at', '>=', since).orderBy('at'),
    )
    return buckets.map(pointOf)
  }
}

/** Forgets what each range no longer shows. */
export async function forgetMetrics(em: EntityManager, clock: Clock): Promise<void> {
  for (const range of RANGES) {
    const { keepMs, bucketMs } = TIERS[range]
    await tables(em)
      .deleteFrom('MetricBucket')
      .where('range', '=', range)
      .where('at', '<', new Date(clock().getTime() - keepMs - bucketMs))
      .execute()
  }
}
