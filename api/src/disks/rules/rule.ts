import type { DiskType } from '../disk-words.ts'
import type { Reason, Severity } from '../../reasons/reason.ts'
import type { ReasonCode } from '../../reasons/sentence.ts'
import type { SmartFacts } from '../smart-facts.ts'
import type { Counters } from '../snapshot.entity.ts'

/** What the rules may look at: the reading, the kind of disk, and what the disk counted before. */
export interface Evidence {
  facts: SmartFacts
  type: DiskType
  /** The oldest reading of the last 30 days; null = there is none. */
  before: Counters | null
  /** The oldest reading of the last 7 days; null = there is none. */
  beforeWeek: Counters | null
  /** Codes of the present verdict: a limit that was passed is left 5 degrees lower (hysteresis). */
  presentCodes: readonly ReasonCode[]
}

/** A rule finds reasons, or none. It is monotonic: a worse reading never gives a milder finding. */
export type Rule = (evidence: Evidence) => Reason[]

export const reason = (
  code: ReasonCode,
  severity: Severity,
  value: number | null = null,
  limit: number | null = null,
  subject: string | null = null,
): Reason => ({ code, severity, value, limit, subject })

/** The raw value that a counter had; null where it was not read. */
export const countedBefore = (before: Counters | null, code: string): number | null => before?.[code]?.[1] ?? null
