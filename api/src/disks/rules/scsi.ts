import { Severity } from '../../reasons/reason.ts'
import { countedBefore, reason, type Rule } from './rule.ts'

const { WARNING, AT_RISK } = Severity

const grownDefects: Rule = ({ facts, before }) => {
  const defects = facts.scsi?.grownDefects ?? 0
  if (defects < 1) return []
  const earlier = countedBefore(before, 'grown_defects')
  if (earlier !== null && defects > earlier) return [reason('GROWN_DEFECTS_GROWING', AT_RISK, defects, earlier)]
  return [defects >= 50 ? reason('GROWN_DEFECTS', AT_RISK, defects, 50) : reason('GROWN_DEFECTS', WARNING, defects, 1)]
}

const uncorrected: Rule = ({ facts }) => {
  const errors = (facts.scsi?.readUncorrected ?? 0) + (facts.scsi?.writeUncorrected ?? 0)
  const verifies = facts.scsi?.verifyUncorrected ?? 0
  return [
    ...(errors >= 1 ? [reason('UNCORRECTED_ERRORS', AT_RISK, errors, 1)] : []),
    ...(verifies >= 1 ? [reason('UNCORRECTED_VERIFIES', WARNING, verifies, 1)] : []),
  ]
}

export const scsiRules: Rule[] = [grownDefects, uncorrected]
