import { sql } from 'kysely'
import type { EntityManager, Orm } from '../database/database.ts'
import type { Transact } from '../events/outbox.ts'
import { type Clock, DAY } from '../platform/clock.ts'
import { VOLATILE_ATTRIBUTES } from './document-meaning.ts'

export const ALL_READINGS_FOR = 7 * DAY
export const DAILY_DOCUMENTS_FOR = 30 * DAY
/** Disks looked at in one transaction: few, so that reports wait for milliseconds only. */
const DISKS_AT_ONCE = 25
const ROWS_AT_ONCE = 500
// Written into the text: a bound number is a real one, and would divide to fractions.
const WHOLE_DAY = sql.raw(String(DAY))
/** The counters without those that move with every reading. */
const STEADY = sql.raw(`json_remove(counters, ${[...VOLATILE_ATTRIBUTES].map((id) => `'$."${id}"'`).join(', ')})`)

/**
 * Of readings older than seven days keeps the last of each day (UTC), every one whose counters or verdict differ from
 * the one before it, the first of a disk and the newest. Returns how many were removed and where to go on.
 */
export async function thinSnapshots(
  em: EntityManager,
  now: Date,
  after: string,
): Promise<{ removed: number; next: string | null }> {
  const kysely = em.getKysely()
  const disks = await sql<{
    id: string
  }>`select id from disk where id > ${after} order by id limit ${DISKS_AT_ONCE}`.execute(kysely)
  const ids = disks.rows.map(({ id }) => id)
  if (ids.length === 0) return { removed: 0, next: null }
  const before = now.getTime() - ALL_READINGS_FOR
  const doomed = await sql<{ id: number }>`
    with reading as (
      select id, disk_id, at,
        lead(at) over following as next_at,
        lag(id) over following as previous_id,
        reallocated is lag(reallocated) over following and pending is lag(pending) over following
          and uncorrectable is lag(uncorrectable) over following and media_errors is lag(media_errors) over following
          and percentage_used is lag(percentage_used) over following and health is lag(health) over following
          and outcome is lag(outcome) over following
          and ${STEADY} is lag(${STEADY}) over following
          as unchanged
      from snapshot where disk_id in (${sql.join(ids)}) and at < ${before}
      window following as (partition by disk_id order by at, id)
    )
    select id from reading
    where previous_id is not null and unchanged and next_at is not null and next_at / ${WHOLE_DAY} = at / ${WHOLE_DAY}
      and id not in (select last_snapshot_id from disk where id = reading.disk_id and last_snapshot_id is not null)
    limit ${ROWS_AT_ONCE}`.execute(kysely)
  if (doomed.rows.length > 0) {
    await sql`delete from snapshot where id in (${sql.join(doomed.rows.map(({ id }) => id))})`.execute(kysely)
  }
  // A full batch may have left some of these disks: they are looked at again.
  const next = doomed.rows.length === ROWS_AT_ONCE ? after : (ids.at(-1) ?? null)
  return { removed: doomed.rows.length, next }
}

/**
 * Removes documents that say nothing new and are older than 30 days. Readings that point to one point to the document
 * before it, which says the same.
 */
export async function thinDocuments(em: EntityManager, now: Date): Promise<number> {
  const kysely = em.getKysely()
  const { rows } = await sql<{ id: string; sameAs: string | null }>`
    select id, (select o.id from smart_document o where o.disk_id = d.disk_id and o.meaning = d.meaning and o.at < d.at and not o.daily
      order by o.at desc limit 1) as sameAs
    from smart_document d where daily and at < ${now.getTime() - DAILY_DOCUMENTS_FOR}
      and not exists (select 1 from disk where last_document_id = d.id)
    order by at limit ${ROWS_AT_ONCE}`.execute(kysely)
  for (const { id, sameAs } of rows) {
    await sql`update snapshot set document_id = ${sameAs} where document_id = ${id}`.execute(kysely)
    await sql`delete from smart_document where id = ${id}`.execute(kysely)
  }
  return rows.length
}

/** Reports are known by their ids for a month; their readings are kept by themselves. */
export async function thinReports(em: EntityManager, now: Date): Promise<number> {
  const { rows } = await sql<{ id: string }>`delete from inventory_report where (id, machine_id) in
    (select id, machine_id from inventory_report where at < ${now.getTime() - DAILY_DOCUMENTS_FOR} order by at limit ${ROWS_AT_ONCE}) returning id`.execute(
    em.getKysely(),
  )
  return rows.length
}

/** Thins everything that is older than it needs to be, in small steps, so that reports go on between. */
export async function thinHistory(orm: Orm, transact: Transact, clock: Clock, stopped: () => boolean): Promise<void> {
  let removed = 0
  let after: string | null = ''
  while (after !== null && !stopped()) {
    const from: string = after
    const step: { removed: number; next: string | null } = await transact(orm.em, ({ em }) =>
      thinSnapshots(em, clock(), from),
    )
    removed += step.removed
    after = step.next
    await breathe()
  }
  while (!stopped() && (await transact(orm.em, ({ em }) => thinDocuments(em, clock()))) > 0) await breathe()
  while (!stopped() && (await transact(orm.em, ({ em }) => thinReports(em, clock()))) > 0) await breathe()
  if (removed > 0 && !stopped()) await orm.em.getConnection().execute('pragma incremental_vacuum(1000)')
}

/** Lets requests that wait have their turn. */
const breathe = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
