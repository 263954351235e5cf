import type { MetricSample } from '@vigie/agent/report'
import type { EntityManager } from '../database/database.ts'
import { findRows, type Row, saveRows } from '../database/rows.ts'
import type { ReportTimes } from '../machines/machine-sighting.ts'
import { CLOCK_TOLERANCE } from '../platform/clock.ts'
import { newId } from '../platform/id.ts'
import { MetricBucket } from './metric-bucket.entity.ts'
import { bucketKey, rollUp, type Sample, spansOf } from './roll-up.ts'

/** Records how busy a machine was, inside of a report's transaction: what it was told of before is added to. */
export class MetricsRecorder {
  constructor(private readonly em: EntityManager) {}

  async record(machine: string, samples: readonly MetricSample[], times: ReportTimes): Promise<void> {
    const told = samplesIn(samples, times)
    const spans = spansOf(told, times.receivedAt)
    if (spans.length === 0) return
    const rows = await this.known(machine, spans)
    const known = new Map(rows.map((row) => [bucketKey(row), row]))
    const buckets = [...rollUp(known, told, times.receivedAt)].map(([key, facts]) => {
      const row = known.get(key)
      return row ? Object.assign(row, facts) : { id: newId(), machine, ...facts }
    })
    await saveRows(this.em, MetricBucket, buckets)
  }

  private known(machine: string, spans: readonly Pick<Row<MetricBucket>, 'range' | 'at'>[]) {
    const byRange = Map.groupBy(spans, ({ range }) => range)
    return findRows(this.em, MetricBucket, (query) =>
      query.where('machine', '=', machine).where((eb) =>
        eb.or(
          [...byRange].map(([range, own]) =>
            eb.and([
              eb('range', '=', range),
              eb(
                'at',
                'in',
                own.map(({ at }) => at),
              ),
            ]),
          ),
        ),
      ),
    )
  }
}

/** By this server's clock: what the machine's is off by was taken out of the report, and is taken out of its samples. */
function samplesIn(samples: readonly MetricSample[], { collectedAt, at, receivedAt }: ReportTimes): Sample[] {
  const shift = at.getTime() - collectedAt.getTime()
  return samples.flatMap((sample) => {
    const time = new Date(Date.parse(sample.at) + shift)
    return time.getTime() > receivedAt.getTime() + CLOCK_TOLERANCE ? [] : { ...sample, at: time }
  })
}
