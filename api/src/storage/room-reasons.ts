import { DAY } from '../platform/clock.ts'
import { type Reason, Severity } from '../reasons/reason.ts'
import { RoomLevel, usedShare } from './forecast.ts'

export const roomSeverity = (level: RoomLevel): Severity =>
  level === RoomLevel.ENOUGH ? Severity.INFO : level === RoomLevel.LOW ? Severity.WARNING : Severity.AT_RISK

/** Why there is too little room: how much is in use, and when it is full. [] = there is enough. */
export function roomReasons(
  { used, free, fullAt, level }: { used: number; free: number; fullAt: Date | null; level: RoomLevel },
  subject: string,
  now: Date,
): Reason[] {
  if (level === RoomLevel.ENOUGH) return []
  const severity = roomSeverity(level)
  const value = Math.floor(usedShare({ used, free }) * 100)
  const inUse: Reason = { code: 'ROOM_USED', severity, value, limit: free, subject }
  if (fullAt === null) return [inUse]
  const days = Math.max(0, Math.round((fullAt.getTime() - now.getTime()) / DAY))
  const day = fullAt.toISOString().slice(0, 10)
  return [inUse, { code: 'ROOM_FULL_ON', severity, value: days, limit: null, subject: day }]
}
