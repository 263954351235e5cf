import { sql } from 'kysely'
import type { EntityManager } from '../database/database.ts'
import { DAY } from '../platform/clock.ts'
import type { Counters } from './snapshot.entity.ts'

/** What a disk counted before: "grows" is told against it. Null = no reading with counters in that time. */
export interface Baseline {
  month: Counters | null
  week: Counters | null
}

/** The oldest counters of the 30 and the 7 days before `at`, by one index look-up each. */
export async function baselinesOf(em: EntityManager, diskIds: string[], at: Date): Promise<Map<string, Baseline>> {
  if (diskIds.length === 0) return new Map()
  const oldest = (days: number) => sql<string | null>`(select counters from snapshot where disk_id = disk.id
    and at >= ${at.getTime() - days * DAY} and at < ${at.getTime()} and counters is not null order by at limit 1)`
  const { rows } = await sql<{ id: string; month: string | null; week: string | null }>`
    select id, ${oldest(30)} as month, ${oldest(7)} as week from disk where id in (${sql.join(diskIds)})`.execute(
    em.getKysely(),
  )
  const read = (json: string | null): Counters | null => (json === null ? null : (JSON.parse(json) as Counters))
  return new Map(rows.map(({ id, month, week }) => [id, { month: read(month), week: read(week) }]))
}
