import { Severity } from '../../reasons/reason.ts'
import type { ReasonCode } from '../../reasons/sentence.ts'
import { spareFalling } from './life.ts'
import { countedBefore, reason, type Rule } from './rule.ts'

const { WARNING, AT_RISK, FAILED } = Severity

export const TEMPERATURE_BIT = 0x02

/** Critical Warning, NVM Express Base Specification, SMART / Health Information log. */
const WARNING_BITS: [bit: number, code: ReasonCode, severity: Severity][] = [
  [0x01, 'NVME_WARNING_SPARE', FAILED],
  [TEMPERATURE_BIT, 'NVME_WARNING_TEMPERATURE', WARNING],
  [0x04, 'NVME_WARNING_RELIABILITY', FAILED],
  [0x08, 'NVME_WARNING_READ_ONLY', FAILED],
  [0x10, 'NVME_WARNING_BACKUP', FAILED],
  [0x20, 'NVME_WARNING_MEMORY_REGION', FAILED],
]

const criticalWarning: Rule = ({ facts }) => {
  const bits = facts.nvme?.criticalWarning ?? 0
  return WARNING_BITS.filter(([bit]) => bits & bit).map(([, code, severity]) => reason(code, severity))
}

const spare: Rule = ({ facts }) => {
  const { availableSpare, spareThreshold } = facts.nvme ?? {}
  if (availableSpare == null || spareThreshold == null || spareThreshold < 1 || spareThreshold > 100) return []
  if (availableSpare < spareThreshold) return [reason('NVME_SPARE_EXHAUSTED', FAILED, availableSpare, spareThreshold)]
  const low = availableSpare <= spareThreshold + 10 && availableSpare < 100
  return low ? [reason('NVME_SPARE_LOW', WARNING, availableSpare, spareThreshold)] : []
}

const mediaErrors: Rule = ({ facts, history }) => {
  const errors = facts.nvme?.mediaErrors ?? 0
  if (errors < 1) return []
  const earlier = countedBefore(history.month, 'media_errors')
  return earlier !== null && errors > earlier
    ? [reason('MEDIA_ERRORS_GROWING', AT_RISK, errors, earlier)]
    : [reason('MEDIA_ERRORS', WARNING, errors, 1)]
}

// Error log entries and unsafe shutdowns are never judged: they count harmless commands and pulled plugs.
export const nvmeRules: Rule[] = [criticalWarning, spare, spareFalling, mediaErrors]
