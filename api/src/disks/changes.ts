import type { Row } from '../database/rows.ts'
import { EventCause } from '../events/event.entity.ts'
import type { NewEvent } from '../events/outbox.ts'
import { isFuture } from '../platform/clock.ts'
import type { Baseline } from './baseline.ts'
import type { Disk } from './disk.entity.ts'
import type { DiskReport } from './disk-report.ts'
import type { DiskStay } from './disk-stay.entity.ts'
import type { Verdict } from './health.ts'
import type { RivalWord } from './rival-words.ts'
import type { SmartDocument } from './smart-document.entity.ts'
import type { Snapshot } from './snapshot.entity.ts'

export type DiskRow = Row<Disk>
export type StayRow = Row<DiskStay>

/** What is known of disks beside their rows, by their ids: everything that a decision needs. */
export interface Known {
  stays: ReadonlyMap<string, readonly StayRow[]>
  /** Machines that are silent. */
  silent: ReadonlySet<string>
  /** What they counted before. */
  baselines: ReadonlyMap<string, Baseline>
  /** What other machines say that may still have them. */
  rivals: ReadonlyMap<string, readonly RivalWord[]>
  /** What this machine said itself of disks of which another's word is shown. */
  own: ReadonlyMap<string, Verdict>
}

/** What becomes of one disk. */
export interface DiskChange {
  row: DiskRow
  added: boolean
  /** False where the report is older than what is known of the disk: its row stays as it is. */
  current: boolean
  /** Whether who looks at it sees something new. */
  shown: boolean
  /** Stays that are new or changed. */
  stays: StayRow[]
  events: NewEvent[]
  snapshot: Partial<Row<Snapshot>> | null
  document: Row<SmartDocument> | null
}

/** What every event of a disk tells. */
export const about = (report: DiskReport, row: DiskRow) => ({
  at: report.times.at,
  cause: EventCause.READING,
  machine: report.machineId,
  disk: row.id,
  facts: { hostname: report.hostname, device: row.device },
})

const TIMES = ['lastSeenAt', 'lastReadAt', 'missingSince', 'unreadableSince', 'conflictSince', 'documentAt'] as const

/** Without times from when this server's own clock was ahead: what is told now is the newest all the same. */
export function mendedDisk(row: DiskRow, now: Date): DiskRow {
  const ahead = TIMES.filter((time) => row[time] !== null && isFuture(row[time], now))
  // Equal times are in order: the report's own is the next.
  const before = new Date(now.getTime() - 1000)
  return ahead.length === 0 ? row : { ...row, ...Object.fromEntries(ahead.map((time) => [time, before])) }
}

export function mendedStay(stay: StayRow, now: Date): StayRow {
  const [seenAhead, sinceAhead] = [isFuture(stay.lastSeenAt, now), isFuture(stay.since, now)]
  if (!seenAhead && !sinceAhead) return stay
  const lastSeenAt = seenAhead ? new Date(now.getTime() - 1000) : stay.lastSeenAt
  return { ...stay, lastSeenAt, since: sinceAhead ? lastSeenAt : stay.since }
}
