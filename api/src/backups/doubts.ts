import { DAY } from '../platform/clock.ts'
import { type Reason, Severity } from '../reasons/reason.ts'

// A backup that is whole and is not what it should be: another night's, another database's, or hardly anything of it.

/** What is known beside a file that is good by itself. */
export interface Company {
  /** When an earlier backup of the job had this very content; null = none had. */
  sameAsOlder: Date | null
  /** Agent and database of another job that sent this very content these days; null = none did. */
  sameAsOther: string | null
  /** Sizes of the good backups before it, the newest first, with their due times. */
  before: { size: number; expectedAt: Date }[]
}

/** Smaller files are alike by chance: an empty database has few bytes, and many databases are empty. */
export const TELLING_SIZE = 4096
/** With fewer good backups before it, nobody knows what is usual. */
const FEWEST = 7
/** Of one weekday, from so many on: weekends may have a habit of their own. */
const FEWEST_OF_WEEKDAY = 4

const doubt = (
  code: Reason['code'],
  { value = null, limit = null, subject = null }: Partial<Pick<Reason, 'value' | 'limit' | 'subject'>>,
): Reason => ({ code, severity: Severity.WARNING, value, limit, subject })

/** Codes of what makes a good backup doubtful. */
export const DOUBTS: ReadonlySet<string> = new Set(['SAME_AS_OLDER', 'SAME_AS_OTHER', 'SIZE_UNUSUAL', 'DUMP_DATE_OFF'])

/** Pure: what is doubtful about a good backup in the company of others. */
export function doubtsOf(
  {
    size,
    dumpedOn,
    startedAt,
    expectedAt,
  }: { size: number; dumpedOn: string | null; startedAt: Date | null; expectedAt: Date },
  { sameAsOlder, sameAsOther, before }: Company,
): Reason[] {
  const doubts: Reason[] = []
  if (sameAsOlder)
    doubts.push(doubt('SAME_AS_OLDER', { subject: sameAsOlder.toISOString().slice(0, 16).replace('T', ' ') }))
  if (sameAsOther) doubts.push(doubt('SAME_AS_OTHER', { subject: sameAsOther }))
  // A dump writes the day of its own machine, by the clock that told when the run began: a day more or less is a time zone.
  const isNear = (time: Date): boolean => Math.abs(dayOf(new Date(dumpedOn ?? '')) - dayOf(time)) < 2
  if (dumpedOn !== null && ![startedAt, expectedAt].some((time) => time !== null && isNear(time)))
    doubts.push(doubt('DUMP_DATE_OFF', { subject: dumpedOn }))
  const usual = usualSize(before, expectedAt)
  if (usual && usual.median >= TELLING_SIZE && size < Math.min(usual.median / 2, usual.median - 6 * usual.spread))
    doubts.push(doubt('SIZE_UNUSUAL', { value: size, limit: Math.round(usual.median) }))
  return doubts
}

const dayOf = (date: Date): number => Math.floor(date.getTime() / DAY)

const medianOf = (numbers: number[]): number => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0

/** The median, and the median distance from it: one odd night changes neither. Null = too few are known. */
function usualSize(before: Company['before'], expectedAt: Date): { median: number; spread: number } | null {
  if (before.length < FEWEST) return null
  const sameDay = before.filter((each) => each.expectedAt.getUTCDay() === expectedAt.getUTCDay())
  const sizes = (sameDay.length >= FEWEST_OF_WEEKDAY ? sameDay : before).map(({ size }) => size)
  const median = medianOf(sizes)
  return { median, spread: medianOf(sizes.map((size) => Math.abs(size - median))) }
}
