// Whether a machine has been busier than it should for long. Pure.

/** So many spans of ten minutes, told one after the other, are long: what is busy for a moment is at work. */
const LONG = 6
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
  const isWhole = told.length === LONG
  const average = isWhole ? told.reduce((sum, { value }) => sum + value, 0) / LONG : null
  if (told.length === 0) return { word: BusyWord.UNKNOWN, since: null, average }
  const since = limit === null ? null : before === null ? beginning(told, limit) : goesOn(told, limit) ? before : null
  return { word: since ? BusyWord.BUSY : BusyWord.NOT_BUSY, since, average }
}

interface ToldSpan {
  at: Date
  value: number
}

const beginning = (told: readonly ToldSpan[], limit: number): Date | null =>
  told.length === LONG && told.every(({ value }) => value > limit) ? (told[0]?.at ?? null) : null

function goesOn(told: readonly ToldSpan[], limit: number): boolean {
  const last = told.slice(-ENDS_AFTER)
  return last.length < ENDS_AFTER || last.some(({ value }) => value >= limit * MARGIN)
}
