import { compile, Frequency, nextDues, periodOf } from '../backups/schedule.ts'
import { DAY, HOUR, MINUTE } from '../platform/clock.ts'
import { chance } from './chance.ts'
import { type DemoMachine, FLEET } from './fleet.ts'
import { DAY_OF_WEEKLY, type DemoJob, HISTORY_DAYS, JOBS } from './jobs.ts'
import { type Night, nightOf } from './nights.ts'
import { isSilent } from './stories.ts'

export type Happening = { at: Date } & (
  | { kind: 'report'; machine: DemoMachine }
  | { kind: 'declare'; job: DemoJob }
  | { kind: 'backup'; job: DemoJob; night: Night; dumpedFor: Date }
  /** Somebody looks: what arrived is proven, what did not is missed. */
  | { kind: 'look' }
)

/** What the stories are told by. */
export interface Era {
  /** The day from which they count. */
  firstDay: Date
  /** When the first machine reported. */
  begun: Date
}

/** `days` of history lie before the first day: fewer in tests. */
export const eraOf = (firstDay: Date, days = HISTORY_DAYS): Era => ({
  firstDay,
  begun: new Date(firstDay.getTime() - days * DAY),
})

export const scheduleOf = ({ frequency, hour, minute }: DemoJob) =>
  compile({
    frequency,
    expectedHourUtc: hour,
    expectedMinuteUtc: minute,
    daysOfWeek: frequency === Frequency.WEEKLY ? [DAY_OF_WEEKLY] : null,
    dayOfMonth: null,
    lastDayOfMonth: false,
  })

/** Each machine reports once in so long, at a time of its own. */
function reportsOf(machine: DemoMachine, { from, to, every }: Span, era: Era): Happening[] {
  const own = Math.floor(chance(`${machine.hostname} minute`) * every)
  const times: Happening[] = []
  for (let at = Math.floor(from.getTime() / every) * every + own; at < to.getTime(); at += every) {
    const day = (at - era.firstDay.getTime()) / DAY
    if (at >= from.getTime() && !isSilent(machine, day)) times.push({ at: new Date(at), kind: 'report', machine })
  }
  return times
}

/** When a job is declared: not before its machine has reported. */
const declaredAt = ({ since }: DemoJob, { firstDay, begun }: Era): number =>
  Math.max(firstDay.getTime() + since * DAY, begun.getTime() + DAY)

/** So long after its time comes what is late. */
const LATE = 3 * HOUR

function backupsOf(job: DemoJob, { from: start, to }: Span, era: Era): Happening[] {
  const schedule = scheduleOf(job)
  const from = new Date(Math.max(declaredAt(job, era), start.getTime()))
  if (from >= to) return []
  const most = Math.ceil((to.getTime() - from.getTime() + LATE) / periodOf(schedule)) + 1
  return nextDues(schedule, new Date(from.getTime() - LATE), most).flatMap((due): Happening[] => {
    const { night, dumpedFor } = nightOf(job, due, era.firstDay)
    const at = new Date(due.getTime() + (night === 'LATE' ? LATE : MINUTE))
    return at >= from && at < to ? [{ at, kind: 'backup', job, night, dumpedFor }] : []
  })
}

function declaredIn({ from, to }: Span, era: Era): Happening[] {
  return JOBS.map((job): Happening => ({
    at: new Date(declaredAt(job, era)),
    kind: 'declare',
    job,
  })).filter(({ at }) => at >= from && at < to)
}

/** By night when backups come, and all day long where hourly ones do: what would find nothing takes its time too. */
const isLook = (at: number, era: Era): boolean =>
  [1, 3, 5, 7].includes(new Date(at).getUTCHours()) || at >= era.firstDay.getTime() - 2 * DAY

interface Span {
  from: Date
  to: Date
  /** How often a machine reports, in milliseconds. */
  every: number
}

/** What happens from one time to before another, in its order. */
export function happenings(span: Span, era: Era): Happening[] {
  const looks: Happening[] = []
  for (let at = Math.ceil(span.from.getTime() / HOUR) * HOUR; at < span.to.getTime(); at += HOUR)
    if (isLook(at, era)) looks.push({ at: new Date(at), kind: 'look' })
  return [
    ...FLEET.flatMap((machine) => reportsOf(machine, span, era)),
    ...declaredIn(span, era),
    ...JOBS.flatMap((job) => backupsOf(job, span, era)),
    ...looks,
  ].sort((a, b) => a.at.getTime() - b.at.getTime())
}
