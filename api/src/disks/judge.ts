import { DiskType } from './disk-words.ts'
import { Health, type Verdict, worstHealth } from './health.ts'
import { type Reason, SEVERITY_ORDER, Severity } from '../reasons/reason.ts'
import { anyDiskRules } from './rules/any-disk.ts'
import { ataRules } from './rules/ata.ts'
import { nvmeRules } from './rules/nvme.ts'
import { type Evidence, reason, type Rule } from './rules/rule.ts'
import { scsiRules } from './rules/scsi.ts'
import type { SmartFacts } from './smart-facts.ts'
import type { Counters } from './snapshot.entity.ts'

/** Raised with every change of a rule: disks judged by an older version are judged again after the start. */
export const RULES_VERSION = 4

const RULES: Record<NonNullable<SmartFacts['protocol']>, Rule[]> = { ATA: ataRules, NVME: nvmeRules, SCSI: scsiRules }

/** What a degraded array or pool, or a script, says of the disk: findings from outside of S.M.A.R.T. */
export interface Judging extends Evidence {
  findings?: readonly Reason[]
}

/**
 * Judges one reading. Pure, and monotonic: more errors never give a milder verdict. Good needs a sign of good:
 * the disk's own assessment, or counters that it would have failed by.
 */
export function judge(evidence: Judging): Verdict {
  const { facts } = evidence
  const rules = facts.protocol ? [...anyDiskRules, ...RULES[facts.protocol]] : [...anyDiskRules, ...ataRules]
  const reasons = worstFirst([...rules.flatMap((rule) => rule(evidence)), ...(evidence.findings ?? [])])
  const grave = reasons.some(({ severity }) => severity !== Severity.INFO)
  const why = notJudged(facts)
  if (!grave && why) return { health: why.health, reasons: worstFirst([why.reason, ...reasons]) }
  return { health: worstHealth(reasons), reasons }
}

/** Why a reading without findings is not yet a good one; null where it is. */
function notJudged(facts: SmartFacts): { health: Health; reason: Reason } | null {
  const unsupported = (code: Reason['code'], subject: string | null) => ({
    health: Health.UNSUPPORTED,
    reason: reason(code, Severity.INFO, null, null, subject),
  })
  if (facts.standIn === 'VIRTUAL') return unsupported('VIRTUAL_DISK', facts.model)
  if (facts.standIn === 'RAID_VOLUME') return unsupported('RAID_VOLUME', facts.model)
  if (facts.standIn === 'NO_DEVICE_TYPE') return unsupported('NO_DEVICE_TYPE', facts.messages[0] ?? null)
  if (facts.smartAvailable === false) return unsupported('NO_SMART', null)
  if (facts.passed === true || criticalCountersRead(facts)) return null
  return { health: Health.UNKNOWN, reason: reason('NO_HEALTH_DATA', Severity.INFO) }
}

const criticalCountersRead = (facts: SmartFacts): boolean =>
  facts.attributes.some(({ id, raw }) => [5, 187, 197, 198].includes(id) && raw !== null) ||
  facts.nvme?.criticalWarning != null ||
  facts.scsi?.grownDefects != null ||
  facts.scsi?.readUncorrected != null ||
  facts.statistics?.uncorrectable != null

const FAILING_BITS = 8 | 16 | 32

/** True where the document holds values of the disk's health, and not only its name. */
export const holdsReading = (facts: SmartFacts): boolean =>
  facts.passed !== null ||
  facts.attributes.length > 0 ||
  criticalCountersRead(facts) ||
  ((facts.exitStatus ?? 0) & FAILING_BITS) !== 0

export const worstFirst = (reasons: readonly Reason[]): Reason[] =>
  reasons.toSorted((a, b) => SEVERITY_ORDER.indexOf(b.severity) - SEVERITY_ORDER.indexOf(a.severity))

/** The counters of a reading, by the codes that history and charts use. */
export function countersOf(facts: SmartFacts): Counters {
  const counters: Counters = {}
  for (const { id, value, raw, packed } of facts.attributes) counters[id] = [value, id === 188 ? packed : raw]
  const put = (code: string, value: number | null | undefined): void => {
    if (value !== null && value !== undefined) counters[code] = [null, value]
  }
  put('error_log', facts.errorLogCount)
  put('percentage_used', facts.percentageUsed)
  put('available_spare', facts.nvme?.availableSpare)
  put('media_errors', facts.nvme?.mediaErrors)
  put('critical_warning', facts.nvme?.criticalWarning)
  put('grown_defects', facts.scsi?.grownDefects)
  put('read_uncorrected', facts.scsi?.readUncorrected)
  put('write_uncorrected', facts.scsi?.writeUncorrected)
  put('verify_uncorrected', facts.scsi?.verifyUncorrected)
  put('pending_defects', facts.pendingDefects)
  for (const [name, count] of Object.entries(facts.statistics ?? {})) put(`statistics_${name}`, count)
  return counters
}

export function typeOf(
  facts: SmartFacts | null,
  rotational: boolean | null,
  transport: string | null = null,
): DiskType {
  if (facts?.protocol === 'NVME' || transport === 'nvme') return DiskType.NVME
  const rpm = facts?.rotationRpm ?? null
  if (rpm !== null) return rpm > 0 ? DiskType.HDD : DiskType.SSD
  // Virtual disks call themselves rotational: without a reading only "does not turn" is believed.
  return rotational === false ? DiskType.SSD : DiskType.UNKNOWN
}
