import { Cron } from 'croner'
import { registerEnumType } from 'type-graphql'
import { Temporal } from 'temporal-polyfill'
import { InvalidInputError } from '../platform/errors.ts'
import { DAY, HOUR, MINUTE } from '../platform/clock.ts'

export enum Frequency {
  HOURLY = 'HOURLY',
  DAILY = 'DAILY',
  WEEKLY = 'WEEKLY',
  MONTHLY = 'MONTHLY',
}
registerEnumType(Frequency, { name: 'Frequency' })

export enum DayOfWeek {
  MONDAY = 'MONDAY',
  TUESDAY = 'TUESDAY',
  WEDNESDAY = 'WEDNESDAY',
  THURSDAY = 'THURSDAY',
  FRIDAY = 'FRIDAY',
  SATURDAY = 'SATURDAY',
  SUNDAY = 'SUNDAY',
}
registerEnumType(DayOfWeek, { name: 'DayOfWeek' })

/** When a backup is due: five fields of crontab(5), and `L` for the last day of the month, read in an IANA time zone. */
export interface Schedule {
  cron: string
  timeZone: string
}

/** What the due time of a job means. */
export enum DueMeans {
  BEGINS = 'BEGINS',
  HERE = 'HERE',
}
registerEnumType(DueMeans, {
  name: 'DueMeans',
  description: 'What the due time of a job means. Either way the backup must be here by the end of the grace',
  valuesConfig: {
    BEGINS: { description: 'The agent begins then: a run belongs to the due time that its start tells' },
    HERE: { description: 'It must be here by then, whenever it began: a run belongs to the due time its end tells' },
  },
})

/** A schedule, and which runs belong to its due times. */
export interface DuePlan extends Schedule {
  dueMeans: DueMeans
  graceMinutes: number
}

/** The plain way to say it, in UTC. */
export interface PlainSchedule {
  frequency: Frequency
  expectedHourUtc?: number | null
  expectedMinuteUtc?: number | null
  daysOfWeek?: DayOfWeek[] | null
  dayOfMonth?: number | null
  lastDayOfMonth?: boolean | null
}

const FOREIGN: Record<Frequency, (keyof PlainSchedule)[]> = {
  HOURLY: ['expectedHourUtc', 'daysOfWeek', 'dayOfMonth', 'lastDayOfMonth'],
  DAILY: ['daysOfWeek', 'dayOfMonth', 'lastDayOfMonth'],
  WEEKLY: ['dayOfMonth', 'lastDayOfMonth'],
  MONTHLY: ['daysOfWeek'],
}

export function compile(plain: PlainSchedule): Schedule {
  const { frequency } = plain
  for (const field of FOREIGN[frequency]) {
    const value = plain[field]
    if (value === null || value === undefined || value === false || (Array.isArray(value) && value.length === 0))
      continue
    throw new InvalidInputError(field, `does not go with ${frequency}`, 'Leave it out, or choose another frequency.')
  }
  const minute = within('expectedMinuteUtc', plain.expectedMinuteUtc ?? 0, 0, 59)
  if (frequency === Frequency.HOURLY) return { cron: `${minute} * * * *`, timeZone: 'UTC' }
  if (plain.expectedHourUtc === null || plain.expectedHourUtc === undefined) {
    throw new InvalidInputError('expectedHourUtc', `is needed for ${frequency}`, 'Give the hour in UTC, 0 to 23.')
  }
  const hour = within('expectedHourUtc', plain.expectedHourUtc, 0, 23)
  return { cron: `${minute} ${hour} ${dayFields(plain)}`, timeZone: 'UTC' }
}

function dayFields({ frequency, daysOfWeek, dayOfMonth, lastDayOfMonth }: PlainSchedule): string {
  if (frequency === Frequency.DAILY) return '* * *'
  if (frequency === Frequency.WEEKLY) {
    if (!daysOfWeek?.length)
      throw new InvalidInputError('daysOfWeek', 'is needed for WEEKLY', 'Name at least one day, such as MONDAY.')
    const days = Object.values(DayOfWeek)
    return `* * ${[...new Set(daysOfWeek.map((day) => (days.indexOf(day) + 1) % 7))].sort().join(',')}`
  }
  if (lastDayOfMonth) {
    if (dayOfMonth)
      throw new InvalidInputError('dayOfMonth', 'is given together with lastDayOfMonth', 'Give one of them.')
    return 'L * *'
  }
  if (!dayOfMonth)
    throw new InvalidInputError(
      'dayOfMonth',
      'is needed for MONTHLY',
      'Give a day from 1 to 28, or lastDayOfMonth: true.',
    )
  if (dayOfMonth > 28) {
    throw new InvalidInputError(
      'dayOfMonth',
      'must be 1 to 28, for not every month is longer',
      'Use lastDayOfMonth: true.',
    )
  }
  return `${within('dayOfMonth', dayOfMonth, 1, 28)} * *`
}

function within(field: string, value: number, least: number, most: number): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value
  throw new InvalidInputError(field, `must be a whole number from ${least} to ${most}, not ${value}`, 'Correct it.')
}

/** Checks an IANA time zone. Errors: BAD_USER_INPUT */
export function readZone(timeZone: string): string {
  try {
    // Before it is worked on: no zone has so long a name.
    if (timeZone.length > 64) throw new RangeError()
    return new Intl.DateTimeFormat('en', { timeZone }).resolvedOptions().timeZone
  } catch {
    const shown = timeZone.slice(0, 64)
    throw new InvalidInputError('timeZone', `"${shown}" is no IANA time zone`, 'Use one like Europe/Paris.')
  }
}

/** Reads a cron line and a zone, or says what is wrong with them. */
export function readSchedule(cron: string, timeZone: string): Schedule {
  const fields = cron.trim().split(/\s+/)
  if (fields.length !== 5) {
    throw new InvalidInputError(
      'cron',
      `"${cron}" has not the five fields of crontab(5)`,
      'Write minute, hour, day, month, weekday: 30 2 * * *.',
    )
  }
  const text = fields.join(' ')
  try {
    parse(text)
  } catch (cause) {
    throw new InvalidInputError('cron', `"${cron}" is not understood (${(cause as Error).message})`, 'Correct it.')
  }
  const schedule = { cron: text, timeZone: readZone(timeZone) }
  if (walls(text, 0, 1).length === 0)
    throw new InvalidInputError('cron', `"${cron}" never comes`, 'Choose days that exist.')
  if (periodOf(schedule) < SHORTEST_PERIOD)
    throw new InvalidInputError('cron', `"${cron}" comes more often than every 15 minutes`, 'Choose a longer period.')
  return schedule
}
export const SHORTEST_PERIOD = 15 * MINUTE

const parsed = new Map<string, Cron>()
function parse(cron: string): Cron {
  const known = parsed.get(cron)
  if (known) return known
  const made = new Cron(cron, { timezone: 'UTC', mode: '5-part' })
  if (parsed.size > 10_000) parsed.clear()
  parsed.set(cron, made)
  return made
}

// Times are found on the wall clock, written as if it were UTC, and only then placed in the zone: so that a doubled time
// comes once (its first instant), a skipped one at the instant that the clock would have shown, and the way back is the
// way forth. RFC 5545 §3.3.5 reads local times the same way.

const walls = (cron: string, after: number, count: number): number[] =>
  parse(cron)
    .nextRuns(count, new Date(after))
    .map((date) => date.getTime())

function instantOf(wall: number, timeZone: string): number {
  if (timeZone === 'UTC') return wall
  return Temporal.Instant.fromEpochMilliseconds(wall)
    .toZonedDateTimeISO('UTC')
    .toPlainDateTime()
    .toZonedDateTime(timeZone, { disambiguation: 'compatible' }).epochMilliseconds
}

function wallOf(instant: number, timeZone: string): number {
  if (timeZone === 'UTC') return instant
  const zoned = Temporal.Instant.fromEpochMilliseconds(instant).toZonedDateTimeISO(timeZone)
  return instant + zoned.offsetNanoseconds / 1e6
}

/** The widest change of a zone's clock that is reckoned with. */
const WIDEST_SHIFT = 3 * HOUR

/** The first due time after an instant. Null = it never comes again. */
export function nextDue({ cron, timeZone }: Schedule, after: Date): Date | null {
  if (timeZone === 'UTC') {
    const [next] = walls(cron, after.getTime(), 1)
    return next === undefined ? null : new Date(next)
  }
  let from = wallOf(after.getTime(), timeZone) - WIDEST_SHIFT
  let found = Infinity
  for (;;) {
    for (const wall of walls(cron, from, 2)) {
      const instant = instantOf(wall, timeZone)
      // Where a gap moves a time behind the next one, the order of the wall is not that of the instants.
      if (found !== Infinity && wall > wallOf(found, timeZone) + WIDEST_SHIFT) return new Date(found)
      if (instant > after.getTime() && instant < found) found = instant
      from = wall
    }
    if (walls(cron, from, 1).length === 0) return found === Infinity ? null : new Date(found)
  }
}

/** The next due times after an instant, each once. */
export function nextDues(schedule: Schedule, after: Date, count: number): Date[] {
  const dues: Date[] = []
  for (let due = nextDue(schedule, after); due && dues.length < count; due = nextDue(schedule, due)) dues.push(due)
  return dues
}

/** The due times from a known one on until an instant, at most so many. */
export function duesUntil(schedule: Schedule, first: Date | null, until: Date, most: number): Date[] {
  const dues: Date[] = []
  for (let due = first; due && due <= until && dues.length < most; due = nextDue(schedule, due)) dues.push(due)
  return dues
}

/** The newest due time at or before an instant. Null = there was none. */
export function newestDue(schedule: Schedule, at: Date): Date | null {
  for (let back = 2 * periodOf(schedule); ; back *= 4) {
    let newest: Date | null = null
    for (let due = nextDue(schedule, new Date(at.getTime() - back)); due && due <= at; due = nextDue(schedule, due))
      newest = due
    if (newest || back > FARTHEST_BACK) return newest
  }
}
/** 29 February comes every four years, and once every eight around 2100. */
const FARTHEST_BACK = 9 * 366 * DAY

const periods = new Map<string, number>()

/** The shortest time between two due times, on the wall clock (a day is 24 h even where a clock changes). */
export function periodOf({ cron }: Schedule): number {
  // At one time of the day, only the days matter.
  const days = cron.replace(/^\d+ \d+ /, '0 0 ')
  const known = periods.get(days)
  if (known) return known
  const times = walls(days, Date.UTC(2024, 0, 1) - 1, 120)
  const gaps = times.slice(1).map((time, index) => time - (times[index] ?? time))
  const period = gaps.length ? Math.min(...gaps) : 366 * DAY
  if (periods.size > 10_000) periods.clear()
  periods.set(days, period)
  return period
}

/** How long before its due time a run may begin, or after it end, and still be the one that is due. */
export const leadOf = (schedule: Schedule): number => Math.min(periodOf(schedule) / 4, 12 * HOUR)

/** From when to when a run went. */
export interface RunSpan {
  began: Date
  ended: Date
}

/**
 * The due times that a run may belong to, the likeliest first. BEGINS: the newest at or before its start and a lead. HERE:
 * the first at or after its end, or the one before that where it is not longer late than the lead, or the grace; then the
 * one after it comes second, for which the run may be early. [] = the schedule has none.
 */
export function duesOfRun(plan: DuePlan, { began, ended }: RunSpan): Date[] {
  const some = (...dues: (Date | null)[]): Date[] => dues.filter((due) => due !== null)
  if (plan.dueMeans === DueMeans.BEGINS)
    return some(newestDue(plan, new Date(began.getTime() + leadOf(plan))) ?? nextDue(plan, began))
  const lateness = Math.max(plan.graceMinutes * MINUTE, leadOf(plan))
  const from = new Date(ended.getTime() - lateness)
  const first = nextDue(plan, new Date(from.getTime() - 1)) ?? newestDue(plan, from)
  return some(first, first && first < ended ? nextDue(plan, ended) : null)
}

/** The due time that a run belongs to, as far as its times tell. Null = the schedule has none. */
export const dueOfRun = (plan: DuePlan, span: RunSpan): Date | null => duesOfRun(plan, span)[0] ?? null

/** The grace where the job names none, in minutes: the smaller of 120 and half the period. */
export const usualGrace = (schedule: Schedule): number => Math.floor(Math.min(120, periodOf(schedule) / MINUTE / 2))
