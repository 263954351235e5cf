import type { Baseline, PastReading } from '../baseline.ts'
import type { DiskType } from '../disk-words.ts'
import type { Reason, Severity } from '../../reasons/reason.ts'
import type { ReasonCode } from '../../reasons/sentence.ts'
import type { AtaAttribute, SmartFacts } from '../smart-facts.ts'
import type { Counters } from '../snapshot.entity.ts'

/** What the rules may look at: the reading, the kind of disk, and what the disk counted before. */
export interface Evidence {
  facts: SmartFacts
  type: DiskType
  /** When it was read. */
  at: Date
  history: Baseline
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

/** A finding by one attribute: read again is what has its id, for names change with the drive database. */
export const byAttribute = ({ id }: Pick<AtaAttribute, 'id'>, found: Reason): Reason => ({ ...found, attribute: id })

/** The raw value that a counter had; null where it was not read. */
export const countedBefore = (past: { counters: Counters } | null, code: string): number | null =>
  past?.counters[code]?.[1] ?? null

/** For how long a counter is known, in milliseconds; 0 where it was not read before. */
export const knownFor = (past: PastReading | null, code: string, now: Date): number =>
  past?.counters[code] === undefined ? 0 : now.getTime() - (past.later?.get(code) ?? past.at).getTime()

/** An attribute by its id and name: vendors give the same id to other things. */
export const attribute = ({ facts }: Evidence, id: number, name: RegExp): AtaAttribute | undefined =>
  facts.attributes.find((entry) => entry.id === id && name.test(entry.name))

/** The reading of a counter now, beside the oldest of 30 days; null = it did not grow, or nothing to compare with. */
export const grownSince = (now: number, past: number | null): number | null =>
  past !== null && now > past ? past : null
