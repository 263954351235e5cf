import { type Reason, Severity, SEVERITY_ORDER } from '../reasons/reason.ts'
import type { ReasonCode } from '../reasons/sentence.ts'
import type { Verdict } from './health.ts'
import { healthBy } from './standing.ts'

/** A finding that somebody knows of and lives with: it counts again when its value is worse than it was then. */
export interface AcceptedFinding {
  code: ReasonCode
  subject: string | null
  severity: Severity
  /** Null where the finding is no number: it is accepted as long as it stands. */
  value: number | null
  at: string
  /** Who accepted it, by the name of the session or token; null = not told. */
  by: string | null
}

/** The same counter, whether it grows at the moment or not. */
const COUNTER_OF = new Map<ReasonCode, ReasonCode>([
  ['REALLOCATED_GROWING', 'REALLOCATED_SECTORS'],
  ['REALLOCATED_STABLE', 'REALLOCATED_SECTORS'],
  ['CRC_ERRORS_GROWING', 'CRC_ERRORS'],
  ['ERROR_LOG_GROWING', 'ERROR_LOG'],
  ['MEDIA_ERRORS_GROWING', 'MEDIA_ERRORS'],
  ['GROWN_DEFECTS_GROWING', 'GROWN_DEFECTS'],
  ['NVME_SPARE_FALLING', 'NVME_SPARE_LOW'],
  ['RESERVE_FALLING', 'RESERVE_LOW'],
])
const counterOf = (code: ReasonCode): ReasonCode => COUNTER_OF.get(code) ?? code

/** Of these less is worse. */
const FALLING = new Set<ReasonCode>([
  'LIFE_LEFT_LOW',
  'SPARE_SECTORS_LOW',
  'RESERVE_LOW',
  'NVME_SPARE_LOW',
  'HELIUM_LOW',
  'ATTRIBUTE_FAILING_NOW',
  'ATTRIBUTE_FAILED_BEFORE',
])

/** One disk can have several of these, and their value is no quantity, or not of one thing: the subject tells which. */
const NAMED = new Set<ReasonCode>([
  'ATTRIBUTE_FAILING_NOW',
  'ATTRIBUTE_FAILED_BEFORE',
  'HELIUM_LOW',
  'LIFE_LEFT_LOW',
  'RESERVE_LOW',
  'COUNTER_DISPUTED',
  'SCSI_WARNING',
])

/** Whether they speak of the same thing. The subject of a counter may change with its witness or its date. */
export function isAbout(accepted: AcceptedFinding, { code, subject, value }: Reason): boolean {
  if (counterOf(accepted.code) !== counterOf(code)) return false
  return (value !== null && !NAMED.has(code)) || accepted.subject === subject
}

/** Graver, or more of it. */
function isWorse({ code, value, severity }: Reason, accepted: AcceptedFinding): boolean {
  if (SEVERITY_ORDER.indexOf(severity) > SEVERITY_ORDER.indexOf(accepted.severity)) return true
  if (value === null || accepted.value === null) return false
  return FALLING.has(counterOf(code)) ? value < accepted.value : value > accepted.value
}

/**
 * A verdict without the weight of what was accepted, and the acceptances that still hold: one ends when its finding is
 * worse, or is gone. What the disk itself calls its end cannot be accepted.
 */
export function withAccepted(
  { health, reasons }: Verdict,
  accepted: readonly AcceptedFinding[],
): { verdict: Verdict; accepted: AcceptedFinding[] } {
  if (accepted.length === 0) return { verdict: { health, reasons }, accepted: [] }
  const holding = new Set<AcceptedFinding>()
  const marked = reasons.map((reason): Reason => {
    const { acceptedAt: _before, ...bare } = reason
    const found = accepted.find((each) => isAbout(each, reason) && !isWorse(reason, each))
    if (!found || reason.severity === Severity.FAILED) return bare
    holding.add(found)
    return { ...bare, acceptedAt: found.at }
  })
  return { verdict: { health: holding.size ? healthBy(marked) : health, reasons: marked }, accepted: [...holding] }
}
