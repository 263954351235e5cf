import { registerEnumType } from 'type-graphql'
import { type Reason, Severity, SEVERITY_ORDER } from '../reasons/reason.ts'

/** From good to bad, then the two ways of not knowing: the order of summary.disksByHealth. */
export enum Health {
  OK = 'OK',
  WARNING = 'WARNING',
  AT_RISK = 'AT_RISK',
  FAILED = 'FAILED',
  UNKNOWN = 'UNKNOWN',
  UNSUPPORTED = 'UNSUPPORTED',
}
registerEnumType(Health, {
  name: 'Health',
  description:
    'The verdict on a disk. Unknown is never good: no fresh reading is UNKNOWN, no S.M.A.R.T. is UNSUPPORTED.',
  valuesConfig: {
    OK: { description: 'Read within 48 hours, and nothing was found' },
    WARNING: { description: 'A sign to watch' },
    AT_RISK: { description: 'Signs that disks with a short life show: copy what is on it' },
    FAILED: { description: 'The disk says itself that it is failing' },
    UNKNOWN: { description: 'Never read, not readable, or last found good more than 48 hours ago' },
    UNSUPPORTED: { description: 'A virtual disk, a RAID volume or a bridge that has no S.M.A.R.T.' },
  },
})

export interface Verdict {
  health: Health
  reasons: Reason[]
}

/** How bad a health is, for sorting and for comparing; UNKNOWN and UNSUPPORTED stand before OK and after every finding. */
export const HEALTH_RANK: Record<Health, number> = {
  FAILED: 5,
  AT_RISK: 4,
  WARNING: 3,
  UNKNOWN: 2,
  UNSUPPORTED: 1,
  OK: 0,
}

/** The health that reasons amount to: the worst finding that nobody accepted; INFO alone is good. */
export function worstHealth(reasons: readonly Reason[]): Health {
  const counted = reasons.filter(({ acceptedAt }) => !acceptedAt)
  const worst = Math.max(0, ...counted.map((reason) => SEVERITY_ORDER.indexOf(reason.severity)))
  return [Health.OK, Health.WARNING, Health.AT_RISK, Health.FAILED][worst] ?? Health.OK
}

/** How grave the event of a new health is. */
export const HEALTH_SEVERITY: Record<Health, Severity> = {
  OK: Severity.INFO,
  UNKNOWN: Severity.INFO,
  UNSUPPORTED: Severity.INFO,
  WARNING: Severity.WARNING,
  AT_RISK: Severity.AT_RISK,
  FAILED: Severity.FAILED,
}
