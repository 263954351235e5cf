import { DiskType } from '../disk-words.ts'
import { Severity, type Reason } from '../../reasons/reason.ts'
import type { ReasonCode } from '../../reasons/sentence.ts'
import type { AtaAttribute } from '../smart-facts.ts'
import { countedBefore, type Evidence, reason, type Rule } from './rule.ts'

const { INFO, WARNING, AT_RISK, FAILED } = Severity

interface CounterRule {
  /** Attribute id, as in the drive database of smartmontools. */
  id: number
  /** The name must match too: vendors give the same id to other things. */
  name: RegExp
  /** From this raw value on, this severity; ascending. */
  hdd: [from: number, severity: Severity][]
  ssd: [from: number, severity: Severity][]
  code: ReasonCode
  /** What growth within 30 days means; null = nothing more. */
  grows: { code: ReasonCode; hdd: Severity; ssd: Severity } | null
}

// Backblaze finds that failed drives mostly had one of 5, 187, 188, 197, 198 above zero (disks.md §3.1).
// prettier-ignore
const COUNTERS: CounterRule[] = [
  { id: 5, name: /Realloc/i, hdd: [[1, WARNING], [16, AT_RISK]], ssd: [[1, INFO]], code: 'REALLOCATED_SECTORS',
    grows: { code: 'REALLOCATED_GROWING', hdd: AT_RISK, ssd: WARNING } },
  { id: 187, name: /Uncorrect/i, hdd: [[1, WARNING], [2, AT_RISK]], ssd: [[1, WARNING], [2, AT_RISK]], code: 'REPORTED_UNCORRECTABLE',
    grows: { code: 'REPORTED_UNCORRECTABLE', hdd: AT_RISK, ssd: AT_RISK } },
  { id: 197, name: /Pending/i, hdd: [[1, AT_RISK]], ssd: [[1, AT_RISK]], code: 'PENDING_SECTORS', grows: null },
  { id: 198, name: /Uncorrect/i, hdd: [[1, AT_RISK]], ssd: [[1, AT_RISK]], code: 'OFFLINE_UNCORRECTABLE', grows: null },
  { id: 10, name: /Spin_Retry/i, hdd: [[1, AT_RISK]], ssd: [], code: 'SPIN_RETRIES', grows: null },
  { id: 184, name: /End-to-End/i, hdd: [[1, AT_RISK]], ssd: [[1, WARNING]], code: 'END_TO_END_ERRORS', grows: null },
  { id: 199, name: /CRC/i, hdd: [[1, INFO]], ssd: [[1, INFO]], code: 'CRC_ERRORS',
    grows: { code: 'CRC_ERRORS_GROWING', hdd: WARNING, ssd: WARNING } },
]

const LIFE_LEFT_IDS = [169, 173, 177, 202, 231, 233]
const LIFE_LEFT_NAME = /Life|Wear|Remain/i

const solidState = (type: DiskType): boolean => type === DiskType.SSD || type === DiskType.NVME

const attribute = ({ facts }: Evidence, id: number, name: RegExp): AtaAttribute | undefined =>
  facts.attributes.find((entry) => entry.id === id && name.test(entry.name))

/** A threshold that the vendor set, met now or before. Exit bits 4 and 5 tell the same where no table was read. */
const thresholds: Rule = ({ facts }) => {
  const found = facts.attributes.flatMap((entry): Reason[] => {
    if (entry.whenFailed === 'NOW') {
      return [
        reason('ATTRIBUTE_FAILING_NOW', entry.prefailure ? FAILED : WARNING, entry.value, entry.threshold, entry.name),
      ]
    }
    if (entry.whenFailed === 'PAST')
      return [reason('ATTRIBUTE_FAILED_BEFORE', WARNING, entry.worst, entry.threshold, entry.name)]
    return []
  })
  const bits = facts.exitStatus ?? 0
  if (facts.attributes.length === 0 && bits & 16)
    found.push(reason('ATTRIBUTE_FAILING_NOW', FAILED, null, null, 'smartctl'))
  if (facts.attributes.length === 0 && bits & 32)
    found.push(reason('ATTRIBUTE_FAILED_BEFORE', WARNING, null, null, 'smartctl'))
  return found
}

const counters: Rule = (evidence) =>
  COUNTERS.flatMap((rule): Reason[] => {
    const raw = attribute(evidence, rule.id, rule.name)?.raw ?? null
    if (raw === null) return []
    const steps = solidState(evidence.type) ? rule.ssd : rule.hdd
    const met = steps.findLast(([from]) => raw >= from)
    const before = countedBefore(evidence.before, String(rule.id))
    const growth = rule.grows && before !== null && raw > before ? rule.grows : null
    const grown = growth && (solidState(evidence.type) ? growth.ssd : growth.hdd)
    if (growth && grown && (!met || order(grown) >= order(met[1]))) {
      return [reason(growth.code, grown, raw, before)]
    }
    return met ? [reason(rule.code, met[1], raw, met[0])] : []
  })

const order = (severity: Severity): number => [INFO, WARNING, AT_RISK, FAILED].indexOf(severity)

/** Reallocation events count attempts, failed ones too; where attribute 5 speaks, they would say it twice. */
const reallocationEvents: Rule = (evidence) => {
  const raw = attribute(evidence, 196, /Realloc/i)?.raw ?? 0
  const told = (attribute(evidence, 5, /Realloc/i)?.raw ?? 0) > 0
  return raw >= 1 && !told ? [reason('REALLOCATION_EVENTS', solidState(evidence.type) ? INFO : WARNING, raw, 1)] : []
}

const pendingHealed: Rule = (evidence) => {
  const now = attribute(evidence, 197, /Pending/i)?.raw
  const before = countedBefore(evidence.before, '197') ?? 0
  return now === 0 && before > 0 ? [reason('PENDING_HEALED', INFO, before)] : []
}

/** Solid state: reallocation matters when the reserve comes near the threshold. */
const spareSectors: Rule = (evidence) => {
  const entry = attribute(evidence, 5, /Realloc/i)
  if (!solidState(evidence.type) || !entry || (entry.raw ?? 0) < 1 || entry.value === null || !entry.threshold)
    return []
  return entry.value <= entry.threshold + 10 ? [reason('SPARE_SECTORS_LOW', AT_RISK, entry.value, entry.threshold)] : []
}

/** Seagate packs three 16 bit counters into attribute 188: "12 12 12" is 51540393996. The low word counts timeouts. */
const commandTimeouts: Rule = (evidence) => {
  const packed = attribute(evidence, 188, /Timeout/i)?.packed ?? 0
  if (packed <= 0) return []
  const low = packed % 65536
  const before = countedBefore(evidence.beforeWeek, '188')
  const grown = before === null ? 0 : low - (before % 65536)
  return grown > 10 ? [reason('COMMAND_TIMEOUTS_GROWING', WARNING, grown, 10)] : [reason('COMMAND_TIMEOUTS', INFO, low)]
}

/** The normalised value of these attributes is the life left in per cent. Device statistics say it better, where they are. */
const lifeLeft: Rule = (evidence) => {
  if (evidence.facts.percentageUsed !== null || evidence.type === DiskType.HDD) return []
  const candidates = evidence.facts.attributes.filter(
    (entry) =>
      LIFE_LEFT_IDS.includes(entry.id) && LIFE_LEFT_NAME.test(entry.name) && entry.value !== null && entry.value <= 100,
  )
  const least = candidates.toSorted((a, b) => (a.value ?? 0) - (b.value ?? 0))[0]
  if (least?.value === undefined || least.value === null || least.value > 20) return []
  const critical = least.value <= 5
  return [reason('LIFE_LEFT_LOW', critical ? AT_RISK : WARNING, least.value, critical ? 5 : 20, least.name)]
}

const errorLog: Rule = ({ facts, before }) => {
  const count = facts.errorLogCount ?? 0
  if (count <= 0) return []
  const earlier = countedBefore(before, 'error_log')
  return earlier !== null && count > earlier
    ? [reason('ERROR_LOG_GROWING', WARNING, count, earlier)]
    : [reason('ERROR_LOG', INFO, count)]
}

export const ataRules: Rule[] = [
  thresholds,
  counters,
  reallocationEvents,
  pendingHealed,
  spareSectors,
  commandTimeouts,
  lifeLeft,
  errorLog,
]
