import { EventType } from '../events/event.entity.ts'
import type { NewEvent } from '../events/outbox.ts'
import { newId } from '../platform/id.ts'
import { Severity } from '../reasons/reason.ts'
import { about, type DiskRow, type Known, type StayRow } from './changes.ts'
import type { DiskReport } from './disk-report.ts'
import { place } from './placement.ts'
import type { Sighted } from './recognition.ts'
import { describe } from './sighted-disk.ts'
import type { DiskSighting } from './sighting.ts'
import { NOT_FAILED } from './silent-disk.ts'

/** A disk, where it is now. */
export interface Placed {
  row: DiskRow
  current: boolean
  /** New, or back from retirement: its alerts were closed then, and what stands is told anew. */
  isNew: boolean
  stays: StayRow[]
  events: NewEvent[]
}

/** Where a sighting says that its disk is. Pure. */
export function decidePlace(report: DiskReport, { sighting, disk }: Sighted, known: Known): Placed {
  const { row } = disk
  const { machineId, times } = report
  const { at } = times
  // Where the disk is, and whether it is there at all, is the agent's to say.
  if (report.readingsOnly) {
    const current = row.missingSince === null && row.archivedAt === null && at >= row.lastSeenAt
    return { row, current, isNew: false, stays: [], events: [] }
  }
  if (disk.added) {
    const added = { ...about(report, row), type: EventType.DISK_ADDED, severity: Severity.INFO, to: machineId }
    return { row, current: true, isNew: true, stays: [openStay(report, row, sighting)], events: [added] }
  }
  const stays = known.stays.get(row.id) ?? []
  const decision = place(
    stays.map((stay) => ({ ...stay, machineId: stay.machine })),
    row.lastSeenAt,
    { machineId, at },
    { missing: row.missingSince !== null, silent: (id) => known.silent.has(id) },
  )
  if (decision.kind === 'LATE') return { row, current: false, isNew: false, stays: [], events: [] }
  const rowOf = (id: string): StayRow => stays.find((stay) => stay.id === id) as StayRow
  const ended = 'ended' in decision ? decision.ended.map(({ id }) => endedStay(rowOf(id))) : []
  // A spooled report may tell of a time before the one at which the disk was found missing.
  const stillMissing = row.missingSince !== null && row.missingSince > at
  const isBack = row.archivedAt !== null || (row.missingSince !== null && !stillMissing)
  const seen: DiskRow = {
    ...row,
    ...(disk.gainsIdentity ? { weak: false, weakKey: null } : {}),
    ...(isBack ? NOT_FAILED : {}),
    ...describe(sighting, row),
    machine: machineId,
    lastSeenAt: at,
    missingSince: stillMissing ? row.missingSince : null,
    archivedAt: null,
  }
  const back =
    isBack && !stillMissing
      ? [{ ...about(report, row), type: EventType.DISK_BACK, severity: Severity.INFO, to: machineId }]
      : []
  const placed = (conflictSince: Date | null, changed: StayRow[], events: NewEvent[]): Placed => ({
    row: { ...seen, conflictSince },
    current: true,
    isNew: row.archivedAt !== null,
    stays: changed,
    events: [...events, ...back],
  })
  switch (decision.kind) {
    case 'STAYS': {
      const here = { ...rowOf(decision.stay.id), lastSeenAt: at, device: sighting.device }
      if (decision.conflict) return placed(row.conflictSince, [here, ...ended], [])
      return placed(null, [here, ...ended], conflictEnded(report, row))
    }
    case 'MOVED': {
      const moved = {
        ...about(report, row),
        type: EventType.DISK_MOVED,
        severity: Severity.INFO,
        from: decision.from.machineId,
        to: machineId,
        facts: { lastSeenAt: decision.from.lastSeenAt.toISOString(), device: sighting.device },
      }
      return placed(null, [...ended, openStay(report, row, sighting)], [...conflictEnded(report, row), moved])
    }
    case 'CONFLICT': {
      const conflict = {
        ...about(report, row),
        type: EventType.DISK_IN_CONFLICT,
        severity: Severity.WARNING,
        from: decision.rival.machineId,
        to: machineId,
      }
      return placed(row.conflictSince ?? at, [openStay(report, row, sighting)], row.conflictSince ? [] : [conflict])
    }
  }
}

/** A disk that the newest report of its machine is without: missing, or, in a conflict, the other machine's. Null = nothing new. */
export function decideAbsent(
  report: DiskReport,
  row: DiskRow,
  stays: readonly StayRow[],
): Omit<Placed, 'current' | 'isNew'> | null {
  const { machineId, times } = report
  const here = stays.find((stay) => stay.machine === machineId && stay.until === null)
  if (row.conflictSince && here) {
    const other = stays.findLast((stay) => stay.until === null && stay !== here)
    const there = other ? { machine: other.machine, device: other.device } : {}
    const given = { ...row, ...there }
    const events = conflictEnded(report, given)
    return { row: { ...given, conflictSince: null }, stays: [endedStay(here)], events }
  }
  const isHere = row.machine === machineId && !row.missingSince && !row.archivedAt && times.at >= row.lastSeenAt
  if (!isHere) return null
  const missing = {
    ...about(report, row),
    type: EventType.DISK_MISSING,
    severity: Severity.WARNING,
    from: machineId,
    facts: { lastSeenAt: row.lastSeenAt.toISOString(), device: row.device },
  }
  return { row: { ...row, missingSince: times.at }, stays: [], events: [missing] }
}

/** A disk that never was one of its own: it is retired without a word. */
export const decideSuperseded = (
  { times }: DiskReport,
  row: DiskRow,
  stays: readonly StayRow[],
): Omit<Placed, 'current' | 'isNew'> => ({
  row: { ...row, archivedAt: times.at, missingSince: null },
  stays: stays.filter(({ until }) => until === null).map(endedStay),
  events: [],
})

const openStay = ({ machineId, times }: DiskReport, { id }: DiskRow, { device }: DiskSighting): StayRow => ({
  id: newId(),
  disk: id,
  machine: machineId,
  device,
  since: times.at,
  lastSeenAt: times.at,
  until: null,
})

const endedStay = (stay: StayRow): StayRow => ({ ...stay, until: stay.lastSeenAt })

const conflictEnded = (report: DiskReport, row: DiskRow): NewEvent[] =>
  row.conflictSince
    ? [{ ...about(report, row), type: EventType.DISK_CONFLICT_ENDED, severity: Severity.INFO, to: report.machineId }]
    : []
