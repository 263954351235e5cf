import { stat, statfs } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import type { EntityManager } from '../database/database.ts'
import { findRows, insertRows, type Row, saveRows, selectRows } from '../database/rows.ts'
import { tables } from '../database/tables.ts'
import { EventCause, EventType } from '../events/event.entity.ts'
import type { Tell, Transact } from '../events/outbox.ts'
import { type Clock, SECOND } from '../platform/clock.ts'
import { newId } from '../platform/id.ts'
import { roomReasons, roomSeverity } from '../storage/room-reasons.ts'
import { fullAt, levelOf, RoomLevel, type RoomLimits, usedShare, withDay } from '../storage/forecast.ts'
import { Room, type RoomUse } from './room.entity.ts'

/** Where backups go there is less to wait for: a night's backup that finds no room is lost. */
const LIMITS: RoomLimits = { LOW: { used: 0.8, days: 14 }, SCARCE: { used: 0.95, days: 3 } }
/** A mount that does not answer in time is not waited for. */
const PATIENCE = 10 * SECOND

/** A folder, and what of Vigie lies in it. */
export interface Place {
  path: string
  use: RoomUse
}

type Read = { used: number; free: number; device: number } | { unreadable: string }

/**
 * Reads the room on each file system, keeps it, and tells where it becomes scarce and where it is enough again. Places
 * that may not be mounted just now are left out: they stay as they were.
 */
export async function measureRooms(
  em: EntityManager,
  transact: Transact,
  clock: Clock,
  places: readonly Place[],
): Promise<void> {
  const read = await Promise.all(places.map(async (place) => ({ place, found: await readRoom(place.path) })))
  await transact(em, async ({ em: own, tell }) => {
    const now = clock()
    const known = await selectRows(
      own,
      Room,
      'path',
      places.map(({ path }) => path),
    )
    const rooms: Row<Room>[] = []
    for (const one of byFileSystem(read)) {
      const before = known.find(({ path }) => path === one.path) ?? null
      const room = roomOf(one, before, now)
      if (!room) continue
      const level = before?.level ?? RoomLevel.ENOUGH
      if (before) await saveRows(own, Room, [Object.assign(before, room)])
      else await insertRows(own, Room, [room])
      rooms.push(room)
      tellLevel(tell, room, level, now)
    }
    // What was a file system of its own, and lies on another by now, is told there.
    const over = known.filter(({ path }) => !rooms.some((room) => room.path === path))
    for (const room of over) tellLevel(tell, { ...room, level: RoomLevel.ENOUGH }, room.level, now)
    for (const { id } of over) await tables(own).deleteFrom('Room').where('id', '=', id).execute()
  })
}

async function readRoom(path: string): Promise<Read> {
  const ended = new AbortController()
  const late = delay(PATIENCE, { unreadable: 'it does not answer' }, { signal: ended.signal, ref: false })
  const read = Promise.all([statfs(path), stat(path)]).then(
    ([{ bsize, blocks, bfree, bavail }, { dev }]) => ({
      used: (blocks - bfree) * bsize,
      free: bavail * bsize,
      device: dev,
    }),
    (cause: NodeJS.ErrnoException) => ({ unreadable: cause.code ?? cause.message }),
  )
  const first = await Promise.race([read, late])
  ended.abort()
  late.catch(() => undefined)
  return first
}

interface OnOne {
  path: string
  uses: RoomUse[]
  found: Read
}

/** Folders of one file system are one room, known by the first of them. */
function byFileSystem(read: readonly { place: Place; found: Read }[]): OnOne[] {
  const rooms: OnOne[] = []
  for (const { place, found } of read) {
    const same = rooms.find((room) => 'device' in found && 'device' in room.found && room.found.device === found.device)
    if (same) same.uses.push(place.use)
    else rooms.push({ path: place.path, uses: [place.use], found })
  }
  return rooms
}

/** Null = nothing was ever read of it. What cannot be read now stays as it was read last. */
function roomOf({ path, uses, found }: OnOne, before: Row<Room> | null, now: Date): Row<Room> | null {
  if ('unreadable' in found) return before && { ...before, uses, unreadable: found.unreadable }
  const { used, free } = found
  const days = withDay(before?.days ?? [], now, used)
  const room = { used, free, days }
  const full = fullAt(room, now)
  return {
    id: before?.id ?? newId(),
    path,
    uses,
    ...room,
    level: levelOf(room, { full, now, before: before?.level ?? RoomLevel.ENOUGH, limits: LIMITS }),
    fullAt: full,
    readAt: now,
    unreadable: null,
  }
}

function tellLevel(tell: Tell, room: Row<Room>, before: RoomLevel, now: Date): void {
  if (room.level === before) return
  const isEnough = room.level === RoomLevel.ENOUGH
  tell.event({
    type: isEnough ? EventType.ROOM_ENOUGH : EventType.ROOM_LOW,
    severity: roomSeverity(room.level),
    at: now,
    cause: EventCause.READING,
    from: before,
    to: room.level,
    facts: { name: room.path, reasons: roomReasons(room, nameOf(room), now) },
  })
}

const nameOf = ({ path, uses }: Row<Room>): string => `${path} (${uses.map((use) => use.toLowerCase()).join(', ')})`

/** Every file system that backups or Vigie lie on, the fullest first. */
export async function allRooms(em: EntityManager): Promise<Row<Room>[]> {
  return (await findRows(em, Room, (query) => query)).toSorted((a, b) => usedShare(b) - usedShare(a))
}
