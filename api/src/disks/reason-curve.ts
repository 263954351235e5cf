import type { Reason } from '../reasons/reason.ts'
import type { ReasonCode } from '../reasons/sentence.ts'
import { STATISTICS } from './rules/surface.ts'

/** Which counter over time shows what a finding tells. */
export interface ReasonCurve {
  /** As `attributeHistory` takes it. */
  attribute: string
  /** Whether the normalised value tells it, and not the raw one. */
  isNormalised: boolean
  /** The line that was crossed, on the same scale; null = there is none, for growth or any count tells it. */
  limit: number | null
}

/** Counters by their raw value; where a standard's statistics told it, those. */
const COUNTED = new Map<ReasonCode, [attribute: string, statistic?: string]>([
  ['REALLOCATED_SECTORS', ['5', 'statistics_reallocated']],
  ['REALLOCATED_GROWING', ['5', 'statistics_reallocated']],
  ['REALLOCATED_STABLE', ['5']],
  ['REPORTED_UNCORRECTABLE', ['187', 'statistics_uncorrectable']],
  ['PENDING_SECTORS', ['197']],
  ['PENDING_DEFECTS', ['pending_defects']],
  ['REALLOCATION_CANDIDATES', ['statistics_candidates']],
  ['REALLOCATION_EVENTS', ['196']],
  ['OFFLINE_UNCORRECTABLE', ['198']],
  ['SPIN_RETRIES', ['10']],
  ['END_TO_END_ERRORS', ['184']],
  ['CRC_ERRORS_GROWING', ['199']],
  ['START_FAILURES', ['statistics_startFailures']],
  ['ERROR_LOG_GROWING', ['error_log']],
  ['MEDIA_ERRORS', ['media_errors']],
  ['MEDIA_ERRORS_GROWING', ['media_errors']],
  ['GROWN_DEFECTS', ['grown_defects']],
  ['GROWN_DEFECTS_GROWING', ['grown_defects']],
])
/** Values that may not pass a limit. */
const LIMITED = new Map<ReasonCode, string>([
  ['TEMPERATURE_HIGH', 'temperature'],
  ['TEMPERATURE_CRITICAL', 'temperature'],
  ['ENDURANCE_USED', 'percentage_used'],
  ['NVME_SPARE_LOW', 'available_spare'],
  ['NVME_SPARE_EXHAUSTED', 'available_spare'],
])
/** Findings by the normalised value of the attribute that told them. */
const NORMALISED = new Set<ReasonCode>([
  'ATTRIBUTE_FAILING_NOW',
  'ATTRIBUTE_FAILED_BEFORE',
  'RESERVE_LOW',
  'RESERVE_FALLING',
  'HELIUM_LOW',
])

/** Null = no counter tells it. Pure. */
export function curveOf({ code, subject, limit, attribute }: Reason): ReasonCurve | null {
  const counted = COUNTED.get(code)
  if (counted) {
    const [raw, statistic] = counted
    const isByStatistics = subject === STATISTICS && statistic !== undefined
    return { attribute: isByStatistics ? statistic : raw, isNormalised: false, limit: null }
  }
  const limited = LIMITED.get(code)
  if (limited) return { attribute: limited, isNormalised: false, limit }
  if (code === 'SPARE_SECTORS_LOW') return { attribute: '5', isNormalised: true, limit }
  if (attribute === undefined || !NORMALISED.has(code)) return null
  return { attribute: String(attribute), isNormalised: true, limit: code === 'RESERVE_FALLING' ? null : limit }
}
