import { registerEnumType } from 'type-graphql'
import { DAY } from '../platform/clock.ts'

// When a file system will be full. Pure: readings in, a word out.

/** How full it was at the end of a day (UTC). */
export interface RoomDay {
  /** 2026-11-28 */
  day: string
  /** Bytes */
  used: number
}

export interface RoomNow {
  /** Bytes that are in use, and that this process may still use: what root keeps for itself is neither (statvfs(3)). */
  used: number
  free: number
  days: readonly RoomDay[]
}

export enum RoomLevel {
  ENOUGH = 'ENOUGH',
  LOW = 'LOW',
  SCARCE = 'SCARCE',
}
registerEnumType(RoomLevel, {
  name: 'RoomLevel',
  valuesConfig: {
    LOW: {
      description: 'It fills up: more is in use than should be, or it is full soon at the pace of the last month',
    },
    SCARCE: { description: 'It is almost full' },
  },
})
const ORDER = [RoomLevel.ENOUGH, RoomLevel.LOW, RoomLevel.SCARCE]

/** Of these days the growth is reckoned; fewer than the second tell nothing. */
const LOOKED_AT = 30
const LEAST_DAYS = 5
/** Nobody believes a date further away. */
const FARTHEST = 365

/** From which share in use, and from how many days before it is full, each level is. */
export type RoomLimits = Record<'LOW' | 'SCARCE', { used: number; days: number }>

/** What somebody said of it; null = never. What is halfway from there to the end is almost full. */
export const roomLimits = (percent: number | null, days: number | null): RoomLimits => ({
  LOW: { used: percent === null ? Infinity : percent / 100, days: days ?? -Infinity },
  SCARCE: {
    used: percent === null ? Infinity : (percent + 100) / 200,
    days: days === null ? -Infinity : Math.floor(days / 4),
  },
})

/** A level ends only where it is better by a margin, so that nothing flickers. */
const MARGIN = { used: 0.02, days: 7 }

export const usedShare = ({ used, free }: Pick<RoomNow, 'used' | 'free'>): number =>
  used + free === 0 ? 1 : used / (used + free)

/**
 * The day on which it is full at the pace of the last 30 days: the median of the slopes between every two days (Theil
 * and Sen), which one deletion or one large file does not move. Null = it does not grow, too little is known, or it is
 * more than a year away.
 */
export function fullAt({ free, days }: RoomNow, now: Date): Date | null {
  const looked = days.slice(-LOOKED_AT)
  if (looked.length < LEAST_DAYS) return null
  const points = looked.map(({ day, used }) => ({ at: Date.parse(day) / DAY, used }))
  const slopes = points
    .flatMap((a, index) => points.slice(index + 1).map((b) => (b.used - a.used) / (b.at - a.at)))
    .toSorted((a, b) => a - b)
  const half = slopes.length / 2
  const slope =
    slopes.length % 2 ? (slopes[Math.floor(half)] ?? 0) : ((slopes[half - 1] ?? 0) + (slopes[half] ?? 0)) / 2
  if (slope <= 0) return null
  const left = free / slope
  return left > FARTHEST ? null : new Date(now.getTime() + left * DAY)
}

/** How scarce room is; `before` stays while it is not better by a margin. `full` = see fullAt. */
export function levelOf(
  room: Pick<RoomNow, 'used' | 'free'>,
  { full, now, before, limits }: { full: Date | null; now: Date; before: RoomLevel; limits: RoomLimits },
): RoomLevel {
  const days = full === null ? Infinity : (full.getTime() - now.getTime()) / DAY
  const share = usedShare(room)
  const meets = (level: keyof RoomLimits): boolean => {
    const held = ORDER.indexOf(before) >= ORDER.indexOf(RoomLevel[level])
    const { used, days: left } = limits[level]
    return held ? share >= used - MARGIN.used || days <= left + MARGIN.days : share >= used || days <= left
  }
  return meets('SCARCE') ? RoomLevel.SCARCE : meets('LOW') ? RoomLevel.LOW : RoomLevel.ENOUGH
}

/** With what is read now: one entry for each day, the last one of it. */
export function withDay(days: readonly RoomDay[], now: Date, used: number): RoomDay[] {
  const day = now.toISOString().slice(0, 10)
  // A clock that was ahead left days that have not come.
  return [...days.filter((one) => one.day < day), { day, used }].slice(-2 * LOOKED_AT)
}
