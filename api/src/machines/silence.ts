import { sql } from 'kysely'
import type { EntityManager } from '../database/database.ts'
import type { Recorder } from '../database/record.ts'
import { columnsOf, decodeRows, saveRows } from '../database/rows.ts'
import { EventCause, EventType } from '../events/event.entity.ts'
import type { Clock } from '../platform/clock.ts'
import { Severity } from '../reasons/reason.ts'
import { Machine } from './machine.entity.ts'

/**
 * Tells once of each machine that has fallen silent, by its own rhythm (rhythm.ts). While Vigie was off nobody could
 * report: each machine gets its whole patience again from the moment since which Vigie listens.
 */
export function noticeSilence(
  em: EntityManager,
  record: Recorder,
  clock: Clock,
  listeningSince: Date,
): Promise<number> {
  return record(em, async ({ em: own }, tell) => {
    const now = clock()
    const { rows } = await sql<Record<string, unknown>>`select ${sql.raw(columnsOf(own, Machine))} from machine
      where archived_at is null and silence_told_at is null and silent_at <= ${now.getTime()}
        and ${listeningSince.getTime()} + silent_at - last_received_at <= ${now.getTime()} limit 500`.execute(
      own.getKysely(),
    )
    const silent = decodeRows(own, Machine, rows)
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
