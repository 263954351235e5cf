import type { Row } from '../database/rows.ts'
import { EventCause, EventType } from '../events/event.entity.ts'
import type { Tell } from '../events/outbox.ts'
import { Severity } from '../reasons/reason.ts'
import type { FileSystem } from './file-system.entity.ts'
import type { MachineOfRooms, RoomsTold } from './room-watch.ts'

/**
 * Notices file systems that their kernel made read-only because of errors, those that can be written to again, and those that
 * are unmounted: of them nobody knows any more. What is not told is as it was. Writes into the rows, and saves none.
 */
export function tellReadOnly(tell: Tell, machine: MachineOfRooms, { at, present, gone, graph }: RoomsTold): void {
  const told = new Map(graph.df?.fileSystems.map((each) => [each.mountpoint, each.wentReadOnly]))
  const event = (row: Row<FileSystem>, type: EventType, severity: Severity): void =>
    tell.event({
      type,
      severity,
      at,
      cause: EventCause.READING,
      machine: machine.id,
      facts: {
        hostname: machine.hostname ?? machine.ip,
        name: row.mountpoint ?? row.source ?? '',
        fileSystem: row.id,
      },
    })
  for (const row of present) {
    const { mountpoint } = row
    const went = mountpoint === null ? undefined : told.get(mountpoint)
    if (went && row.wentReadOnlyAt === null) {
      row.wentReadOnlyAt = at
      event(row, EventType.FILE_SYSTEM_READ_ONLY, Severity.AT_RISK)
    } else if (row.wentReadOnlyAt !== null && mountpoint === null) {
      row.wentReadOnlyAt = null
      event(row, EventType.FILE_SYSTEM_UNMOUNTED, Severity.INFO)
    } else if (row.wentReadOnlyAt !== null && went === false) {
      row.wentReadOnlyAt = null
      event(row, EventType.FILE_SYSTEM_WRITABLE, Severity.INFO)
    }
  }
  for (const row of gone) {
    if (row.wentReadOnlyAt === null) continue
    row.wentReadOnlyAt = null
    event(row, EventType.FILE_SYSTEM_UNMOUNTED, Severity.INFO)
  }
}
