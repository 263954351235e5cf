import { HOUR } from '../platform/clock.ts'

// Whether a machine has been busier than it should for long. Pure.

/** So many spans of ten minutes, told one after the other, are long: what is busy for a moment is at work. */
const LONG = 6
/** Spans further apart than these together are no hour: an agent that is started once an hour tells one sample. */
const WITHIN = 1.5 * HOUR
/** It ends where the last three are better by a tenth, so that nothing flickers. */
const ENDS_AFTER = 3
const MARGIN = 0.9

/** One average of a span; null = not told. */
export interface Span {
  at: Date
  value: number | null
}

export enum BusyWord {
  BUSY = 'BUSY',
  NOT_BUSY = 'NOT_BUSY',
  /** Nothing is told of it. */
  UNKNOWN = 'UNKNOWN',
}

export interface Busy {
  word: BusyWord
  /** Null = it is not, or nobody can tell. */
  since: Date | null
  /** On average of the last hour that was told; null = less was told. */
  average: number | null
}

/** `spans`: the oldest first. `before` = since when it was. `limit` null = it is never told. */
export function busyAfter(spans: readonly Span[], limit: number | null, before: Date | null): Busy {
  const told = spans.flatMap(({ at, value }) => (value === null ? [] : { at, value })).slice(-LONG)
  const isWhole = isHour(told)
  const average = isWhole ? told.reduce((sum, { value }) => sum + value, 0) / LONG : null
  if (told.length === 0) return { word: BusyWord.UNKNOWN, since: null, average }
  const since = limit === null ? null : before === null ? beginning(told, limit) : goesOn(told, limit) ? before : null
  return { word: since ? BusyWord.BUSY : BusyWord.NOT_BUSY, since, average }
}

interface ToldSpan {
  at: Date
  value: number
}

function isHour(told: readonly ToldSpan[]): boolean {
  const [first, last] = [told[0], told.at(-1)]
  return told.length === LONG && !!first && !!last && last.at.getTime() - first.at.getTime() <= WITHIN
}

const beginning = (told: readonly ToldSpan[], limit: number): Date | null =>
  isHour(told) && told.every(({ value }) => value > limit) ? (told[0]?.at ?? null) : null

function goesOn(told: readonly ToldSpan[], limit: number): boolean {
  const last = told.slice(-ENDS_AFTER)
  return last.length < ENDS_AFTER || last.some(({ value }) => value >= limit * MARGIN)
}
