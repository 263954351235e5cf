import { registerEnumType } from 'type-graphql'
import { DAY } from '../platform/clock.ts'

// When a file system that backups lie on will be full. Pure: readings in, a word out.

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
    LOW: { description: 'From 80 % on, or full within two weeks at the pace of the last month' },
    SCARCE: { description: 'From 95 % on, or full within three days' },
  },
})
const ORDER = [RoomLevel.ENOUGH, RoomLevel.LOW, RoomLevel.SCARCE]

/** Of these days the growth is reckoned; fewer than the second tell nothing. */
const LOOKED_AT = 30
const LEAST_DAYS = 5
/** Nobody believes a date further away. */
const FARTHEST = 365

/** From these on it is told; a level ends only where it is better by a margin, so that nothing flickers. */
const LIMITS = { LOW: { used: 0.8, days: 14 }, SCARCE: { used: 0.95, days: 3 } } as const
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

/** How scarce room is; `before` stays while it is not better by a margin. */
export function levelOf(room: RoomNow, now: Date, before: RoomLevel): RoomLevel {
  const full = fullAt(room, now)
  const days = full === null ? Infinity : (full.getTime() - now.getTime()) / DAY
  const share = usedShare(room)
  const meets = (level: keyof typeof LIMITS): boolean => {
    const held = ORDER.indexOf(before) >= ORDER.indexOf(RoomLevel[level])
    const { used, days: left } = LIMITS[level]
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
