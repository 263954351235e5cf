import { isControllerType } from '@vigie/agent/report'
import {
  asArray,
  asBoolean,
  asCount,
  asInt,
  asNumber,
  asObject,
  asSerial,
  asText,
  asWhole,
  dig,
  type JsonObject,
} from '../platform/json.ts'
import { readEndurance, readStatistics, specifiedMaximum } from './device-statistics.ts'
import type { AtaAttribute, NvmeHealth, ScsiHealth, SmartFacts } from './smart-facts.ts'

/**
 * Reads what `smartctl --json` printed, whatever its exit status (smartctl(8), "EXIT STATUS"): most bits do not mean
 * that the document is worthless. Returns null where the JSON is no smartctl document at all.
 */
export function readSmartctl(json: unknown): SmartFacts | null {
  const doc = asObject(json)
  if (!doc) return null
  const messages = asArray(dig(doc, 'smartctl', 'messages')).flatMap((message) => asText(dig(message, 'string')) ?? [])
  const protocol = readProtocol(doc)
  const model =
    asText(doc['model_name']) ??
    joined(doc['scsi_vendor'] ?? doc['vendor'], doc['scsi_product'] ?? doc['product']) ??
    asText(doc['scsi_model_name']) ??
    asText(doc['model_family'])
  const nvme = protocol === 'NVME' ? readNvme(doc) : null
  const scsi = protocol === 'SCSI' ? readScsi(doc) : null
  const facts: SmartFacts = {
    protocol,
    serial: asSerial(doc['serial_number']),
    model,
    wwn: readWwn(doc),
    firmware: asText(doc['firmware_version']) ?? asText(doc['scsi_revision']) ?? asText(doc['revision']),
    capacityBytes: readCapacity(doc),
    rotationRpm: asInt(doc['rotation_rate']) ?? (protocol === 'NVME' ? 0 : null),
    standIn: readStandIn(doc, model, messages),
    smartAvailable: asBoolean(dig(doc, 'smart_support', 'available')) ?? asBoolean(doc['smart_support']),
    asleep: messages.some((message) => /^Device is in .+ mode, exit\(\d+\)/.test(message)),
    exitStatus: asWhole(dig(doc, 'smartctl', 'exit_status')),
    messages,
    reportedStatus: null,
    // What smartctl makes of a blank log is no word of the disk.
    passed: isBlank(doc['nvme_smart_health_information_log']) ? null : asBoolean(dig(doc, 'smart_status', 'passed')),
    // smartctl's ataprint.cpp, where SMART RETURN STATUS failed or brought nothing.
    passedGuessed: messages.some((message) => /result is based on an attribute check/i.test(message)),
    temperature: readTemperature(doc),
    temperatureLimits: readTemperatureLimits(doc),
    powerOnHours: readPowerOnHours(doc),
    attributes: asArray(dig(doc, 'ata_smart_attributes', 'table')).flatMap(readAttribute),
    errorLogCount:
      asWhole(dig(doc, 'ata_smart_error_log', 'extended', 'count')) ??
      asWhole(dig(doc, 'ata_smart_error_log', 'summary', 'count')),
    selfTest: readSelfTests(doc),
    selfTestLogRead: isSelfTestLogRead(doc),
    ...readEndurance(doc, protocol),
    family: asText(doc['model_family']),
    inDatabase: asBoolean(doc['in_smartctl_database']),
    statistics: readStatistics(doc),
    pendingDefects:
      asCount(dig(doc, 'ata_pending_defects_log', 'count')) ?? asCount(dig(doc, 'scsi_pending_defects', 'count')),
    nvme,
    scsi,
  }
  const isSmartctl =
    asObject(doc['smartctl']) || facts.serial || facts.wwn || facts.passed !== null || facts.attributes.length > 0
  return isSmartctl || nvme || scsi ? facts : null
}

function readProtocol(doc: JsonObject): SmartFacts['protocol'] {
  const told = asText(dig(doc, 'device', 'protocol'))?.toUpperCase()
  if (told === 'ATA' || told === 'SCSI') return told
  if (told === 'NVME' || doc['nvme_smart_health_information_log']) return 'NVME'
  if (doc['ata_smart_attributes'] || doc['ata_smart_data'] || doc['sata_version']) return 'ATA'
  if (doc['scsi_grown_defect_list'] !== undefined || doc['scsi_error_counter_log'] || doc['scsi_version']) return 'SCSI'
  return null
}

const joined = (...words: unknown[]): string | null => words.flatMap((word) => asText(word) ?? []).join(' ') || null

/**
 * The World Wide Name as hexadecimal digits. smartctl prints ATA names as {naa, oui, id} whose whole passes 2^53, so the
 * digits are put together as text. All zeros is no name.
 */
function readWwn(doc: JsonObject): string | null {
  const naa = asWhole(dig(doc, 'wwn', 'naa'))
  const oui = asWhole(dig(doc, 'wwn', 'oui'))
  const id = asWhole(dig(doc, 'wwn', 'id'))
  if (naa !== null && oui !== null && id !== null) {
    if (naa === 0 && oui === 0 && id === 0) return null
    return naa.toString(16) + oui.toString(16).padStart(6, '0') + id.toString(16).padStart(9, '0')
  }
  const logicalUnit = asText(doc['logical_unit_id'])
  if (logicalUnit) return logicalUnit.toLowerCase().replace(/^0x/, '')
  const namespaces = asArray(doc['nvme_namespaces'])
  const eui = dig(namespaces[0], 'eui64')
  const euiOui = asWhole(dig(eui, 'oui'))
  const euiId = asWhole(dig(eui, 'ext_id'))
  if (euiOui === null || euiId === null || (euiOui === 0 && euiId === 0)) return null
  return `eui.${euiOui.toString(16).padStart(6, '0')}${euiId.toString(16).padStart(10, '0')}`
}

function readCapacity(doc: JsonObject): number | null {
  const bytes = asWhole(doc['nvme_total_capacity']) || asWhole(dig(doc, 'user_capacity', 'bytes'))
  return bytes && bytes > 0 ? bytes : null
}

const VIRTUAL =
  /\b(QEMU|VBOX|VMware|Virtual[ _-]?(disk|HD|I)|virtio|Msft Virtual|IET VIRTUAL|XEN|BHYVE|NUTANIX|Google PersistentDisk|Amazon Elastic Block)/i
const RAID_VOLUME =
  /\b(PERC|MegaRAID|LOGICAL[ _]VOLUME|ServeRAID|RAID ?\d|Virtual Drive|MR\d{4}|AVAGO|ARC-\d|Areca|Adaptec|Smart Array|DELLBOSS|MARVELL Raid)\b/i

function readStandIn(doc: JsonObject, model: string | null, messages: string[]): SmartFacts['standIn'] {
  const behindController = isControllerType(asText(dig(doc, 'device', 'type')) ?? '')
  if (model && VIRTUAL.test(model)) return 'VIRTUAL'
  if (model && RAID_VOLUME.test(model) && !behindController) return 'RAID_VOLUME'
  const undetected = /Unknown USB bridge|Unable to detect device type|please specify device type/i
  return messages.some((message) => undetected.test(message)) ? 'NO_DEVICE_TYPE' : null
}

/** 0 and more than 120 °C are what devices answer that do not know. */
const plausibleTemperature = (value: unknown): number | null => {
  const celsius = asWhole(value)
  return celsius !== null && celsius !== 0 && celsius >= -40 && celsius <= 120 ? celsius : null
}

/** No disk is made to run below what a room may have in summer: such a limit is another number. */
const LEAST_LIMIT = 40
const plausibleLimit = (value: unknown): number | null => {
  const celsius = plausibleTemperature(value)
  return celsius !== null && celsius >= LEAST_LIMIT ? celsius : null
}

const readTemperature = (doc: JsonObject): number | null =>
  plausibleTemperature(dig(doc, 'temperature', 'current')) ??
  plausibleTemperature(dig(doc, 'scsi_environmental_reports', 'temperature_1', 'current')) ??
  plausibleTemperature(dig(doc, 'nvme_smart_health_information_log', 'temperature'))

function readTemperatureLimits(doc: JsonObject): SmartFacts['temperatureLimits'] {
  const nvme = dig(doc, 'nvme_composite_temperature_threshold')
  return {
    warning:
      plausibleLimit(dig(doc, 'temperature', 'op_limit_max')) ??
      plausibleLimit(specifiedMaximum(doc)) ??
      plausibleLimit(dig(nvme, 'warning')),
    // SCSI's "drive trip" is no limit: SPC-5 calls it the reference temperature, up to which the disk may run for ever.
    critical: plausibleLimit(dig(doc, 'temperature', 'critical_limit_max')) ?? plausibleLimit(dig(nvme, 'critical')),
  }
}

function readPowerOnHours(doc: JsonObject): number | null {
  const hours =
    asWhole(dig(doc, 'power_on_time', 'hours')) ??
    asWhole(dig(doc, 'nvme_smart_health_information_log', 'power_on_hours'))
  // 2^31 hours are 245,000 years: a counter like that is packed, not hours.
  return hours !== null && hours >= 0 && hours < 2 ** 31 ? hours : null
}

function readAttribute(entry: unknown): AtaAttribute[] {
  const id = asWhole(dig(entry, 'id'))
  if (id === null || id < 1 || id > 255) return []
  const packed = asNumber(dig(entry, 'raw', 'value'))
  const printed = /\d+/.exec(asText(dig(entry, 'raw', 'string')) ?? '')?.[0]
  const first =
    printed === undefined || /^\s*0x/i.test(String(dig(entry, 'raw', 'string'))) ? null : asNumber(Number(printed))
  const whenFailed = asText(dig(entry, 'when_failed'))?.toLowerCase() ?? ''
  return [
    {
      id,
      name: asText(dig(entry, 'name')) ?? 'Unknown_Attribute',
      value: asInt(dig(entry, 'value')),
      worst: asInt(dig(entry, 'worst')),
      threshold: asInt(dig(entry, 'thresh')),
      raw: first ?? packed,
      packed,
      // "now" and "past" in JSON, FAILING_NOW and In_the_past in the text of the same program.
      whenFailed: /now/.test(whenFailed) ? 'NOW' : /past/.test(whenFailed) ? 'PAST' : null,
      prefailure: asBoolean(dig(entry, 'flags', 'prefailure')) ?? false,
    },
  ]
}

/** ATA8-ACS self-test execution status: the upper four bits; 0 = without error, 3 to 8 = failed, else not completed. */
const ataTestFailed = (status: unknown): boolean | null => {
  const code = asWhole(dig(status, 'value'))
  if (code === null) return invert(asBoolean(dig(status, 'passed')))
  const upper = code > 15 ? code >> 4 : code === 0 ? 0 : 15
  return upper === 0 ? false : upper >= 3 && upper <= 8 ? true : null
}
const invert = (value: boolean | null): boolean | null => (value === null ? null : !value)

function readSelfTests(doc: JsonObject): SmartFacts['selfTest'] {
  const log = asObject(doc['ata_smart_self_test_log'])
  const ata = asArray(dig(log, 'extended', 'table')).length
    ? dig(log, 'extended', 'table')
    : dig(log, 'standard', 'table')
  // Where the log could not be read, the disk still says how its last test ended (ATA8-ACS, SMART READ DATA).
  const last = { extended: false, failed: ataTestFailed(dig(doc, 'ata_smart_data', 'self_test', 'status')) }
  const tests = [
    ...(asArray(ata).length === 0 && last.failed ? [last] : []),
    ...asArray(ata).map((test) => ({
      extended: /extended/i.test(asText(dig(test, 'type', 'string')) ?? ''),
      failed: ataTestFailed(dig(test, 'status')),
    })),
    // SPC-5, self-test results log page: 0 = without error, 3 to 7 = failed. The newest is number 0.
    ...Array.from({ length: 20 }, (_, index) => dig(doc, `scsi_self_test_${index}`))
      .filter((test) => test !== undefined)
      .map((test) => {
        const result = asWhole(dig(test, 'result', 'value'))
        return {
          extended: /extended|long/i.test(asText(dig(test, 'code', 'string')) ?? ''),
          failed: result === 0 ? false : result !== null && result >= 3 && result <= 7 ? true : null,
        }
      }),
    // NVMe 1.4, figure 198: 0 = without error, 5 to 7 = failed.
    ...asArray(dig(doc, 'nvme_self_test_log', 'table')).map((test) => {
      const result = asWhole(dig(test, 'self_test_result', 'value'))
      return {
        extended: /extended/i.test(asText(dig(test, 'self_test_code', 'string')) ?? ''),
        failed: result === 0 ? false : result !== null && result >= 5 && result <= 7 ? true : null,
      }
    }),
  ]
  const completed = tests.filter(({ failed }) => failed !== null)
  const decisive = completed[0]?.failed ? completed[0] : (completed.find(({ extended }) => extended) ?? completed[0])
  return decisive ? (decisive.failed ? 'FAILED' : 'PASSED') : null
}

/** smartctl names a log that it could not read too: with what is in it, if only a count of 0, it was read. */
function isSelfTestLogRead(doc: JsonObject): boolean {
  const log = doc['ata_smart_self_test_log']
  const ata = [dig(log, 'standard'), dig(log, 'extended')]
  const nvme = doc['nvme_self_test_log']
  // Without a test the log of NVMe has no table: then smartctl's bit 2 says whether a command failed.
  const isWhole = ((asWhole(dig(doc, 'smartctl', 'exit_status')) ?? 0) & 4) === 0
  return (
    ata.some((each) => asWhole(dig(each, 'count')) !== null || asArray(dig(each, 'table')).length > 0) ||
    asArray(dig(nvme, 'table')).length > 0 ||
    (nvme !== undefined && isWhole) ||
    doc['scsi_self_test_0'] !== undefined
  )
}

/** Bridges that do not hand the log on answer with zeros: a disk that is 0 K cold and was never on. */
function isBlank(log: unknown): boolean {
  const fields = ['temperature', 'available_spare', 'power_on_hours', 'power_cycles', 'data_units_written']
  return fields.every((field) => dig(log, field) === 0)
}

/** A count of 128 bits: beyond 2^53 its digits are lost, but not that it is many. */
const atLeast = (value: unknown): number | null =>
  typeof value === 'number' && value > Number.MAX_SAFE_INTEGER ? Number.MAX_SAFE_INTEGER : asWhole(value)

function readNvme(doc: JsonObject): NvmeHealth | null {
  const log = doc['nvme_smart_health_information_log']
  if (isBlank(log)) return null
  return {
    criticalWarning: asWhole(dig(log, 'critical_warning')) ?? asWhole(dig(doc, 'smart_status', 'nvme', 'value')),
    availableSpare: asWhole(dig(log, 'available_spare')),
    spareThreshold: asWhole(dig(log, 'available_spare_threshold')),
    mediaErrors: atLeast(dig(log, 'media_errors')),
  }
}

function readScsi(doc: JsonObject): ScsiHealth {
  const uncorrected = (action: string) =>
    asWhole(dig(doc, 'scsi_error_counter_log', action, 'total_uncorrected_errors'))
  return {
    grownDefects: asWhole(doc['scsi_grown_defect_list']),
    readUncorrected: uncorrected('read'),
    writeUncorrected: uncorrected('write'),
    verifyUncorrected: uncorrected('verify'),
    sense: readSense(doc),
  }
}

function readSense(doc: JsonObject): ScsiHealth['sense'] {
  const asc = asWhole(dig(doc, 'smart_status', 'scsi', 'asc'))
  const ascq = asWhole(dig(doc, 'smart_status', 'scsi', 'ascq'))
  return asc ? { asc, ascq: ascq ?? 0 } : null
}
