import type { Expression } from 'kysely'
import type { EntityManager, Orm } from '../database/database.ts'
import { dialectOf } from '../database/dialect.ts'
import { engineOf } from '../database/engine.ts'
import { tables } from '../database/tables.ts'
import type { Transact } from '../events/outbox.ts'
import { type Clock, DAY } from '../platform/clock.ts'
import { VOLATILE_ATTRIBUTES } from './document-meaning.ts'

export const ALL_READINGS_FOR = 7 * DAY
export const DAILY_DOCUMENTS_FOR = 30 * DAY
/** Disks looked at in one transaction: few, so that reports wait for milliseconds only. */
const DISKS_AT_ONCE = 25
const ROWS_AT_ONCE = 500
const VOLATILE = [...VOLATILE_ATTRIBUTES].map(String)
/** What a reading tells beside its counters. */
const TOLD = ['reallocated', 'pending', 'uncorrectable', 'mediaErrors', 'percentageUsed', 'health', 'outcome'] as const

/**
 * Of readings older than seven days keeps the last of each day (UTC), every one whose counters or verdict differ from
 * the one before it, the first of a disk and the newest. Returns how many were removed and where to go on.
 */
export async function thinSnapshots(
  em: EntityManager,
  now: Date,
  after: string,
): Promise<{ removed: number; next: string | null }> {
  const { milliseconds, quotient, without } = dialectOf(em)
  const disks = await tables(em)
    .selectFrom('Disk')
    .select('id')
    .where('id', '>', after)
    .orderBy('id')
    .limit(DISKS_AT_ONCE)
    .execute()
  const ids = disks.map(({ id }) => id)
  if (ids.length === 0) return { removed: 0, next: null }
  const doomed = await tables(em)
    .with('reading', (db) =>
      db
        .selectFrom('Snapshot')
        .select((eb) => {
          const beside = <T>(name: 'lag' | 'lead', of: Expression<T>) =>
            eb.fn.agg<T | null>(name, [of]).over((over) => over.partitionBy('disk').orderBy('at').orderBy('id'))
          const day = quotient(milliseconds(eb.ref('at')), DAY)
          // Without the counters that move with every reading.
          const told = [...TOLD.map((column) => eb.ref(column)), without(eb.ref('counters'), VOLATILE)]
          return [
            'id',
            'disk',
            day.as('day'),
            beside('lead', day).as('nextDay'),
            beside('lag', eb.ref('id')).as('previousId'),
            eb.and(told.map((value) => eb(value, 'is not distinct from', beside('lag', value)))).as('unchanged'),
          ]
        })
        .where('disk', 'in', ids)
        .where('at', '<', new Date(now.getTime() - ALL_READINGS_FOR)),
    )
    .selectFrom('reading')
    .select('reading.id')
    .where('previousId', 'is not', null)
    .where((eb) => eb.ref('unchanged'))
    .whereRef('nextDay', '=', 'day')
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom('Disk')
            .select('Disk.id')
            .whereRef('Disk.id', '=', 'reading.disk')
            .whereRef('Disk.lastSnapshot', '=', 'reading.id'),
        ),
      ),
    )
    .limit(ROWS_AT_ONCE)
    .execute()
  if (doomed.length > 0)
    await tables(em)
      .deleteFrom('Snapshot')
      .where(
        'id',
        'in',
        doomed.map(({ id }) => id),
      )
      .execute()
  // A full batch may have left some of these disks: they are looked at again.
  const next = doomed.length === ROWS_AT_ONCE ? after : (ids.at(-1) ?? null)
  return { removed: doomed.length, next }
}

/**
 * Removes documents that say nothing new and are older than 30 days. Readings that point to one point to the document
 * before it, which says the same.
 */
export async function thinDocuments(em: EntityManager, now: Date): Promise<number> {
  const documents = await tables(em)
    .selectFrom('SmartDocument')
    .select((eb) => [
      'SmartDocument.id',
      eb
        .selectFrom('SmartDocument as before')
        .select('before.id')
        .whereRef('before.disk', '=', 'SmartDocument.disk')
        .whereRef('before.meaning', '=', 'SmartDocument.meaning')
        .whereRef('before.at', '<', 'SmartDocument.at')
        .where((before) => before.not(before.ref('before.daily')))
        .orderBy('before.at', 'desc')
        .limit(1)
        .as('sameAs'),
    ])
    .where('SmartDocument.daily', '=', true)
    .where('SmartDocument.at', '<', new Date(now.getTime() - DAILY_DOCUMENTS_FOR))
    .where((eb) =>
      eb.not(
        eb.exists(
          eb.selectFrom('Disk').select('Disk.lastDocument').whereRef('Disk.lastDocument', '=', 'SmartDocument.id'),
        ),
      ),
    )
    .orderBy('SmartDocument.at')
    .limit(ROWS_AT_ONCE)
    .execute()
  for (const { id, sameAs } of documents) {
    await tables(em).updateTable('Snapshot').set({ document: sameAs }).where('document', '=', id).execute()
    await tables(em).deleteFrom('SmartDocument').where('id', '=', id).execute()
  }
  return documents.length
}

/** Reports are known by their ids for a month; their readings are kept by themselves. */
export async function thinReports(em: EntityManager, now: Date): Promise<number> {
  const thinned = await tables(em)
    .deleteFrom('InventoryReport')
    .where((eb) =>
      eb(
        eb.refTuple('id', 'machine'),
        'in',
        eb
          .selectFrom('InventoryReport')
          .select(['id', 'machine'])
          .where('at', '<', new Date(now.getTime() - DAILY_DOCUMENTS_FOR))
          .orderBy('at')
          .limit(ROWS_AT_ONCE)
          .$asTuple('id', 'machine'),
      ),
    )
    .returning('id')
    .execute()
  return thinned.length
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
  if (removed > 0 && !stopped()) await engineOf(orm).giveRoomBack(orm.em)
}

/** Lets requests that wait have their turn. */
const breathe = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
