import { chance } from './chance.ts'
import type { DemoDisk } from './fleet.ts'
import type { Damage } from './stories.ts'

// What smartctl --json --xall would print of a disk of the demo, as far as Vigie reads it.

const HOUR = 3_600_000

interface Moment {
  device: string
  at: Date
  damage: Damage
}

export function smartDocument(disk: DemoDisk, moment: Moment): object {
  if (disk.isVirtual) return { ...head(disk, moment.device, 'ATA'), smart_support: { available: false } }
  return disk.rpm === null ? nvme(disk, moment) : ata(disk, disk.rpm, moment)
}

const head = ({ model, serial, bytes }: DemoDisk, device: string, protocol: 'ATA' | 'NVMe') => ({
  json_format_version: [1, 0],
  smartctl: { version: [7, 4], exit_status: 0 },
  device: { name: `/dev/${device}`, type: protocol === 'ATA' ? 'sat' : 'nvme', protocol },
  model_name: model,
  serial_number: serial,
  user_capacity: { blocks: bytes / 512, bytes },
})

/** Warmer in the afternoon, each disk around its own. */
function temperatureOf({ serial, rpm }: DemoDisk, at: Date): number {
  const own = (rpm === 0 || rpm === null ? 29 : 32) + Math.floor(chance(`${serial} warmth`) * 7)
  return own + Math.round(2 * Math.sin(((at.getUTCHours() - 9) / 24) * 2 * Math.PI))
}

/** Bought in the last five years, and never switched off. */
const hoursOf = ({ serial }: DemoDisk, at: Date): number =>
  Math.floor(at.getTime() / HOUR) -
  Math.floor(Date.UTC(2026, 6) / HOUR) +
  Math.floor(3000 + chance(`${serial} age`) * 40_000)

const attribute = (id: number, name: string, raw: number, more: { value?: number; threshold?: number } = {}) => {
  const { value = 100, threshold = 0 } = more
  return {
    id,
    name,
    value,
    worst: value,
    thresh: threshold,
    when_failed: value <= threshold ? 'now' : '',
    flags: { prefailure: threshold > 0 },
    raw: { value: raw, string: String(raw) },
  }
}

function ata(disk: DemoDisk, rpm: number, { device, at, damage }: Moment): object {
  const { reallocated = 0, pending = 0, crcErrors = 0, worn, isFailing = false } = damage
  const temperature = temperatureOf(disk, at)
  const hours = hoursOf(disk, at)
  return {
    ...head(disk, device, 'ATA'),
    firmware_version: 'SN03',
    rotation_rate: rpm,
    smart_support: { available: true, enabled: true },
    smart_status: { passed: !isFailing },
    power_on_time: { hours },
    temperature: { current: temperature },
    ata_smart_attributes: {
      table: [
        attribute(5, 'Reallocated_Sector_Ct', reallocated, {
          value: isFailing ? 8 : 100 - (reallocated >> 3),
          threshold: 10,
        }),
        attribute(9, 'Power_On_Hours', hours),
        attribute(12, 'Power_Cycle_Count', 20 + Math.floor(chance(`${disk.serial} cycles`) * 60)),
        attribute(187, 'Reported_Uncorrect', 0),
        attribute(188, 'Command_Timeout', 0),
        attribute(194, 'Temperature_Celsius', temperature),
        attribute(197, 'Current_Pending_Sector', pending),
        attribute(198, 'Offline_Uncorrectable', 0),
        attribute(199, 'UDMA_CRC_Error_Count', crcErrors),
      ],
    },
    ata_smart_error_log: { extended: { revision: 1, count: 0 } },
    ata_smart_self_test_log: { extended: { revision: 1, count: 0, table: [] } },
    ...(worn === undefined || rpm > 0 ? {} : { endurance_used: { current_percent: worn } }),
  }
}

function nvme(disk: DemoDisk, { device, at, damage }: Moment): object {
  const temperature = temperatureOf(disk, at)
  const hours = hoursOf(disk, at)
  return {
    ...head(disk, device, 'NVMe'),
    firmware_version: '5B2QGXA7',
    smart_support: { available: true, enabled: true },
    smart_status: { passed: true },
    nvme_total_capacity: disk.bytes,
    power_on_time: { hours },
    temperature: { current: temperature },
    nvme_smart_health_information_log: {
      critical_warning: 0,
      temperature,
      available_spare: 100,
      available_spare_threshold: 10,
      percentage_used: damage.worn ?? 0,
      power_cycles: 300,
      power_on_hours: hours,
      unsafe_shutdowns: 9,
      media_errors: damage.mediaErrors ?? 0,
      num_err_log_entries: damage.mediaErrors ?? 0,
    },
  }
}
