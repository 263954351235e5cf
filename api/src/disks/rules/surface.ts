import { DAY } from '../../platform/clock.ts'
import { type Reason, Severity } from '../../reasons/reason.ts'
import type { ReasonCode } from '../../reasons/sentence.ts'
import { DiskType } from '../disk-words.ts'
import type { AtaStatistics } from '../smart-facts.ts'
import { attribute, countedBefore, knownFor, type Evidence, grownSince, reason, type Rule } from './rule.ts'

// Sectors that were replaced, cannot be read or could not be corrected: what Backblaze's failed drives mostly had in
// common (disks.md §3.1). Two witnesses tell of them: the vendor's attributes, and the standard's device statistics.

const { INFO, WARNING, AT_RISK } = Severity

/** The witness beside an attribute, as the subject of a reason: its own source must be read again before it goes. */
export const STATISTICS = 'device statistics'

const REALLOCATED = /Realloc|Retired_B|Retried_Bl|New_Bad_Bl|Later_Bad_Bl|Runtime_Bad_Bl/i
const UNCORRECTABLE = /Uncorrect|Reported_UE|Unc_NAND/i
/** Crucial's Current_Pending_ECC_Cnt counts blocks that its own ECC will rewrite: smartd does not warn of it either. */
const PENDING = /Pending(?!_ECC)/i
const PENDING_ECC = /Pending_ECC/i
const OFFLINE = /Uncorrect|Uncor_Read/i

interface WitnessedCounter {
  id: number
  name: RegExp
  statistic: 'reallocated' | 'uncorrectable'
  code: ReasonCode
  growing: ReasonCode
  /** From this count on, this severity; ascending. */
  steps: Record<'platters' | 'flash', [from: number, severity: Severity][]>
  grown: Record<'platters' | 'flash', Severity>
}

// prettier-ignore
const REALLOCATED_COUNTER: WitnessedCounter = {
  id: 5, name: REALLOCATED, statistic: 'reallocated', code: 'REALLOCATED_SECTORS', growing: 'REALLOCATED_GROWING',
  steps: { platters: [[1, WARNING], [16, AT_RISK]], flash: [[1, INFO]] },
  grown: { platters: AT_RISK, flash: WARNING },
}
// prettier-ignore
const UNCORRECTABLE_COUNTER: WitnessedCounter = {
  id: 187, name: UNCORRECTABLE, statistic: 'uncorrectable', code: 'REPORTED_UNCORRECTABLE', growing: 'REPORTED_UNCORRECTABLE',
  steps: { platters: [[1, WARNING], [2, AT_RISK]], flash: [[1, WARNING], [2, AT_RISK]] },
  grown: { platters: AT_RISK, flash: AT_RISK },
}

export const isFlash = (type: DiskType): boolean => type === DiskType.SSD || type === DiskType.NVME
const build = ({ type }: Evidence): 'platters' | 'flash' => (isFlash(type) ? 'flash' : 'platters')

const rawOf = (evidence: Evidence, id: number, name: RegExp): number => attribute(evidence, id, name)?.raw ?? 0
const statisticOf = ({ facts }: Evidence, name: keyof AtaStatistics): number | null => facts.statistics?.[name] ?? null

/**
 * A count that both witnesses may tell: each says what it has, and the graver word counts. Where the standard says none,
 * the vendor's number is something else (IronWolf's 5 = 16), unless another of the vendor's counters bears it out.
 */
const witnessed = (counter: WitnessedCounter, evidence: Evidence): Reason[] => {
  const told = attribute(evidence, counter.id, counter.name)?.raw ?? 0
  const standard = statisticOf(evidence, counter.statistic)
  const month = evidence.history.month
  const past = countedBefore(month, String(counter.id))
  const isSettled = standard === 0 && (statisticOf(evidence, 'candidates') ?? 0) === 0
  if (told > 0 && isSettled) {
    const other = counter === REALLOCATED_COUNTER ? UNCORRECTABLE_COUNTER : REALLOCATED_COUNTER
    const isBorneOut = (attribute(evidence, other.id, other.name)?.raw ?? 0) > 0
    const severity = isBorneOut || grownSince(told, past) !== null ? WARNING : INFO
    return [reason('COUNTER_DISPUTED', severity, told, 0, nameOf(counter, evidence))]
  }
  const words = [
    wordOn(counter, evidence, told, past, null),
    wordOn(counter, evidence, standard ?? 0, countedBefore(month, `statistics_${counter.statistic}`), STATISTICS),
  ].flatMap((word) => word ?? [])
  return words.toSorted((a, b) => RANK.indexOf(b.severity) - RANK.indexOf(a.severity)).slice(0, 1)
}

/** What one witness says: how many there are, or that they became more where that is graver. */
function wordOn(
  { code, growing, steps, grown }: WitnessedCounter,
  evidence: Evidence,
  count: number,
  past: number | null,
  subject: string | null,
): Reason | null {
  const met = steps[build(evidence)].findLast(([from]) => count >= from)
  const before = grownSince(count, past)
  const severity = grown[build(evidence)]
  if (before !== null && (!met || RANK.indexOf(severity) >= RANK.indexOf(met[1])))
    return reason(growing, severity, count, before, subject)
  return met ? reason(code, met[1], count, met[0], subject) : null
}
const RANK = [INFO, WARNING, AT_RISK]

const nameOf = ({ id, name }: WitnessedCounter, evidence: Evidence): string =>
  attribute(evidence, id, name)?.name ?? String(id)

/** Signs of a surface that is going, beside replaced sectors: which of them this reading shows. */
function signsOf(evidence: Evidence): string[] {
  const { facts } = evidence
  const pending =
    rawOf(evidence, 197, PENDING) + (statisticOf(evidence, 'candidates') ?? 0) + (facts.pendingDefects ?? 0)
  return [
    ...(pending > 0 ? ['pending'] : []),
    ...(rawOf(evidence, 198, OFFLINE) > 0 ? ['offline'] : []),
    ...(facts.selfTest === 'FAILED' ? ['self-test'] : []),
  ]
}

/** Sectors replaced long ago and none since: an old wound, said with the day since when nothing was added. */
const YEAR = 365 * DAY
const FEW = 100

const reallocated: Rule = (evidence) =>
  witnessed(REALLOCATED_COUNTER, evidence).map((found) => {
    const { year } = evidence.history
    const key = found.subject === STATISTICS ? 'statistics_reallocated' : '5'
    const isOld = year !== null && evidence.at.getTime() - year.at.getTime() >= YEAR
    const isStable = isOld && found.code === 'REALLOCATED_SECTORS' && countedBefore(year, key) === found.value
    if (!isStable || isFlash(evidence.type) || signsOf(evidence).length > 0) return found
    const few = (found.value ?? 0) < FEW
    return reason('REALLOCATED_STABLE', few ? INFO : WARNING, found.value, null, year.at.toISOString().slice(0, 10))
  })

const uncorrectable: Rule = (evidence) => witnessed(UNCORRECTABLE_COUNTER, evidence)

/** Unreadable sectors, told by the attribute, by the statistics or by the log that lists them. */
export const pending: Rule = (evidence) => {
  const counted = rawOf(evidence, 197, PENDING)
  if (counted > 0) return [reason('PENDING_SECTORS', AT_RISK, counted, 1)]
  const listed = evidence.facts.pendingDefects ?? 0
  if (listed > 0) return [reason('PENDING_DEFECTS', AT_RISK, listed, 1)]
  const candidates = statisticOf(evidence, 'candidates') ?? 0
  if (candidates > 0) return [reason('REALLOCATION_CANDIDATES', AT_RISK, candidates, 1)]
  const before = countedBefore(evidence.history.month, '197') ?? 0
  const named = attribute(evidence, 197, PENDING)
  return named?.raw === 0 && before > 0 ? [reason('PENDING_HEALED', INFO, before)] : []
}

const pendingEcc: Rule = (evidence) => {
  const counted = rawOf(evidence, 197, PENDING_ECC)
  return counted > 0 ? [reason('PENDING_ECC', INFO, counted)] : []
}

/** A count that has stood for a week, and that nothing else bears out, is a sign to watch. */
const offline: Rule = (evidence) => {
  const counted = rawOf(evidence, 198, OFFLINE)
  if (counted === 0) return []
  const { month } = evidence.history
  const isOld = knownFor(month, '198', evidence.at) >= 7 * DAY
  const isAlone =
    signsOf(evidence).length === 1 && rawOf(evidence, 5, REALLOCATED) + rawOf(evidence, 187, UNCORRECTABLE) === 0
  const wasSo = isOld && countedBefore(month, '198') === counted
  return [reason('OFFLINE_UNCORRECTABLE', wasSo && isAlone ? WARNING : AT_RISK, counted, 1)]
}

/** Signs that do not follow from each other and say the same weigh more than each of them. */
const agreement: Rule = (evidence) => {
  const signs = signsOf(evidence)
  return signs.length >= 2 && signs[0] === 'pending' ? [reason('SIGNS_AGREE', AT_RISK, signs.length)] : []
}

/** Ten more bad sectors within a week: the pace, and not the count, tells that there is little time. */
const FAST = 10
export const pace: Rule = (evidence) => {
  if (isFlash(evidence.type)) return []
  const growth = (code: string, now: number): number => {
    const before = countedBefore(evidence.history.week, code)
    return before === null ? 0 : Math.max(0, now - before)
  }
  const grown =
    growth('5', rawOf(evidence, 5, REALLOCATED)) +
    growth('197', rawOf(evidence, 197, PENDING)) +
    growth('grown_defects', evidence.facts.scsi?.grownDefects ?? 0)
  return grown >= FAST ? [reason('WORSENING_FAST', AT_RISK, grown, FAST)] : []
}

/** Reallocation events count attempts, failed ones too; where sectors are counted, they would say it twice. */
const reallocationEvents: Rule = (evidence) => {
  const events = attribute(evidence, 196, /Realloc/i)
  // With a threshold it is judged by its value: Seagate's laptop disks count something else there.
  // A threshold that was not read may be there.
  if (!events || (events.raw ?? 0) < 1 || events.threshold !== 0) return []
  if (rawOf(evidence, 5, REALLOCATED) > 0) return []
  // Where the standard's own count says that none was replaced, the attempts are no sign.
  const isSettled = statisticOf(evidence, 'reallocated') === 0
  return [reason('REALLOCATION_EVENTS', isFlash(evidence.type) || isSettled ? INFO : WARNING, events.raw, 1)]
}

/** Flash: reallocation matters when the reserve comes near the threshold. */
const spareSectors: Rule = (evidence) => {
  const entry = attribute(evidence, 5, REALLOCATED)
  if (!isFlash(evidence.type) || !entry || (entry.raw ?? 0) < 1 || entry.value === null) return []
  // Without a threshold its end is 1 (ATA: 1 to 253); 0 is a value that the vendor does not keep. One that was not read is
  // taken for none: what was known of it stays until it is read again.
  if (!entry.threshold)
    return entry.value >= 1 && entry.value <= 10 ? [reason('SPARE_SECTORS_LOW', WARNING, entry.value, 0)] : []
  return entry.value <= entry.threshold + 10 ? [reason('SPARE_SECTORS_LOW', AT_RISK, entry.value, entry.threshold)] : []
}

export const surfaceRules: Rule[] = [
  reallocated,
  uncorrectable,
  pending,
  pendingEcc,
  offline,
  agreement,
  pace,
  reallocationEvents,
  spareSectors,
]
