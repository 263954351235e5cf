import { DiskType } from '../disk-words.ts'
import { Severity } from '../../reasons/reason.ts'
import { tellsLife } from './life.ts'
import { TEMPERATURE_BIT } from './nvme.ts'
import { reason, type Rule } from './rule.ts'
import { isMereWarning } from './scsi.ts'

const { INFO, WARNING, AT_RISK, FAILED } = Severity
const HYSTERESIS = 5
const FIVE_YEARS = 5 * 8766

/**
 * smartctl's exit bit 3 says the same as `passed: false`. A hot NVMe disk is not a failed one: its own bit decides. Nor is
 * a SAS disk that warns: smartctl calls each word of the informational exceptions page a failure, the standard does not.
 */
const overall: Rule = ({ facts }) => {
  const failing = facts.passed === false || ((facts.exitStatus ?? 0) & 8) !== 0
  const onlyHot = facts.nvme?.criticalWarning === TEMPERATURE_BIT
  const onlyWarns = facts.scsi !== null && isMereWarning(facts.scsi.sense)
  return failing && !onlyHot && !onlyWarns ? [reason('SMART_FAILED', FAILED, null, null, facts.protocol)] : []
}

/** The drive's own limits are the warmest that is allowed; without them 50 and 60 °C for platters, 70 and 80 °C for flash. */
const temperature: Rule = ({ facts, type, presentCodes }) => {
  const celsius = facts.temperature
  if (celsius === null) return []
  const flash = type === DiskType.SSD || type === DiskType.NVME
  const operating = facts.temperatureLimits.warning ?? (flash ? 69 : 49)
  const hot = facts.temperatureLimits.critical ?? operating + 10
  const warm = Math.min(operating, hot)
  const wasHot = presentCodes.includes('TEMPERATURE_CRITICAL')
  const wasWarm = wasHot || presentCodes.includes('TEMPERATURE_HIGH')
  if (celsius > hot - (wasHot ? HYSTERESIS : 0)) return [reason('TEMPERATURE_CRITICAL', AT_RISK, celsius, hot)]
  if (celsius > warm - (wasWarm ? HYSTERESIS : 0)) return [reason('TEMPERATURE_HIGH', WARNING, celsius, warm)]
  return []
}

/** What smartctl guesses from one attribute is not asked where an attribute tells the life that is left. */
const endurance: Rule = (evidence) => {
  const { facts, type } = evidence
  const used = facts.percentageUsed
  if (used === null || used < 80 || type === DiskType.HDD) return []
  if (facts.percentageUsedGuessed && tellsLife(evidence)) return []
  return [used >= 100 ? reason('ENDURANCE_USED', AT_RISK, used, 100) : reason('ENDURANCE_USED', WARNING, used, 80)]
}

const age: Rule = ({ facts }) =>
  (facts.powerOnHours ?? 0) > FIVE_YEARS ? [reason('POWER_ON_OLD', INFO, facts.powerOnHours, FIVE_YEARS)] : []

const selfTest: Rule = ({ facts }) => {
  if (facts.selfTest === 'FAILED') return [reason('SELF_TEST_FAILED', AT_RISK)]
  const logged = facts.selfTest === null && ((facts.exitStatus ?? 0) & 128) !== 0
  return logged ? [reason('SELF_TEST_ERRORS_LOGGED', INFO)] : []
}

/** What told of the disk within a month and tells no more: then "good" rests on less, which must be said. */
const lostSources: Rule = ({ facts, history }) => {
  const before = Object.keys(history.month?.counters ?? {})
  const had = (...codes: string[]): boolean => codes.some((code) => before.includes(code))
  const lost = [
    before.some((code) => /^\d+$/.test(code)) && facts.attributes.length === 0 ? 'attributes' : null,
    had('media_errors', 'available_spare') &&
    facts.nvme?.mediaErrors == null &&
    facts.nvme?.availableSpare == null &&
    facts.attributes.length === 0
      ? 'nvme'
      : null,
    had('grown_defects', 'read_uncorrected') &&
    facts.scsi?.grownDefects == null &&
    facts.scsi?.readUncorrected == null &&
    facts.attributes.length === 0
      ? 'scsi'
      : null,
  ]
  return lost.flatMap((source) => (source ? [reason('SOURCE_NOT_READ', INFO, null, null, source)] : []))
}

export const anyDiskRules: Rule[] = [overall, selfTest, temperature, endurance, age, lostSources]
