import { CLOCK_TOLERANCE } from '@vigie/agent/report'

export { CLOCK_TOLERANCE }

/** The time, as an argument: tests hold it still. */
export type Clock = () => Date

export const systemClock: Clock = () => new Date()

/** A moment as it stands in a sentence. */
export const utcMinute = (date: Date): string => `${date.toISOString().slice(0, 16).replace('T', ' ')} UTC`

export const SECOND = 1000
export const MINUTE = 60 * SECOND
export const HOUR = 60 * MINUTE
export const DAY = 24 * HOUR

/** A stored time later than this was written while this server's own clock was ahead: nothing that is true comes after it. */
export const isFuture = (stored: Date, now: Date): boolean => stored.getTime() > now.getTime() + CLOCK_TOLERANCE
