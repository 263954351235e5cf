import { randomUUID } from 'node:crypto'
import type { TestApi } from './start-api.ts'

// Documents in the shape that smartctl and lsblk print, with invented serials: only what a test is about is named in it.

export interface DiskOptions {
  device?: string
  serial?: string | null
  model?: string
  wwn?: { naa: number; oui: number; id: number } | null
  /** Raw values by attribute id. */
  raw?: Record<number, number>
  passed?: boolean
  temperature?: number
  hours?: number
  rotation?: number
}

const NAMES: Record<number, string> = {
  1: 'Raw_Read_Error_Rate',
  5: 'Reallocated_Sector_Ct',
  9: 'Power_On_Hours',
  187: 'Reported_Uncorrect',
  188: 'Command_Timeout',
  194: 'Temperature_Celsius',
  196: 'Reallocated_Event_Count',
  197: 'Current_Pending_Sector',
  198: 'Offline_Uncorrectable',
  199: 'UDMA_CRC_Error_Count',
}

export function ataDocument({
  device = 'sda',
  serial = 'S1',
  model = 'VIGIE TESTDISK',
  wwn = null,
  raw = {},
  passed = true,
  temperature = 31,
  hours = 1000,
  rotation = 7200,
}: DiskOptions = {}) {
  const values = { 5: 0, 9: hours, 187: 0, 194: temperature, 197: 0, 198: 0, 199: 0, ...raw }
  return {
    smartctl: { version: [7, 4], exit_status: passed ? 0 : 8 },
    device: { name: `/dev/${device}`, type: 'sat', protocol: 'ATA' },
    model_name: model,
    ...(serial ? { serial_number: serial } : {}),
    ...(wwn ? { wwn } : {}),
    firmware_version: '0001',
    user_capacity: { bytes: 4_000_787_030_016 },
    rotation_rate: rotation,
    smart_support: { available: true, enabled: true },
    smart_status: { passed },
    ata_smart_attributes: {
      table: Object.entries(values).map(([id, value]) => ({
        id: Number(id),
        name: NAMES[Number(id)] ?? `Attribute_${id}`,
        value: 100,
        worst: 100,
        thresh: id === '196' ? 0 : 10,
        when_failed: '',
        flags: { prefailure: id === '5' },
        raw: { value, string: String(value) },
      })),
    },
    power_on_time: { hours },
    temperature: { current: temperature },
  }
}

export const lsblkOf = (
  disks: { device: string; serial?: string | null; size?: number; children?: unknown[]; [key: string]: unknown }[],
) => ({
  blockdevices: disks.map(({ device, size = 4_000_787_030_016, serial = null, ...rest }) => ({
    name: device,
    kname: device,
    path: `/dev/${device}`,
    type: 'disk',
    rota: true,
    tran: 'sata',
    size,
    serial,
    mountpoints: [null],
    fstype: null,
    ...rest,
  })),
})

export interface ReportOptions {
  id?: string
  machineKey?: string
  hostname?: string
  collectedAt?: Date | string
  disks?: DiskOptions[]
  /** Disks that lsblk shows; by default those of `disks`. Null = no lsblk section. */
  lsblk?: Parameters<typeof lsblkOf>[0] | null
  sections?: unknown[]
}

export const section = (kind: string, payload: unknown, subject: string | null = null) => ({
  kind,
  version: 1,
  subject,
  payload: typeof payload === 'string' ? payload : JSON.stringify(payload),
})

/** A section that its agent could not have. */
/** What an agent tells of a virtual machine; `links` are the names below /dev/disk. */
export const machineSection = (more: Record<string, unknown> = {}) =>
  section('machine', {
    ip: null,
    os: 'debian',
    osVersion: '12',
    arch: 'x86_64',
    kind: 'VM',
    virtualization: 'kvm',
    machineIdHash: null,
    root: true,
    links: [],
    ...more,
  })

export const unavailable = (kind: string) => ({
  kind,
  version: 1,
  subject: null,
  unavailable: { code: 'TIMEOUT', text: 'no answer' },
})

export function reportOf({
  id = randomUUID(),
  machineKey = 'key-of-the-first-machine',
  hostname = 'atlas',
  collectedAt = new Date('2026-11-21T12:00:00Z'),
  disks = [{}],
  lsblk,
  sections = [],
}: ReportOptions = {}) {
  const named = disks.map((disk, index) => ({
    device: `sd${String.fromCharCode(97 + index)}`,
    serial: `S${index + 1}`,
    ...disk,
  }))
  const blocks = lsblk === undefined ? named.map(({ device, serial }) => ({ device, serial })) : lsblk
  return {
    id,
    machineKey,
    hostname,
    collectedAt: typeof collectedAt === 'string' ? collectedAt : collectedAt.toISOString(),
    agentVersion: '0.1.0',
    sections: [
      ...(blocks ? [section('lsblk', lsblkOf(blocks))] : []),
      ...named.map((disk) => section('smartctl', ataDocument(disk), disk.device)),
      ...sections,
    ],
  }
}

export const REPORT = `mutation ($report: InventoryReportInput!) { reportInventory(report: $report) {
  id repeated machine { id } notes sections { kind subject outcome refusals { field rule cure } } } }`

/** Sends a report and answers with its receipt. The server's clock goes on with it, unless a test lets it run ahead. */
export async function report(api: TestApi, options: ReportOptions & { aheadOfServer?: boolean } = {}, token?: string) {
  const at = new Date(options.collectedAt ?? 0)
  if (at > api.clock.now && !options.aheadOfServer) api.clock.now = at
  const { data, errors } = await api.ask(REPORT, { report: reportOf(options) }, token)
  if (errors) throw Object.assign(new Error(errors[0]?.message), { code: errors[0]?.extensions.code })
  return data.reportInventory as {
    id: string
    repeated: boolean
    machine: { id: string }
    notes: string[]
    sections: any[]
  }
}

export const minutes = (count: number, from = '2026-11-21T12:00:00Z'): Date =>
  new Date(Date.parse(from) + count * 60_000)

/** A machine with /home on one disk, or on a mirror of two. */
export function machineWithData(
  hostname: string,
  disks: DiskOptions[],
  { mountpoints = ['/home'], mirror = false, at = '2026-11-21T01:00:00Z' } = {},
) {
  const array = {
    name: 'md0',
    kname: 'md0',
    path: '/dev/md0',
    type: 'raid1',
    size: 1000,
    mountpoints,
    fstype: 'ext4',
    uuid: hostname,
  }
  const part = (device: string) => ({
    name: `${device}1`,
    kname: `${device}1`,
    path: `/dev/${device}1`,
    type: 'part',
    size: 1000,
    ...(mirror
      ? { fstype: 'linux_raid_member', mountpoints: [null], children: [array] }
      : { fstype: 'ext4', uuid: hostname, mountpoints }),
  })
  const mdraid = {
    arrays: [{ name: 'md0', level: 'raid1', active: true, devices: [], expectedDevices: 2, workingDevices: 2 }],
  }
  return {
    machineKey: `key-of-the-machine-${hostname}`,
    hostname,
    collectedAt: at,
    disks,
    lsblk: disks.map(({ device = 'sda', serial = 'S1' }) => ({ device, serial, children: [part(device)] })),
    ...(mirror ? { sections: [section('mdraid', mdraid)] } : {}),
  }
}
