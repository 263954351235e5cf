import { Severity } from '../../reasons/reason.ts'
import type { SmartFacts } from '../smart-facts.ts'
import { countedBefore, reason, type Rule } from './rule.ts'
import { pace, pending } from './surface.ts'

const { WARNING, AT_RISK } = Severity

// SPC-5, additional sense codes of the informational exceptions page: 5Dh predicts the failure, 0Bh warns of what its
// qualifier names, from 80h on in words of the vendor's own.
const FAILURE_PREDICTED = 0x5d
const FALSE_PREDICTION = 0xff
const WARNS = 0x0b
/** Of the disk itself, or of what is written on it: a failed self-test, an unreadable sector, a worn element. */
const GRAVE_WARNINGS = new Set([0x03, 0x04, 0x05, 0x14])

type Sense = NonNullable<SmartFacts['scsi']>['sense']

/** True for what smartctl calls a failure and the standard a warning, or a test of the prediction. */
export const isMereWarning = (sense: Sense): boolean =>
  sense !== null && (sense.asc === WARNS || (sense.asc === FAILURE_PREDICTED && sense.ascq === FALSE_PREDICTION))

const warning: Rule = ({ facts }) => {
  const sense = facts.scsi?.sense ?? null
  if (sense?.asc !== WARNS) return []
  const hex = `ascq=${sense.ascq.toString(16).toUpperCase().padStart(2, '0')}h`
  return [reason('SCSI_WARNING', GRAVE_WARNINGS.has(sense.ascq) ? AT_RISK : WARNING, sense.ascq, null, hex)]
}

const grownDefects: Rule = ({ facts, history }) => {
  const defects = facts.scsi?.grownDefects ?? 0
  if (defects < 1) return []
  const earlier = countedBefore(history.month, 'grown_defects')
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

export const scsiRules: Rule[] = [warning, grownDefects, uncorrected, pending, pace]
