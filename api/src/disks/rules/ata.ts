import { Severity, type Reason } from '../../reasons/reason.ts'
import type { AtaAttribute } from '../smart-facts.ts'
import { lifeRules } from './life.ts'
import { attribute, byAttribute, countedBefore, grownSince, reason, type Rule } from './rule.ts'
import { isFlash, STATISTICS, surfaceRules } from './surface.ts'

const { INFO, WARNING, AT_RISK, FAILED } = Severity

/** A threshold that the vendor set, met now or before. Exit bits 4 and 5 tell the same where no table was read. */
const thresholds: Rule = ({ facts }) => {
  const found = facts.attributes.flatMap((entry): Reason[] => {
    const { name, value, worst, threshold, whenFailed, prefailure } = entry
    if (whenFailed === 'NOW')
      return [
        byAttribute(entry, reason('ATTRIBUTE_FAILING_NOW', prefailure ? FAILED : WARNING, value, threshold, name)),
      ]
    // A hot day can never be taken back.
    if (whenFailed === 'PAST')
      return [
        byAttribute(
          entry,
          reason('ATTRIBUTE_FAILED_BEFORE', isTemperature(entry) ? INFO : WARNING, worst, threshold, name),
        ),
      ]
    return []
  })
  const bits = facts.exitStatus ?? 0
  if (facts.attributes.length === 0 && bits & 16)
    found.push(reason('ATTRIBUTE_FAILING_NOW', FAILED, null, null, 'smartctl'))
  if (facts.attributes.length === 0 && bits & 32)
    found.push(reason('ATTRIBUTE_FAILED_BEFORE', WARNING, null, null, 'smartctl'))
  return found
}
const isTemperature = ({ name }: AtaAttribute): boolean => /Temp/i.test(name)

const spinRetries: Rule = (evidence) => {
  const raw = isFlash(evidence.type) ? 0 : (attribute(evidence, 10, /Spin_Retry/i)?.raw ?? 0)
  return raw >= 1 ? [reason('SPIN_RETRIES', AT_RISK, raw, 1)] : []
}

const startFailures: Rule = ({ facts, history }) => {
  const count = facts.statistics?.startFailures ?? 0
  if (count === 0) return []
  const before = grownSince(count, countedBefore(history.month, 'statistics_startFailures'))
  return [reason('START_FAILURES', before === null ? INFO : AT_RISK, count, before)]
}

const endToEnd: Rule = (evidence) => {
  const raw = attribute(evidence, 184, /End-to-End/i)?.raw ?? 0
  return raw >= 1 ? [reason('END_TO_END_ERRORS', isFlash(evidence.type) ? WARNING : AT_RISK, raw, 1)] : []
}

const crcErrors: Rule = (evidence) => {
  const raw = attribute(evidence, 199, /CRC/i)?.raw ?? 0
  if (raw < 1) return []
  const before = grownSince(raw, countedBefore(evidence.history.month, '199'))
  return before === null ? [reason('CRC_ERRORS', INFO, raw, 1)] : [reason('CRC_ERRORS_GROWING', WARNING, raw, before)]
}

/** Seagate packs three 16 bit counters into attribute 188: "12 12 12" is 51540393996. The low word counts timeouts. */
const commandTimeouts: Rule = (evidence) => {
  const packed = attribute(evidence, 188, /Timeout/i)?.packed ?? 0
  if (packed <= 0) return []
  const low = packed % 65536
  const before = countedBefore(evidence.history.week, '188')
  const grown = before === null ? 0 : low - (before % 65536)
  return grown > 10 ? [reason('COMMAND_TIMEOUTS_GROWING', WARNING, grown, 10)] : [reason('COMMAND_TIMEOUTS', INFO, low)]
}

/** A sealed disk that loses its helium is on its way out. The raw value may be packed; the normalised one is per cent. */
const helium: Rule = ({ facts }) =>
  facts.attributes
    .filter(({ id, name }) => [22, 23, 24].includes(id) && /Helium/i.test(name))
    .flatMap((entry): Reason[] => {
      const { value, threshold, name } = entry
      if (value === null || value < 1 || value >= 100) return []
      const nearlyOut = threshold !== null && threshold > 0 && value <= threshold + (100 - threshold) / 4
      return [byAttribute(entry, reason('HELIUM_LOW', nearlyOut ? AT_RISK : WARNING, value, threshold, name))]
    })

const errorLog: Rule = ({ facts, history }) => {
  const count = facts.errorLogCount ?? 0
  if (count <= 0) return []
  const before = grownSince(count, countedBefore(history.month, 'error_log'))
  return before === null ? [reason('ERROR_LOG', INFO, count)] : [reason('ERROR_LOG_GROWING', WARNING, count, before)]
}

const byName: Rule[] = [...surfaceRules, ...lifeRules, spinRetries, endToEnd, helium]

/** What every hard disk means by 5, 187, 197 and 198; the rest is what a default name guesses. */
const SURE_OF_PLATTERS = new Set<string>([
  'REALLOCATED_SECTORS',
  'REALLOCATED_GROWING',
  'REALLOCATED_STABLE',
  'REPORTED_UNCORRECTABLE',
  'PENDING_SECTORS',
  'OFFLINE_UNCORRECTABLE',
  'SIGNS_AGREE',
  'WORSENING_FAST',
])
/** Told by the standard's logs, whatever the model. */
const SURE = new Set<string>(['PENDING_DEFECTS', 'REALLOCATION_CANDIDATES'])
const LOWER: Partial<Record<Severity, Severity>> = { [AT_RISK]: WARNING, [WARNING]: INFO }

/** Of a model that the drive database does not know an attribute's name is a default: its claim weighs one step less. */
const named: Rule = (evidence) => {
  const found = byName.flatMap((rule) => rule(evidence))
  if (evidence.facts.inDatabase !== false) return found
  return found.map((each) => {
    const bySource = SURE.has(each.code) || each.subject === STATISTICS
    const isSure = bySource || (!isFlash(evidence.type) && SURE_OF_PLATTERS.has(each.code))
    return isSure ? each : { ...each, severity: LOWER[each.severity] ?? each.severity }
  })
}

export const ataRules: Rule[] = [thresholds, named, startFailures, crcErrors, commandTimeouts, errorLog]
