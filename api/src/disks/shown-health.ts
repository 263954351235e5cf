import { HOUR } from '../platform/clock.ts'
import { Health, type Verdict } from './health.ts'
import { type Reason, Severity } from '../reasons/reason.ts'
import { reason } from './rules/rule.ts'

export const GOOD_FOR_HOURS = 48

interface Judged {
  health: Health
  reasons: Reason[]
  lastReadAt: Date | null
  missingSince: Date | null
}

/** The instant before which a good reading is too old to be shown as good. */
export const goodSince = (now: Date): Date => new Date(now.getTime() - GOOD_FOR_HOURS * HOUR)

/**
 * What is shown: an OK older than 48 hours is UNKNOWN, and so is that of a disk that is missing, for nothing proves it any
 * more. Worse words stay, with their age.
 */
export function shownHealth({ health, reasons, lastReadAt, missingSince }: Judged, now: Date): Verdict {
  if (health === Health.OK && missingSince)
    return { health: Health.UNKNOWN, reasons: [reason('DISK_MISSING', Severity.INFO), ...reasons] }
  if (health !== Health.OK || (lastReadAt && lastReadAt >= goodSince(now))) return { health, reasons }
  const hours = lastReadAt ? Math.floor((now.getTime() - lastReadAt.getTime()) / HOUR) : null
  return {
    health: Health.UNKNOWN,
    reasons: [reason('READING_OLD', Severity.INFO, hours, GOOD_FOR_HOURS), ...reasons],
  }
}
