import { describe, expect, test } from 'vitest'
import { ataDocument } from '../../../test/builders.ts'
import type { PastReading } from '../baseline.ts'
import { judge, typeOf } from '../judge.ts'
import type { AtaAttribute } from '../smart-facts.ts'
import { readSmartctl } from '../smartctl.ts'
import type { Counters } from '../snapshot.entity.ts'
import { lifeLeftBy } from './life.ts'

const NOW = new Date('2026-11-28T12:00:00Z')
const ago = (days: number, counters: Counters): PastReading => ({
  at: new Date(NOW.getTime() - days * 86_400_000),
  counters,
})

interface Named {
  id: number
  name: string
  value?: number
  thresh?: number
  raw?: number | string
}
/** A document with these attributes and whatever else is said. */
const ata = (
  attributes: Named[],
  { rotation = 7200, ...more }: { rotation?: number; [key: string]: unknown } = {},
) => ({
  ...ataDocument({ rotation }),
  ata_smart_attributes: {
    table: attributes.map(({ id, name, value = 100, thresh = 0, raw = 0 }) => ({
      id,
      name,
      value,
      worst: value,
      thresh,
      when_failed: '',
      flags: { prefailure: false },
      raw: { value: Number.parseInt(String(raw), 10), string: String(raw) },
    })),
  },
  ...more,
})
const flash = (attributes: Named[], more = {}) => ata(attributes, { rotation: 0, ...more })
const statistics = (page: number, values: Record<string, number>, valid = true) => ({
  number: page,
  table: Object.entries(values).map(([name, value]) => ({ name, value, flags: { valid } })),
})
const scsi = (more: object) => ({
  smartctl: { exit_status: 0 },
  device: { protocol: 'SCSI' },
  serial_number: 'C',
  rotation_rate: 7200,
  smart_status: { passed: true },
  scsi_grown_defect_list: 0,
  ...more,
})
const REALLOCATED: Named = { id: 5, name: 'Reallocated_Sector_Ct' }
const PENDING: Named = { id: 197, name: 'Current_Pending_Sector' }
const OFFLINE: Named = { id: 198, name: 'Offline_Uncorrectable' }

function word(document: object, past: PastReading | null = null): string {
  const facts = readSmartctl(document)
  if (!facts) throw new Error('not read')
  const days = past ? (NOW.getTime() - past.at.getTime()) / 86_400_000 : 0
  const history = { week: days <= 7 ? past : null, month: days <= 30 ? past : null, year: past }
  const { health, reasons } = judge({ facts, type: typeOf(facts, null), at: NOW, history, presentCodes: [] })
  return `${health} ${reasons.map(({ code }) => code).join(' ')}`.trim()
}

describe('Two witnesses of replaced and lost sectors', () => {
  const witness = (reallocated: number, candidates: number, uncorrectable = 0) => ({
    ata_device_statistics: {
      pages: [
        statistics(3, {
          'Number of Reallocated Logical Sectors': reallocated,
          'Number of Realloc. Candidate Logical Sectors': candidates,
        }),
        statistics(4, { 'Number of Reported Uncorrectable Errors': uncorrectable }),
      ],
    },
  })
  test.each<[string, object, string]>([
    ['the standard says none: settled', ata([{ ...REALLOCATED, raw: 16 }], witness(0, 0)), 'OK COUNTER_DISPUTED'],
    [
      'it waits to replace some: not settled',
      ata([{ ...REALLOCATED, raw: 16 }], witness(0, 1)),
      'AT_RISK REALLOCATED_SECTORS REALLOCATION_CANDIDATES',
    ],
    [
      'a value that is not valid settles nothing',
      ata([{ ...REALLOCATED, raw: 16 }], {
        ata_device_statistics: { pages: [statistics(3, { 'Number of Reallocated Logical Sectors': 0 }, false)] },
      }),
      'AT_RISK REALLOCATED_SECTORS',
    ],
    ['both count: the worse', ata([{ ...REALLOCATED, raw: 3 }], witness(16, 0)), 'AT_RISK REALLOCATED_SECTORS'],
    ['15 by the standard alone', ata([], witness(15, 0)), 'WARNING REALLOCATED_SECTORS'],
    ['16 by the standard alone', ata([], witness(16, 0)), 'AT_RISK REALLOCATED_SECTORS'],
    ['1 uncorrectable by the standard', ata([], witness(0, 0, 1)), 'WARNING REPORTED_UNCORRECTABLE'],
    ['2 uncorrectable by the standard', ata([], witness(0, 0, 2)), 'AT_RISK REPORTED_UNCORRECTABLE'],
    [
      '187 that the standard does not bear out',
      ata([{ id: 187, name: 'Reported_Uncorrect', raw: 7 }], witness(0, 0)),
      'OK COUNTER_DISPUTED',
    ],
    [
      'a list of one pending sector',
      ata([PENDING], { ata_pending_defects_log: { count: 1 } }),
      'AT_RISK PENDING_DEFECTS',
    ],
    ['an empty list', ata([PENDING], { ata_pending_defects_log: { count: 0 } }), 'OK'],
    ['a SAS list of one', scsi({ scsi_pending_defects: { count: 1 } }), 'AT_RISK PENDING_DEFECTS'],
    ['a SAS list of none', scsi({ scsi_pending_defects: { count: 0 } }), 'OK'],
  ])('%s', (_, document, expected) => {
    expect(word(document)).toBe(expected)
  })
})

test('A worse count of the standard never makes the growth of an attribute milder', () => {
  const of = (standard: number) =>
    word(
      ata([{ ...REALLOCATED, raw: 5 }], {
        ata_device_statistics: { pages: [statistics(3, { 'Number of Reallocated Logical Sectors': standard })] },
      }),
      ago(6, { 5: [100, 3] }),
    )
  expect([of(5), of(6)]).toEqual(['AT_RISK REALLOCATED_GROWING', 'AT_RISK REALLOCATED_GROWING'])
})

test('Two counters of the vendor that agree are no oddity, though the standard says none', () => {
  const none = {
    ata_device_statistics: {
      pages: [
        statistics(3, { 'Number of Reallocated Logical Sectors': 0 }),
        statistics(4, { 'Number of Reported Uncorrectable Errors': 0 }),
      ],
    },
  }
  expect(
    word(
      ata(
        [
          { ...REALLOCATED, raw: 900 },
          { id: 187, name: 'Reported_Uncorrect', raw: 50 },
        ],
        none,
      ),
    ),
  ).toBe('WARNING COUNTER_DISPUTED COUNTER_DISPUTED')
})

describe('Time and company', () => {
  test.each<[string, object, PastReading | null, string]>([
    [
      '8 sectors, and none for a year',
      ata([{ ...REALLOCATED, raw: 8 }]),
      ago(365, { 5: [100, 8] }),
      'OK REALLOCATED_STABLE',
    ],
    [
      '8 sectors, known for 364 days',
      ata([{ ...REALLOCATED, raw: 8 }]),
      ago(364, { 5: [100, 8] }),
      'WARNING REALLOCATED_SECTORS',
    ],
    [
      'one more within the year',
      ata([{ ...REALLOCATED, raw: 9 }]),
      ago(365, { 5: [100, 8] }),
      'WARNING REALLOCATED_SECTORS',
    ],
    ['99 old sectors', ata([{ ...REALLOCATED, raw: 99 }]), ago(365, { 5: [100, 99] }), 'OK REALLOCATED_STABLE'],
    ['100 old sectors', ata([{ ...REALLOCATED, raw: 100 }]), ago(365, { 5: [100, 100] }), 'WARNING REALLOCATED_STABLE'],
    [
      '8 old sectors beside an unreadable one',
      ata([
        { ...REALLOCATED, raw: 8 },
        { ...PENDING, raw: 1 },
      ]),
      ago(365, { 5: [100, 8] }),
      'AT_RISK PENDING_SECTORS REALLOCATED_SECTORS',
    ],
    [
      '198 = 1 for 7 days, alone',
      ata([REALLOCATED, PENDING, { ...OFFLINE, raw: 1 }]),
      ago(7, { 198: [100, 1] }),
      'WARNING OFFLINE_UNCORRECTABLE',
    ],
    [
      '198 = 1 for 6 days',
      ata([REALLOCATED, PENDING, { ...OFFLINE, raw: 1 }]),
      ago(6, { 198: [100, 1] }),
      'AT_RISK OFFLINE_UNCORRECTABLE',
    ],
    [
      '198 = 1, which was read for the first time a day ago',
      ata([REALLOCATED, PENDING, { ...OFFLINE, raw: 1 }]),
      { ...ago(20, { 198: [100, 1] }), later: new Map([['198', ago(1, {}).at]]) },
      'AT_RISK OFFLINE_UNCORRECTABLE',
    ],
    [
      '198 that grew',
      ata([REALLOCATED, PENDING, { ...OFFLINE, raw: 2 }]),
      ago(7, { 198: [100, 1] }),
      'AT_RISK OFFLINE_UNCORRECTABLE',
    ],
    [
      '198 with replaced sectors',
      ata([
        { ...REALLOCATED, raw: 1 },
        { ...OFFLINE, raw: 1 },
      ]),
      ago(7, { 5: [100, 1], 198: [100, 1] }),
      'AT_RISK OFFLINE_UNCORRECTABLE REALLOCATED_SECTORS',
    ],
    [
      '197 and 198 say the same',
      ata([
        { ...PENDING, raw: 1 },
        { ...OFFLINE, raw: 1 },
      ]),
      null,
      'AT_RISK PENDING_SECTORS OFFLINE_UNCORRECTABLE SIGNS_AGREE',
    ],
    ['9 more within a week', ata([{ ...PENDING, raw: 10 }]), ago(6, { 197: [100, 1] }), 'AT_RISK PENDING_SECTORS'],
    [
      '10 more within a week',
      ata([{ ...PENDING, raw: 11 }]),
      ago(6, { 197: [100, 1] }),
      'AT_RISK PENDING_SECTORS WORSENING_FAST',
    ],
  ])('%s', (_, document, past, expected) => {
    expect(word(document, past)).toBe(expected)
  })
})

describe('What an attribute means', () => {
  test.each<[string, object, string]>([
    [
      'Crucial’s ECC blocks are no lost sectors',
      flash([{ id: 197, name: 'Current_Pending_ECC_Cnt', raw: 1 }]),
      'OK PENDING_ECC',
    ],
    [
      '196 with a threshold counts something else',
      ata([{ id: 196, name: 'Reallocated_Event_Count', raw: 4258, thresh: 30 }]),
      'OK',
    ],
    ['196 without one', ata([{ id: 196, name: 'Reallocated_Event_Count', raw: 1 }]), 'WARNING REALLOCATION_EVENTS'],
    [
      '196 beside a standard that counts none',
      ata([{ id: 196, name: 'Reallocated_Event_Count', raw: 5 }], {
        ata_device_statistics: { pages: [statistics(3, { 'Number of Reallocated Logical Sectors': 0 })] },
      }),
      'OK REALLOCATION_EVENTS',
    ],
    ['helium 99', ata([{ id: 22, name: 'Helium_Level', value: 99, thresh: 25 }]), 'WARNING HELIUM_LOW'],
    ['helium 100, packed', ata([{ id: 22, name: 'Helium_Level', value: 100, thresh: 25, raw: 6_553_700 }]), 'OK'],
    ['helium 43', ata([{ id: 22, name: 'Helium_Level', value: 43, thresh: 25 }]), 'AT_RISK HELIUM_LOW'],
    ['helium 44', ata([{ id: 22, name: 'Helium_Level', value: 44, thresh: 25 }]), 'WARNING HELIUM_LOW'],
    [
      'retired blocks near the threshold',
      flash([{ id: 5, name: 'Retired_Block_Count', value: 20, thresh: 10, raw: 1 }]),
      'AT_RISK SPARE_SECTORS_LOW REALLOCATED_SECTORS',
    ],
    [
      'retired blocks far from it',
      flash([{ id: 5, name: 'Retired_Block_Count', value: 21, thresh: 10, raw: 1 }]),
      'OK REALLOCATED_SECTORS',
    ],
    [
      'a reserve near its threshold',
      flash([{ id: 232, name: 'Available_Reservd_Space', value: 20, thresh: 10 }]),
      'AT_RISK RESERVE_LOW',
    ],
    ['a reserve above it', flash([{ id: 232, name: 'Available_Reservd_Space', value: 21, thresh: 10 }]), 'OK'],
    [
      'a reserve whose threshold was not read',
      { ...flash([]), ata_smart_attributes: { table: [{ id: 232, name: 'Available_Reservd_Space', value: 3 }] } },
      'WARNING RESERVE_LOW',
    ],
    [
      'events whose threshold was not read',
      {
        ...ata([]),
        ata_smart_attributes: { table: [{ id: 196, name: 'Reallocated_Event_Count', raw: { value: 4258 } }] },
      },
      'OK',
    ],
    [
      'a reserve that is not kept as a value',
      flash([{ id: 180, name: 'Unused_Reserve_NAND_Blk', value: 0, raw: 54 }]),
      'OK',
    ],
    [
      'Toshiba’s NAND that could not be read',
      flash([{ id: 187, name: 'Total_Unc_NAND_Reads', raw: 2 }]),
      'AT_RISK REPORTED_UNCORRECTABLE',
    ],
    [
      'a model that the database does not know: flash',
      flash([{ id: 177, name: 'Wear_Leveling_Count', value: 1 }], { in_smartctl_database: false }),
      'WARNING LIFE_LEFT_LOW',
    ],
    [
      'one that it knows',
      flash([{ id: 177, name: 'Wear_Leveling_Count', value: 1 }], { in_smartctl_database: true }),
      'AT_RISK LIFE_LEFT_LOW',
    ],
    [
      'a hard disk that it does not know: lost sectors',
      ata([{ ...PENDING, raw: 624 }], { in_smartctl_database: false }),
      'AT_RISK PENDING_SECTORS',
    ],
    [
      'one that it does not know: events',
      ata([{ id: 196, name: 'Reallocated_Event_Count', raw: 1 }], { in_smartctl_database: false }),
      'OK REALLOCATION_EVENTS',
    ],
    [
      'a guess of smartctl beside an attribute',
      flash([{ id: 231, name: 'SSD_Life_Left', value: 90, raw: 90 }], { endurance_used: { current_percent: 100 } }),
      'OK',
    ],
    ['a guess without one', flash([], { endurance_used: { current_percent: 100 } }), 'AT_RISK ENDURANCE_USED'],
    [
      'the standard beside an attribute',
      flash([{ id: 231, name: 'SSD_Life_Left', value: 2, raw: 2 }], {
        ata_device_statistics: { pages: [statistics(7, { 'Percentage Used Endurance Indicator': 79 })] },
      }),
      'OK',
    ],
  ])('%s', (_, document, expected) => {
    expect(word(document)).toBe(expected)
  })

  const one = (id: number, name: string, value: number | null, raw: number | null): AtaAttribute => ({
    id,
    name,
    value,
    raw,
    worst: value,
    threshold: 0,
    packed: raw,
    whenFailed: null,
    prefailure: false,
  })
  test.each<[string, AtaAttribute, string | null, number | null]>([
    ['Phison keeps life in the raw value', one(231, 'SSD_Life_Left', 100, 2), 'Phison Driven SSDs', 2],
    ['also when it is over', one(231, 'SSD_Life_Left', 100, 0), 'Phison Driven OEM SSDs', 0],
    ['SandForce in the value', one(231, 'SSD_Life_Left', 100, 0), 'SandForce Driven SSDs', 100],
    ['a family that is not told: the raw value', one(231, 'SSD_Life_Left', 100, 2), null, 2],
    ['Micron’s raw value is what is used', one(202, 'Percent_Lifetime_Remain', 3, 97), null, 3],
    ['a complement of another name', one(169, 'Remaining_Lifetime_Perc', 97, 3), null, 97],
    ['what is used, by name', one(202, 'Perc_Rated_Life_Used', 100, 98), null, 2],
    ['more than its rating', one(173, 'Percent_Life_Used', 100, 130), null, 0],
    ['WD counts up', one(230, 'Media_Wearout_Indicator', 97, 5), null, 3],
    ['Intel counts down', one(233, 'Media_Wearout_Indicator', 3, 0), null, 3],
    ['erase cycles are no per cent', one(177, 'Wear_Leveling_Count', 98, 12), null, 98],
    ['a range of wear is no wear', one(177, 'Wear_Range_Delta', 0, 2), null, null],
    ['a curve is no life', one(230, 'Life_Curve_Status', 100, 100), null, null],
    ['what was written in its life', one(241, 'Lifetime_Writes_GiB', 0, 12), null, null],
  ])('%s', (_, entry, family, expected) => {
    expect(lifeLeftBy(entry, family)).toBe(expected)
  })

  test('a temperature that was too high once is a remark, another attribute a warning', () => {
    const past = (name: string) => {
      const document = ata([{ id: 190, name }])
      Object.assign(document.ata_smart_attributes.table[0] as object, { when_failed: 'past' })
      return word(document)
    }
    expect([past('Airflow_Temperature_Cel'), past('Reallocated_Sector_Ct')]).toEqual([
      'OK ATTRIBUTE_FAILED_BEFORE',
      'WARNING ATTRIBUTE_FAILED_BEFORE',
    ])
  })
})

describe('A SAS disk that warns', () => {
  const warns = (asc: number, ascq: number) =>
    word(scsi({ smartctl: { exit_status: 8 }, smart_status: { passed: false, scsi: { asc, ascq } } }))
  test.each([
    [0x0b, 0x01, 'WARNING SCSI_WARNING'],
    [0x0b, 0x03, 'AT_RISK SCSI_WARNING'],
    [0x0b, 0x05, 'AT_RISK SCSI_WARNING'],
    [0x0b, 0x09, 'WARNING SCSI_WARNING'],
    [0x0b, 0x96, 'WARNING SCSI_WARNING'],
    [0x5d, 0x00, 'FAILED SMART_FAILED'],
    [0x5d, 0x32, 'FAILED SMART_FAILED'],
    [0x5d, 0xff, 'OK'],
    [0x00, 0x00, 'FAILED SMART_FAILED'],
  ])('asc %d ascq %d is %s', (asc, ascq, expected) => {
    expect(warns(asc, ascq)).toBe(expected)
  })

  test('its drive trip is no limit', () => {
    const at = (current: number) => word(scsi({ temperature: { current, drive_trip: 50 } }))
    expect([at(49), at(51)]).toEqual(['OK', 'WARNING TEMPERATURE_HIGH'])
  })
})

test('An NVMe reserve is low near its limit, whatever the limit is', () => {
  const nvme = (spare: number, threshold: number) =>
    word({
      smartctl: {},
      device: { protocol: 'NVMe' },
      serial_number: 'N',
      smart_status: { passed: true },
      nvme_smart_health_information_log: {
        critical_warning: 0,
        available_spare: spare,
        available_spare_threshold: threshold,
      },
    })
  expect([nvme(99, 50), nvme(60, 50), nvme(21, 10), nvme(20, 10)]).toEqual([
    'OK',
    'WARNING NVME_SPARE_LOW',
    'OK',
    'WARNING NVME_SPARE_LOW',
  ])
})

test('An NVMe reserve that falls by ten within a month is a warning, by nine it is not', () => {
  const nvme = (spare: number) => ({
    smartctl: {},
    device: { protocol: 'NVMe' },
    serial_number: 'N',
    smart_status: { passed: true },
    nvme_smart_health_information_log: { critical_warning: 0, available_spare: spare, available_spare_threshold: 10 },
  })
  const before = ago(28, { available_spare: [null, 100] })
  expect([word(nvme(90), before), word(nvme(91), before), word(nvme(90))]).toEqual([
    'WARNING NVME_SPARE_FALLING',
    'OK',
    'OK',
  ])
})
