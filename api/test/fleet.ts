// One seeded, lifelike fleet for benchmark and tests: the same seed gives the same fleet.

/** mulberry32: small, seeded and good enough to scatter values. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}

const STARS = [
  'altair',
  'atlas',
  'borealis',
  'cassiopee',
  'deneb',
  'electre',
  'fomalhaut',
  'mizar',
  'vega',
  'sirius',
  'rigel',
  'capella',
]
const MODELS = [
  { model: 'WDC WD40EFRX-68N32N0', rotation: 5400, bytes: 4_000_787_030_016 },
  { model: 'ST16000NM001G-2KK103', rotation: 7200, bytes: 16_000_900_661_248 },
  { model: 'Samsung SSD 870 EVO 1TB', rotation: 0, bytes: 1_000_204_886_016 },
  { model: 'CT500MX500SSD1', rotation: 0, bytes: 500_107_862_016 },
] as const

export interface FleetDisk {
  device: string
  serial: string
  model: string
  rotation: number
  bytes: number
  /** 0 = sound; otherwise how many sectors are pending. */
  pending: number
  reallocated: number
}

export interface FleetMachine {
  key: string
  hostname: string
  disks: FleetDisk[]
}

export function fleet(machines: number, disksEach: number, seed = 1): FleetMachine[] {
  const random = seeded(seed)
  return Array.from({ length: machines }, (_, index) => ({
    key: `fleet-machine-${String(index).padStart(6, '0')}`,
    hostname:
      index < STARS.length
        ? (STARS[index] as string)
        : `${STARS[index % STARS.length]}-${Math.floor(index / STARS.length)}`,
    disks: Array.from({ length: disksEach }, (_, number) => {
      const kind = MODELS[Math.floor(random() * MODELS.length)] as (typeof MODELS)[number]
      const fate = random()
      return {
        device: `sd${String.fromCharCode(97 + (number % 26))}`,
        serial: `F${(index * disksEach + number).toString(36).toUpperCase().padStart(6, '0')}${Math.floor(
          random() * 1e6,
        )
          .toString(36)
          .toUpperCase()}`,
        ...kind,
        pending: fate < 0.01 ? 1 + Math.floor(random() * 40) : 0,
        reallocated: fate > 0.97 ? 1 + Math.floor(random() * 30) : 0,
      }
    }),
  }))
}

const ATTRIBUTES: [id: number, name: string, prefailure: boolean][] = [
  [1, 'Raw_Read_Error_Rate', true],
  [3, 'Spin_Up_Time', true],
  [4, 'Start_Stop_Count', false],
  [5, 'Reallocated_Sector_Ct', true],
  [7, 'Seek_Error_Rate', true],
  [9, 'Power_On_Hours', false],
  [10, 'Spin_Retry_Count', true],
  [12, 'Power_Cycle_Count', false],
  [184, 'End-to-End_Error', false],
  [187, 'Reported_Uncorrect', false],
  [188, 'Command_Timeout', false],
  [190, 'Airflow_Temperature_Cel', false],
  [192, 'Power-Off_Retract_Count', false],
  [193, 'Load_Cycle_Count', false],
  [194, 'Temperature_Celsius', false],
  [195, 'Hardware_ECC_Recovered', false],
  [197, 'Current_Pending_Sector', false],
  [198, 'Offline_Uncorrectable', false],
  [199, 'UDMA_CRC_Error_Count', false],
  [241, 'Total_LBAs_Written', false],
]

/** What smartctl --xall would print of it, at about its real length. `round` counts the readings. */
export function smartDocument(disk: FleetDisk, round: number): string {
  const temperature = 28 + ((round + disk.serial.length) % 9)
  const raw: Record<number, number> = {
    5: disk.reallocated,
    9: 10_000 + round,
    194: temperature,
    190: temperature,
    197: disk.pending,
    241: 1e9 + round * 4096,
    1: 1000 + round,
  }
  return JSON.stringify({
    json_format_version: [1, 0],
    smartctl: { version: [7, 4], exit_status: 0, argv: ['smartctl', '--json=c', '--xall', `/dev/${disk.device}`] },
    local_time: { time_t: 1_790_000_000 + round * 3600, asctime: 'Sat Nov 21 12:00:00 2026 UTC' },
    device: { name: `/dev/${disk.device}`, info_name: `/dev/${disk.device} [SAT]`, type: 'sat', protocol: 'ATA' },
    model_name: disk.model,
    serial_number: disk.serial,
    firmware_version: '82.00A82',
    user_capacity: { blocks: disk.bytes / 512, bytes: disk.bytes },
    rotation_rate: disk.rotation,
    smart_support: { available: true, enabled: true },
    smart_status: { passed: true },
    ata_smart_data: {
      capabilities: {
        values: [123, 3],
        exec_offline_immediate_supported: true,
        self_tests_supported: true,
        error_logging_supported: true,
      },
    },
    ata_smart_attributes: {
      revision: 16,
      table: ATTRIBUTES.map(([id, name, prefailure]) => ({
        id,
        name,
        value: 100,
        worst: 100,
        thresh: prefailure ? 10 : 0,
        when_failed: '',
        flags: {
          value: 50,
          string: '-O--CK ',
          prefailure,
          updated_online: true,
          performance: false,
          error_rate: false,
          event_count: true,
          auto_keep: true,
        },
        raw: { value: raw[id] ?? 0, string: String(raw[id] ?? 0) },
      })),
    },
    power_on_time: { hours: 10_000 + round },
    power_cycle_count: 31,
    temperature: {
      current: temperature,
      power_cycle_min: 22,
      power_cycle_max: 41,
      lifetime_min: 18,
      lifetime_max: 46,
      op_limit_max: 70,
    },
    ata_smart_error_log: { extended: { revision: 1, sectors: 6, count: 0 } },
    ata_smart_self_test_log: {
      extended: {
        revision: 1,
        sectors: 1,
        table: [
          {
            type: { value: 1, string: 'Short offline' },
            status: { value: 0, string: 'Completed without error', passed: true },
            lifetime_hours: 9000,
          },
        ],
        count: 1,
      },
    },
    ata_device_statistics: {
      pages: [1, 2, 3, 4, 5, 6].map((number) => ({
        number,
        name: `Statistics page ${number}`,
        table: Array.from({ length: 12 }, (_, offset) => ({
          offset: 8 + offset * 8,
          name: `Statistic ${number}.${offset} of the device`,
          size: 4,
          value: (round * offset) % 1000,
          flags: { value: 192, string: 'V---', valid: true, normalized: false },
        })),
      })),
    },
  })
}
