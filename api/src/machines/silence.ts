import type { EntityManager } from '../database/database.ts'
import { dialectOf } from '../database/dialect.ts'
import type { Transact } from '../events/outbox.ts'
import { findRows, saveRows, selectRows } from '../database/rows.ts'
import { tables } from '../database/tables.ts'
import { EventCause, EventType } from '../events/event.entity.ts'
import { type Clock, CLOCK_TOLERANCE, isFuture } from '../platform/clock.ts'
import { Severity } from '../reasons/reason.ts'
import { Machine } from './machine.entity.ts'
import { silentAt } from './rhythm.ts'

/**
 * Tells once of each machine that has fallen silent, by its own rhythm (rhythm.ts). While Vigie was off nobody could
 * report: each machine gets its whole patience again from the moment since which Vigie listens.
 */
export function noticeSilence(
  em: EntityManager,
  transact: Transact,
  clock: Clock,
  listeningSince: Date,
): Promise<number> {
  return transact(em, async ({ em: own, tell }) => {
    const now = clock()
    await mendFuture(own, now)
    const { milliseconds } = dialectOf(own)
    const silent = await findRows(own, Machine, (query) =>
      query
        .where('archivedAt', 'is', null)
        .where('silenceToldAt', 'is', null)
        .where('silentAt', '<=', now)
        .where((eb) => {
          const patience = eb(milliseconds(eb.ref('silentAt')), '-', milliseconds(eb.ref('lastReceivedAt')))
          return eb(patience, '<=', now.getTime() - listeningSince.getTime())
        })
        .limit(500),
    )
    for (const machine of silent) {
      machine.silenceToldAt = now
      tell.machines.add(machine.id)
      tell.event({
        type: EventType.MACHINE_SILENT,
        severity: Severity.WARNING,
        at: machine.silentAt,
        cause: EventCause.READING,
        machine: machine.id,
        facts: { hostname: machine.hostname ?? machine.ip, lastSeenAt: machine.lastSeenAt.toISOString() },
      })
    }
    await saveRows(own, Machine, silent)
    return silent.length
  })
}

/**
 * Times from when this server's own clock was ahead: a machine that died meanwhile would be silent only when that day
 * comes, and a disk of it good until then. They count as of now.
 */
async function mendFuture(em: EntityManager, now: Date): Promise<void> {
  const ahead = await findRows(em, Machine, (query) =>
    query.where('lastReceivedAt', '>', new Date(now.getTime() + CLOCK_TOLERANCE)).limit(500),
  )
  for (const machine of ahead) {
    machine.reportTimes = machine.reportTimes.filter((time) => !isFuture(new Date(time), now))
    machine.lastReceivedAt = now
    machine.lastSeenAt = machine.lastSeenAt > now ? now : machine.lastSeenAt
    machine.silentAt = silentAt(machine.reportTimes, now)
  }
  await saveRows(em, Machine, ahead)
  const ids = ahead.map(({ id }) => id)
  if (ids.length === 0) return
  for (const column of ['lastReadAt', 'lastSeenAt'] as const)
    await tables(em)
      .updateTable('Disk')
      .set({ [column]: now })
      .where('machine', 'in', ids)
      .where(column, '>', now)
      .execute()
}

/** Which of these have fallen silent at that moment. */
export async function silentMachines(em: EntityManager, ids: string[], now: Date): Promise<Set<string>> {
  const rows = await selectRows(em, Machine, 'id', ids)
  return new Set(rows.filter((row) => row.silentAt <= now).map((row) => row.id))
}
