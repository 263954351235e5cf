import type { Row } from '../database/rows.ts'
import { Severity } from '../reasons/reason.ts'
import { utcMinute } from '../platform/clock.ts'
import { ReadingOutcome } from './disk-words.ts'
import type { Disk } from './disk.entity.ts'
import type { Verdict } from './health.ts'
import { worstFirst } from './judge.ts'
import { reason } from './rules/rule.ts'
import { goodSince } from './shown-health.ts'
import type { Reading } from './sighting.ts'
import { healthBy } from './standing.ts'

// A disk that was read before and gives no answer now: many die so, without one bad counter. Once may be a busy disk;
// from the second time on somebody is told.

export type Answering = Pick<Row<Disk>, 'failedReadings' | 'unreadableSince'>
export const NOT_FAILED: Answering = { failedReadings: 0, unreadableSince: null }

/** So many in a row are told as an event and an alert. */
export const TELLING = 2

/**
 * How a disk answers after this reading. Asleep is an answer, but no reading: a failure before it is forgiven, and counts
 * if the next reading fails too. A disk that was never read has not stopped; and where no disk of the machine could be asked
 * (no smartctl, not root), none of them is at fault.
 */
export function answering(
  disk: Answering & Pick<Row<Disk>, 'lastReadAt'>,
  { outcome, ofMachine }: Pick<Reading, 'outcome' | 'ofMachine'>,
  at: Date,
): Answering {
  if (outcome === ReadingOutcome.READ || disk.lastReadAt === null) return NOT_FAILED
  const { failedReadings, unreadableSince } = disk
  if (ofMachine) return { failedReadings, unreadableSince }
  if (outcome === ReadingOutcome.ASLEEP)
    return { failedReadings, unreadableSince: failedReadings >= TELLING ? unreadableSince : null }
  return { failedReadings: disk.failedReadings + 1, unreadableSince: disk.unreadableSince ?? at }
}

/** Whether the agent itself read it within two days: then a script's word is the poorer one. */
export const readByAgent = ({ documentAt }: Pick<Row<Disk>, 'documentAt'>, at: Date): boolean =>
  documentAt !== null && documentAt >= goodSince(at)

/** The verdict on a disk with how it answers: good becomes unknown at once, and a sign to watch at the second time. */
export function withAnswering({ health, reasons }: Verdict, now: Answering, cause: string | null): Verdict {
  const own = reasons.filter(({ code }) => code !== 'STOPPED_ANSWERING')
  if (now.unreadableSince === null)
    return own.length === reasons.length ? { health, reasons } : { health: healthBy(own), reasons: own }
  const severity = now.failedReadings >= TELLING ? Severity.WARNING : Severity.INFO
  const since = utcMinute(now.unreadableSince)
  const told = reason(
    'STOPPED_ANSWERING',
    severity,
    now.failedReadings,
    null,
    cause ? `${since}: ${cause.slice(0, 300)}` : since,
  )
  const all = worstFirst([...own, told])
  return { health: healthBy(all), reasons: all }
}
