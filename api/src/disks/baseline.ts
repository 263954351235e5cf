import { sql } from 'kysely'
import type { EntityManager } from '../database/database.ts'
import { DAY } from '../platform/clock.ts'
import type { Counters } from './snapshot.entity.ts'

export interface PastReading {
  at: Date
  counters: Counters
  /** When those were read that the reading of `at` lacks. */
  later?: ReadonlyMap<string, Date>
}

/** What a disk counted before, by the oldest reading of that time: "grows" is told against it. Null = there is none. */
export interface Baseline {
  week: PastReading | null
  month: PastReading | null
  /** Of the last 400 days: a disk that is read now and then has one that is a whole year old. */
  year: PastReading | null
}

export const NO_BASELINE: Baseline = { week: null, month: null, year: null }

/** The oldest counters of the 7, 30 and 400 days before `at`, by one index look-up each. */
export async function baselinesOf(em: EntityManager, diskIds: string[], at: Date): Promise<Map<string, Baseline>> {
  if (diskIds.length === 0) return new Map()
  const oldest = (days: number) => sql<string | null>`(select json_array(at, json(counters)) from snapshot
    where disk_id = disk.id and at >= ${at.getTime() - days * DAY} and at < ${at.getTime()} and counters is not null
    order by at limit 1)`
  const { rows } = await sql<{ id: string; week: string | null; month: string | null; year: string | null }>`
    select id, ${oldest(7)} as week, ${oldest(30)} as month, ${oldest(400)} as year
    from disk where id in (${sql.join(diskIds)})`.execute(em.getKysely())
  return new Map(
    rows.map(({ id, week, month, year }) => [id, { week: read(week), month: read(month), year: read(year) }]),
  )
}

/**
 * The baselines with the counters that they lack and a new reading has: of a disk whose oldest reading was a poor one,
 * growth would go unseen for as long as that one is the oldest. `counters` are those of the new reading.
 */
export async function withOlderCounters(
  em: EntityManager,
  diskId: string,
  baseline: Baseline,
  counters: Counters,
  at: Date,
): Promise<Baseline> {
  const filled = { ...baseline }
  for (const name of ['week', 'month'] as const) {
    const past = baseline[name]
    const lacking = past === null ? [] : Object.keys(counters).filter((code) => past.counters[code] === undefined)
    if (past === null || lacking.length === 0) continue
    // min() also chooses the row that the other columns are of (SQLite, lang_select, "bare columns").
    const { rows } = await sql<{ code: string; counter: string; at: number }>`
      select each.key as code, each.value as counter, min(snapshot.at) as at from snapshot, json_each(snapshot.counters) each
      where disk_id = ${diskId} and snapshot.at > ${past.at.getTime()} and snapshot.at < ${at.getTime()}
        and counters is not null and each.key in (${sql.join(lacking)})
      group by each.key`.execute(em.getKysely())
    const found = rows.map(({ code, counter }) => [code, JSON.parse(counter) as Counters[string]] as const)
    filled[name] = {
      at: past.at,
      counters: { ...Object.fromEntries(found), ...past.counters },
      later: new Map(rows.map((row) => [row.code, new Date(row.at)])),
    }
  }
  return filled
}

function read(json: string | null): PastReading | null {
  if (json === null) return null
  const [at, counters] = JSON.parse(json) as [number, Counters]
  return { at: new Date(at), counters }
}
