import { notReadAgain, type Reason, Severity, SEVERITY_ORDER } from '../reasons/reason.ts'
import type { ReasonCode } from '../reasons/sentence.ts'
import { Health, type Verdict, worstHealth } from './health.ts'
import { worstFirst } from './judge.ts'
import { reason } from './rules/rule.ts'
import { STATISTICS } from './rules/surface.ts'
import type { AtaStatistics, SmartFacts } from './smart-facts.ts'

type WasRead = (facts: SmartFacts, found: Reason) => boolean

/** What smartctl's database has no name for is not judged: it was not read either. */
const attribute =
  (id: number): WasRead =>
  ({ attributes }) =>
    attributes.some((entry) => entry.id === id && entry.raw !== null && !/^Unknown/i.test(entry.name))
/** Of two witnesses the one that told: the statistics where the reason names them. */
const witnessed =
  (id: number, name: keyof AtaStatistics): WasRead =>
  (facts, found) =>
    found.subject === STATISTICS ? facts.statistics?.[name] != null : attribute(id)(facts, found)
/**
 * The attribute that told it, by its id, for names change with the drive database; one without a name is judged by none.
 * Where it is not known which, the whole table.
 */
const itsAttribute: WasRead = ({ attributes }, { attribute: id }) =>
  id === undefined
    ? attributes.length > 0
    : attributes.some((entry) => entry.id === id && entry.value !== null && !/^Unknown/i.test(entry.name))
/** The same, where its threshold was read too: without one nothing can be told of it (smartctl, "Read SMART Thresholds failed"). */
const itsThreshold: WasRead = ({ attributes, exitStatus }, { attribute: id, subject }) => {
  if (id !== undefined) return attributes.some((entry) => entry.id === id && entry.threshold !== null)
  if (attributes.some(({ threshold }) => threshold !== null)) return true
  // Told by an exit status alone: one of a reading in which nothing failed takes it back (smartctl(8), bits 0 to 2).
  return subject === 'smartctl' && exitStatus !== null && (exitStatus & 7) === 0
}
/** By the standard, and not smartctl's guess from an attribute. */
const enduranceTold: WasRead = ({ percentageUsed, percentageUsedGuessed }) =>
  percentageUsed !== null && !percentageUsedGuessed
/** Of NVMe and SCSI also a whole ATA table: such a disk was once read by the wrong name of its protocol. */
const nvme =
  (field: keyof NonNullable<SmartFacts['nvme']>): WasRead =>
  (facts) =>
    facts.nvme?.[field] != null || facts.attributes.length > 0
const scsi =
  (...fields: (keyof NonNullable<SmartFacts['scsi']>)[]): WasRead =>
  (facts) =>
    facts.attributes.length > 0 || fields.every((field) => facts.scsi?.[field] != null)
/** The disk's own word, of the protocol that told the finding: through a bridge that speaks SCSI an ATA disk says less. */
const selfAssessment: WasRead = ({ passed, passedGuessed, protocol }, { subject }) =>
  passed !== null && !passedGuessed && !(subject === 'ATA' && protocol === 'SCSI')
const temperature: WasRead = ({ temperature: celsius }) => celsius !== null
/** Of a script; where an agent reads the disk, what the disk says of itself. */
const reported: WasRead = ({ reportedStatus, passed }) => reportedStatus !== null || passed !== null

/** Where each finding comes from: whether a reading holds what it is made of. Others are not findings of S.M.A.R.T. */
const SOURCES = new Map<ReasonCode, WasRead>([
  ['SMART_FAILED', selfAssessment],
  ['REPORTED_FAILED', reported],
  ['REPORTED_WARNING', reported],
  ['TEMPERATURE_HIGH', temperature],
  ['TEMPERATURE_CRITICAL', temperature],
  ['ATTRIBUTE_FAILING_NOW', itsThreshold],
  ['ATTRIBUTE_FAILED_BEFORE', itsThreshold],
  ['LIFE_LEFT_LOW', (facts, found) => enduranceTold(facts, found) || itsAttribute(facts, found)],
  ['REALLOCATED_SECTORS', witnessed(5, 'reallocated')],
  ['REALLOCATED_GROWING', witnessed(5, 'reallocated')],
  ['REALLOCATED_STABLE', witnessed(5, 'reallocated')],
  ['COUNTER_DISPUTED', itsAttribute],
  ['RESERVE_LOW', (facts, found) => itsAttribute(facts, found) && itsThreshold(facts, found)],
  ['RESERVE_FALLING', itsAttribute],
  ['HELIUM_LOW', (facts, found) => itsAttribute(facts, found) && itsThreshold(facts, found)],
  ['WORSENING_FAST', ({ attributes, scsi }) => attributes.length > 0 || scsi?.grownDefects != null],
  [
    'SPARE_SECTORS_LOW',
    ({ attributes }) => attributes.some(({ id, value, threshold }) => id === 5 && value !== null && threshold !== null),
  ],
  ['SPIN_RETRIES', attribute(10)],
  ['END_TO_END_ERRORS', attribute(184)],
  ['REPORTED_UNCORRECTABLE', witnessed(187, 'uncorrectable')],
  ['START_FAILURES', ({ statistics }) => statistics?.startFailures != null],
  ['COMMAND_TIMEOUTS_GROWING', attribute(188)],
  ['REALLOCATION_EVENTS', attribute(196)],
  ['PENDING_SECTORS', attribute(197)],
  ['PENDING_DEFECTS', ({ pendingDefects }) => pendingDefects !== null],
  ['REALLOCATION_CANDIDATES', ({ statistics }) => statistics?.candidates != null],
  [
    'SIGNS_AGREE',
    (facts, found) =>
      attribute(197)(facts, found) || facts.pendingDefects !== null || facts.statistics?.candidates != null,
  ],
  ['OFFLINE_UNCORRECTABLE', attribute(198)],
  ['CRC_ERRORS_GROWING', attribute(199)],
  ['ERROR_LOG_GROWING', ({ errorLogCount }) => errorLogCount !== null],
  ['SELF_TEST_FAILED', ({ selfTestLogRead }) => selfTestLogRead],
  ['ENDURANCE_USED', enduranceTold],
  ['NVME_SPARE_EXHAUSTED', nvme('availableSpare')],
  ['NVME_SPARE_LOW', nvme('availableSpare')],
  ['NVME_SPARE_FALLING', nvme('availableSpare')],
  ['NVME_WARNING_SPARE', nvme('criticalWarning')],
  ['NVME_WARNING_TEMPERATURE', nvme('criticalWarning')],
  ['NVME_WARNING_RELIABILITY', nvme('criticalWarning')],
  ['NVME_WARNING_READ_ONLY', nvme('criticalWarning')],
  ['NVME_WARNING_BACKUP', nvme('criticalWarning')],
  ['NVME_WARNING_MEMORY_REGION', nvme('criticalWarning')],
  ['MEDIA_ERRORS', nvme('mediaErrors')],
  ['MEDIA_ERRORS_GROWING', nvme('mediaErrors')],
  ['SCSI_WARNING', selfAssessment],
  ['GROWN_DEFECTS', scsi('grownDefects')],
  ['GROWN_DEFECTS_GROWING', scsi('grownDefects')],
  ['UNCORRECTED_ERRORS', scsi('readUncorrected', 'writeUncorrected')],
  ['UNCORRECTED_VERIFIES', scsi('verifyUncorrected')],
])

const rankOf = ({ severity }: Reason): number => SEVERITY_ORDER.indexOf(severity)

/** The findings that a disk had, and when they were read. */
interface Findings {
  reasons: readonly Reason[]
  lastReadAt: Date | null
}

/**
 * A verdict with what was found before and not read again. The absence of a counter is no better value of it: a finding
 * goes when its own source was read again and is better, and until then it counts, which the verdict says.
 */
export function withUnread(judged: Verdict, before: Findings, facts: SmartFacts | null): Verdict {
  const kept = before.reasons.filter((found) => {
    const { code, severity } = found
    const wasRead = SOURCES.get(code as ReasonCode)
    // A milder word of the same code may come of another witness.
    const isNew = judged.reasons.some(
      (other) => other.code === code && rankOf(other) >= SEVERITY_ORDER.indexOf(severity),
    )
    return severity !== Severity.INFO && wasRead && !isNew && !(facts && wasRead(facts, found))
  })
  if (kept.length === 0) return judged
  const reasons = worstFirst([
    // Which log is missing is said by what it told.
    ...judged.reasons.filter(({ code }) => code !== 'SOURCE_NOT_READ' && !kept.some((each) => each.code === code)),
    ...notReadAgain(kept, before.lastReadAt),
    reason('FINDINGS_NOT_READ_AGAIN', Severity.INFO, kept.length),
  ])
  const health = worstHealth(reasons)
  return { health: health === Health.OK ? judged.health : health, reasons }
}
