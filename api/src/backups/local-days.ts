import { Temporal } from 'temporal-polyfill'
import { DAY } from '../platform/clock.ts'

// Days as the clock of a place shows them: what a strip of days shows must be what the table below it dates.

/** From when on the clock of a zone is so far ahead of UTC, in milliseconds. */
export interface Offset {
  from: number
  offset: number
}

/** The offsets of a zone between two instants, the first one from the beginning on. */
export function offsetsOf(timeZone: string, from: number, until: number): Offset[] {
  const offsets: Offset[] = []
  let at = Temporal.Instant.fromEpochMilliseconds(from).toZonedDateTimeISO(timeZone)
  offsets.push({ from, offset: at.offsetNanoseconds / 1e6 })
  for (;;) {
    const change = at.getTimeZoneTransition('next')
    if (!change || change.epochMilliseconds > until) return offsets
    offsets.push({ from: change.epochMilliseconds, offset: change.offsetNanoseconds / 1e6 })
    at = change
  }
}

/** The number of the day that an instant falls on: as many days after 1 January 1970 as that place's calendar tells. */
export const localDay = (instant: number, offsets: readonly Offset[]): number =>
  Math.floor((instant + ((offsets.findLast(({ from }) => from <= instant) ?? offsets[0])?.offset ?? 0)) / DAY)
