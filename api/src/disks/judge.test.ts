import { describe, expect, test } from 'vitest'
import { ataDocument } from '../../test/builders.ts'
import { NO_BASELINE } from './baseline.ts'
import { DiskType } from './disk-words.ts'
import { countersOf, judge, typeOf } from './judge.ts'
import { readSmartctl } from './smartctl.ts'
import type { SmartFacts } from './smart-facts.ts'
import type { Counters } from './snapshot.entity.ts'

const factsOf = (document: object): SmartFacts => readSmartctl(document) as SmartFacts
const hdd = (raw: Record<number, number> = {}, more = {}) => factsOf(ataDocument({ raw, ...more }))
const ssd = (raw: Record<number, number> = {}) => factsOf(ataDocument({ raw, rotation: 0 }))
const nvme = (log: object, status = {}) =>
  factsOf({
    smartctl: { exit_status: 0 },
    device: { protocol: 'NVMe' },
    serial_number: 'N1',
    smart_status: { passed: true, ...status },
    nvme_smart_health_information_log: {
      critical_warning: 0,
      available_spare: 100,
      available_spare_threshold: 10,
      percentage_used: 1,
      media_errors: 0,
      ...log,
    },
  })
const ZEROS = [
  'temperature',
  'available_spare',
  'available_spare_threshold',
  'power_on_hours',
  'power_cycles',
  'data_units_written',
]
const BLANK = Object.fromEntries(ZEROS.map((name) => [name, 0]))
const SPENT = {
  id: 5,
  name: 'Reallocated_Sector_Ct',
  value: 1,
  worst: 1,
  thresh: 0,
  raw: { value: 9000, string: '9000' },
}
const scsi = (more: object) =>
  factsOf({
    smartctl: {},
    device: { protocol: 'SCSI' },
    serial_number: 'C1',
    smart_status: { passed: true },
    scsi_grown_defect_list: 0,
    ...more,
  })

const NOW = new Date('2026-11-28T12:00:00Z')
const past = (counters: Counters | null, days = 6) =>
  counters && { at: new Date(NOW.getTime() - days * 86_400_000), counters }
const judged = (facts: SmartFacts, before: Counters | null = null, week: Counters | null = before) =>
  judge({
    facts,
    type: typeOf(facts, null),
    at: NOW,
    history: { month: past(before), week: past(week), year: null },
    presentCodes: [],
  })
const word = (facts: SmartFacts, before: Counters | null = null) => {
  const { health, reasons } = judged(facts, before)
  return `${health} ${reasons.map(({ code }) => code).join(' ')}`.trim()
}

describe('A hard disk', () => {
  test.each<[string, SmartFacts, string]>([
    ['sound', hdd(), 'OK'],
    ['with 1 reallocated sector', hdd({ 5: 1 }), 'WARNING REALLOCATED_SECTORS'],
    ['with 15 reallocated sectors', hdd({ 5: 15 }), 'WARNING REALLOCATED_SECTORS'],
    ['with 16 reallocated sectors', hdd({ 5: 16 }), 'AT_RISK REALLOCATED_SECTORS'],
    ['with 70,001 reallocated sectors', hdd({ 5: 70_001 }), 'AT_RISK REALLOCATED_SECTORS'],
    ['with 1 reported uncorrectable', hdd({ 187: 1 }), 'WARNING REPORTED_UNCORRECTABLE'],
    ['with 2 reported uncorrectable', hdd({ 187: 2 }), 'AT_RISK REPORTED_UNCORRECTABLE'],
    ['with 1 pending sector', hdd({ 197: 1 }), 'AT_RISK PENDING_SECTORS'],
    ['with 1 offline uncorrectable', hdd({ 198: 1 }), 'AT_RISK OFFLINE_UNCORRECTABLE'],
    ['with reallocation events alone', hdd({ 196: 1 }), 'WARNING REALLOCATION_EVENTS'],
    ['with events and sectors: one finding', hdd({ 196: 1, 5: 1 }), 'WARNING REALLOCATED_SECTORS'],
    ['with old cable errors', hdd({ 199: 108 }), 'OK CRC_ERRORS'],
    ['with packed Seagate timeouts 12 12 12', hdd({ 188: 51_540_393_996 }), 'OK COMMAND_TIMEOUTS'],
    ['with a vendor-packed read error rate', hdd({ 1: 234_151_754 }), 'OK'],
    ['that says it fails', hdd({}, { passed: false }), 'FAILED SMART_FAILED'],
    ['at 49 °C', hdd({}, { temperature: 49 }), 'OK'],
    ['at 50 °C', hdd({}, { temperature: 50 }), 'WARNING TEMPERATURE_HIGH'],
    ['at 59 °C', hdd({}, { temperature: 59 }), 'WARNING TEMPERATURE_HIGH'],
    ['at 60 °C', hdd({}, { temperature: 60 }), 'AT_RISK TEMPERATURE_CRITICAL'],
    ['at 0 °C, which is no reading', hdd({}, { temperature: 0 }), 'OK'],
    ['at 121 °C, which is no reading', hdd({}, { temperature: 121 }), 'OK'],
    ['of five years', hdd({}, { hours: 43_830 }), 'OK'],
    ['of more than five years', hdd({}, { hours: 43_831 }), 'OK POWER_ON_OLD'],
  ])('%s', (_, facts, expected) => {
    expect(word(facts)).toBe(expected)
  })

  test.each<[string, SmartFacts, Counters, string]>([
    ['whose reallocated sectors grow by one', hdd({ 5: 3 }), { 5: [100, 2] }, 'AT_RISK REALLOCATED_GROWING'],
    ['whose reallocated sectors stay', hdd({ 5: 3 }), { 5: [100, 3] }, 'WARNING REALLOCATED_SECTORS'],
    ['whose counter fell was reset, not healed', hdd({ 5: 3 }), { 5: [100, 9] }, 'WARNING REALLOCATED_SECTORS'],
    ['whose cable errors grow', hdd({ 199: 5 }), { 199: [200, 4] }, 'WARNING CRC_ERRORS_GROWING'],
    ['whose pending sectors are gone', hdd(), { 197: [100, 4] }, 'OK PENDING_HEALED'],
    ['with 10 more timeouts in a week', hdd({ 188: 10 }), { 188: [100, 0] }, 'OK COMMAND_TIMEOUTS'],
    ['with 11 more timeouts in a week', hdd({ 188: 11 }), { 188: [100, 0] }, 'WARNING COMMAND_TIMEOUTS_GROWING'],
  ])('%s', (_, facts, before, expected) => {
    expect(word(facts, before)).toBe(expected)
  })

  test('leaves a temperature limit only 5 degrees below it', () => {
    const at = (temperature: number) =>
      judge({
        facts: hdd({}, { temperature }),
        type: DiskType.HDD,
        at: NOW,
        history: NO_BASELINE,
        presentCodes: ['TEMPERATURE_HIGH'],
      }).health
    expect([at(45), at(44)]).toEqual(['WARNING', 'OK'])
  })

  test('keeps its own temperature limit', () => {
    const document = { ...ataDocument({ temperature: 52 }), temperature: { current: 52, op_limit_max: 55 } }
    expect(word(factsOf(document))).toBe('OK')
    expect(word(factsOf({ ...document, temperature: { current: 56, op_limit_max: 55 } }))).toBe(
      'WARNING TEMPERATURE_HIGH',
    )
  })

  test.each([
    ['now', true, 'FAILED ATTRIBUTE_FAILING_NOW'],
    ['now', false, 'WARNING ATTRIBUTE_FAILING_NOW'],
    ['FAILING_NOW', true, 'FAILED ATTRIBUTE_FAILING_NOW'],
    ['past', true, 'WARNING ATTRIBUTE_FAILED_BEFORE'],
    ['', true, 'OK'],
  ])('with an attribute that failed "%s" (prefailure %s) is %s', (whenFailed, prefailure, expected) => {
    const document = ataDocument()
    Object.assign(document.ata_smart_attributes.table[0] as object, { when_failed: whenFailed, flags: { prefailure } })
    expect(word(factsOf(document))).toBe(expected)
  })

  test.each([
    ['a failed extended test', [['Extended offline', 0x70]], 'AT_RISK SELF_TEST_FAILED'],
    [
      'a failed one and a later passed extended one',
      [
        ['Extended offline', 0],
        ['Extended offline', 0x79],
      ],
      'OK',
    ],
    [
      'a failed extended one and a later passed short one',
      [
        ['Short offline', 0],
        ['Extended offline', 0x79],
      ],
      'AT_RISK SELF_TEST_FAILED',
    ],
    ['an aborted one', [['Extended offline', 0x19]], 'OK'],
    ['an interrupted one', [['Extended offline', 0x29]], 'OK'],
  ] as [string, [string, number][], string][])('with %s', (_, tests, expected) => {
    const table = tests.map(([string, value]) => ({ type: { string }, status: { value } }))
    expect(word(factsOf({ ...ataDocument(), ata_smart_self_test_log: { standard: { table } } }))).toBe(expected)
  })
})

test.each<[string, SmartFacts, string]>([
  ['a solid state disk with reallocated sectors', ssd({ 5: 1 }), 'OK REALLOCATED_SECTORS'],
  ['one with pending sectors', ssd({ 197: 1 }), 'AT_RISK PENDING_SECTORS'],
  ['an NVMe disk', nvme({}), 'OK'],
  ['one with spare at its limit', nvme({ available_spare: 10 }), 'WARNING NVME_SPARE_LOW'],
  ['one with spare below its limit', nvme({ available_spare: 9 }), 'FAILED NVME_SPARE_EXHAUSTED'],
  ['one whose limit is no limit', nvme({ available_spare: 0, available_spare_threshold: 0 }), 'OK'],
  ['one whose bridge hands on a blank log', nvme(BLANK), 'UNKNOWN NO_HEALTH_DATA'],
  ['one with more media errors than 2^53', nvme({ media_errors: 2 ** 70 }), 'WARNING MEDIA_ERRORS'],
  [
    'a solid state disk whose spare sectors end without a threshold',
    factsOf({ ...ataDocument({ rotation: 0 }), ata_smart_attributes: { table: [SPENT] } }),
    'WARNING SPARE_SECTORS_LOW REALLOCATED_SECTORS',
  ],
  [
    'a disk whose log of self-tests cannot be read, and whose last one failed',
    factsOf({ ...ataDocument(), ata_smart_data: { self_test: { status: { value: 0x74, passed: false } } } }),
    'AT_RISK SELF_TEST_FAILED',
  ],
  [
    'a disk that says that 10 °C is its limit',
    factsOf({ ...ataDocument(), temperature: { current: 30, op_limit_max: 10 } }),
    'OK',
  ],
  ['one used 79 %', nvme({ percentage_used: 79 }), 'OK'],
  ['one used 80 %', nvme({ percentage_used: 80 }), 'WARNING ENDURANCE_USED'],
  ['one used 100 %', nvme({ percentage_used: 100 }), 'AT_RISK ENDURANCE_USED'],
  ['one with a media error', nvme({ media_errors: 1 }), 'WARNING MEDIA_ERRORS'],
  [
    'one that is only hot is not failed',
    nvme({ critical_warning: 2 }, { passed: false }),
    'WARNING NVME_WARNING_TEMPERATURE',
  ],
  [
    'one that is hot and unreliable',
    nvme({ critical_warning: 6 }, { passed: false }),
    'FAILED SMART_FAILED NVME_WARNING_RELIABILITY NVME_WARNING_TEMPERATURE',
  ],
  [
    'one that became read-only',
    nvme({ critical_warning: 8 }, { passed: false }),
    'FAILED SMART_FAILED NVME_WARNING_READ_ONLY',
  ],
  ['a SAS disk', scsi({}), 'OK'],
  ['one with 49 grown defects', scsi({ scsi_grown_defect_list: 49 }), 'WARNING GROWN_DEFECTS'],
  ['one with 50 grown defects', scsi({ scsi_grown_defect_list: 50 }), 'AT_RISK GROWN_DEFECTS'],
  [
    'one with uncorrected writes',
    scsi({ scsi_error_counter_log: { write: { total_uncorrected_errors: 1 } } }),
    'AT_RISK UNCORRECTED_ERRORS',
  ],
  [
    'one with uncorrected verifications',
    scsi({ scsi_error_counter_log: { verify: { total_uncorrected_errors: 1 } } }),
    'WARNING UNCORRECTED_VERIFIES',
  ],
  [
    'a virtual disk',
    factsOf({ smartctl: { exit_status: 4 }, model_name: 'QEMU HARDDISK' }),
    'UNSUPPORTED VIRTUAL_DISK',
  ],
  [
    'a RAID volume',
    factsOf({
      smartctl: {},
      device: { protocol: 'SCSI' },
      scsi_vendor: 'DELL',
      scsi_product: 'PERC H730P',
      smart_status: { passed: true },
    }),
    'UNSUPPORTED RAID_VOLUME',
  ],
  [
    'an unknown bridge',
    factsOf({ smartctl: { exit_status: 1, messages: [{ string: '/dev/sdb: Unknown USB bridge [0x1234]' }] } }),
    'UNSUPPORTED NO_DEVICE_TYPE',
  ],
  [
    'a disk of which only the name is known',
    factsOf({ smartctl: { exit_status: 4 }, serial_number: 'S' }),
    'UNKNOWN NO_HEALTH_DATA',
  ],
  [
    'a disk of which only the exit status tells that it fails',
    factsOf({ smartctl: { exit_status: 12 }, serial_number: 'S' }),
    'FAILED SMART_FAILED',
  ],
])('%s', (_, facts, expected) => {
  expect(word(facts)).toBe(expected)
})

test('More errors never give a milder verdict', () => {
  const order = ['OK', 'WARNING', 'AT_RISK', 'FAILED']
  for (const id of [5, 187, 188, 196, 197, 198, 199]) {
    let worst = 0
    for (let raw = 0; raw <= 70_000; raw = raw < 40 ? raw + 1 : raw * 2) {
      const now = order.indexOf(judged(hdd({ [id]: raw })).health)
      expect(now, `attribute ${id} = ${raw}`).toBeGreaterThanOrEqual(worst)
      worst = now
    }
  }
})

test('Counters keep the packed value of timeouts and the first number of all others', () => {
  const document = ataDocument({ raw: { 188: 51_540_393_996 } })
  const entry = document.ata_smart_attributes.table.find(({ id }) => id === 188) as { raw: { string: string } }
  entry.raw.string = '12 12 12'
  expect(countersOf(factsOf(document))).toMatchObject({ 188: [100, 51_540_393_996], 194: [100, 31] })
})

test('A raw value beyond 2^53 is read from its text, not from the rounded number', () => {
  const document = ataDocument()
  Object.assign(document.ata_smart_attributes.table[1] as object, {
    id: 9,
    raw: { value: 9_023_116_403_587_028, string: '47060h+12m+05.123s' },
  })
  expect(factsOf(document).attributes[1]).toMatchObject({ raw: 47_060, packed: null })
})

test.each([[null], [7], ['text'], [[]], [{}], [{ devices: [] }]])('%j is no smartctl document', (json) => {
  expect(readSmartctl(json)).toBeNull()
})

test.each([
  [12345678, '12345678'],
  ['S1', 'S1'],
  [0, null],
  [1.5, null],
  [null, null],
])('A serial number that is printed as %j is %j', (printed, serial) => {
  expect(factsOf({ ...ataDocument(), serial_number: printed }).serial).toBe(serial)
})
