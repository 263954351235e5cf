import type { EntityManager } from '../database/database.ts'
import { type Row, saveRows, updateRow } from '../database/rows.ts'
import { tables } from '../database/tables.ts'
import { EventCause, EventType } from '../events/event.entity.ts'
import type { Tell } from '../events/outbox.ts'
import { ThresholdKind } from '../thresholds/threshold.ts'
import { readThresholds } from '../thresholds/thresholds.service.ts'
import type { Machine } from '../machines/machine.entity.ts'
import { DAY } from '../platform/clock.ts'
import { Severity } from '../reasons/reason.ts'
import { FileSystem } from './file-system.entity.ts'
import { fullAt, levelOf, type RoomDay, RoomLevel, roomLimits, withDay } from './forecast.ts'
import { roomReasons, roomSeverity } from './room-reasons.ts'
import type { StorageGraph } from './storage-graph.ts'
import { keyOf, type WatchedRoom, watchedRooms } from './watched-rooms.ts'

/** What a report shows: the file systems that are there, and those that left. */
export interface RoomsTold {
  at: Date
  present: readonly Row<FileSystem>[]
  gone: readonly Row<FileSystem>[]
  graph: Pick<StorageGraph, 'zpool' | 'df'>
}

export type MachineOfRooms = Pick<Row<Machine>, 'id' | 'hostname' | 'ip' | 'tags'>

/** A day's reading is written anew where it differs by more of the whole: most file systems move by a little all day. */
const WORTH_WRITING = 0.001

/** Notices that file systems of a machine fill up, inside of a report's transaction. */
export class RoomWatch {
  constructor(
    private readonly em: EntityManager,
    private readonly tell: Tell,
  ) {}

  /** After the rows were saved. */
  async judge(machine: MachineOfRooms, { at, present, gone, graph }: RoomsTold): Promise<void> {
    const watched = watchedRooms(present, graph)
    const still = new Set(watched.map(({ row }) => row.id))
    const left = [...present, ...gone].filter((row) => row.level !== null && !still.has(row.id))
    const known = await this.daysOf([...still, ...left.map(({ id }) => id)])
    const heirs = inherit(watched, left, known)
    const thresholds = await readThresholds(this.em)
    const percent = thresholds.of(ThresholdKind.FILE_SYSTEM_PERCENT, machine.tags)
    const within = thresholds.of(ThresholdKind.FILE_SYSTEM_DAYS, machine.tags)
    for (const one of watched) {
      const { row, room } = one
      // What was not told this time is as it was.
      if (room === null) continue
      const before = row.level ?? RoomLevel.ENOUGH
      const had = known.get(row.id) ?? []
      const days = withDay(had, at, room.used)
      const full = fullAt({ ...room, days }, at)
      const isMoved = row.level !== null && (row.judgedPercent !== percent || row.judgedDays !== within)
      // By another threshold it is judged anew: no margin holds what it was by the former.
      const limits = roomLimits(percent, within)
      row.level = levelOf(room, { full, now: at, before: isMoved ? RoomLevel.ENOUGH : before, limits })
      Object.assign(row, { judgedPercent: percent, judgedDays: within })
      // To the day, and in the midst of it: it is told as one, wherever somebody reads it, and written as often.
      row.fullAt = full && new Date(Math.floor(full.getTime() / DAY) * DAY + DAY / 2)
      if (heirs.has(row.id) || isWorthWriting(had, days, room.used + room.free))
        await updateRow(this.em, FileSystem, row.id, { roomDays: days })
      if (row.level !== before) this.tellLevel(machine, { ...one, room }, { before, at, isMoved })
    }
    for (const row of left) if (row.level !== null) this.tellLeft(machine, row, at)
    await saveRows(this.em, FileSystem, [...present, ...gone])
  }

  private async daysOf(ids: readonly string[]): Promise<Map<string, RoomDay[]>> {
    if (ids.length === 0) return new Map()
    const rows = await tables(this.em)
      .selectFrom('FileSystem')
      .select(['id', 'roomDays'])
      .where('id', 'in', ids)
      .execute()
    return new Map(rows.map(({ id, roomDays }) => [id, roomDays]))
  }

  private tellLevel(
    machine: MachineOfRooms,
    { row, name, key, room }: WatchedRoom & { room: { used: number; free: number } },
    { before, at, isMoved }: { before: RoomLevel; at: Date; isMoved: boolean },
  ): void {
    const level = row.level ?? RoomLevel.ENOUGH
    this.tell.event({
      type: level === RoomLevel.ENOUGH ? EventType.FILE_SYSTEM_ENOUGH : EventType.FILE_SYSTEM_LOW,
      severity: roomSeverity(level),
      at,
      // That somebody moved the threshold is no recovery.
      cause: isMoved ? EventCause.USER : EventCause.READING,
      machine: machine.id,
      from: before,
      to: level,
      facts: {
        hostname: machine.hostname ?? machine.ip,
        name,
        fileSystem: key,
        reasons: roomReasons({ ...room, fullAt: row.fullAt, level }, name, at),
      },
    })
  }

  /** It is mounted no more, or so that nobody can write: how full it is nobody knows, and nobody waits for it. */
  private tellLeft(machine: MachineOfRooms, row: Row<FileSystem>, at: Date): void {
    const before = row.level
    row.level = null
    row.fullAt = null
    if (before === null || before === RoomLevel.ENOUGH) return
    this.tell.event({
      type: EventType.FILE_SYSTEM_LEFT,
      severity: Severity.INFO,
      at,
      cause: EventCause.READING,
      machine: machine.id,
      from: before,
      facts: {
        hostname: machine.hostname ?? machine.ip,
        name: row.mountpoint ?? row.source ?? '',
        fileSystem: keyOf(row),
      },
    })
  }
}

/** Where another data set stands for its pool now, the pool is as it was; the ids of those that do. */
function inherit(
  watched: readonly WatchedRoom[],
  left: readonly Row<FileSystem>[],
  days: Map<string, RoomDay[]>,
): Set<string> {
  const heirs = new Set<string>()
  for (const { row, key } of watched) {
    const former = row.level === null ? left.find((each) => keyOf(each) === key) : undefined
    if (!former) continue
    const { level, fullAt: full, judgedPercent, judgedDays } = former
    Object.assign(row, { level, fullAt: full, judgedPercent, judgedDays })
    Object.assign(former, { level: null, fullAt: null })
    days.set(row.id, days.get(former.id) ?? [])
    heirs.add(row.id)
  }
  return heirs
}

function isWorthWriting(had: readonly RoomDay[], days: readonly RoomDay[], size: number): boolean {
  const [last, now] = [had.at(-1), days.at(-1)]
  if (!last || !now || last.day !== now.day || had.length !== days.length) return true
  return Math.abs(last.used - now.used) > size * WORTH_WRITING
}
