import { createHash, randomUUID } from 'node:crypto'
import { DAY } from '../platform/clock.ts'
import type { InventoryReportInput, ReportSectionInput } from '../inventory/inventory-report.input.ts'
import { chance } from './chance.ts'
import { dockerReport } from './containers-report.ts'
import type { DemoDisk, DemoMachine, Storage } from './fleet.ts'
import { smartDocument } from './smart-document.ts'
import { baysOf, damageOf } from './stories.ts'
import { aptReport, packagesReport, rebootReport } from './updates-report.ts'

interface Device {
  name: string
  disk: DemoDisk
}

const nameOf = (disk: DemoDisk, bay: number): string => {
  if (disk.rpm === null) return `nvme${bay}n1`
  const letter = (at: number): string => String.fromCharCode(97 + at)
  return bay < 26 ? `sd${letter(bay)}` : `sd${letter(Math.floor(bay / 26) - 1)}${letter(bay % 26)}`
}
const partOf = (device: string): string => (device.startsWith('nvme') ? `${device}p` : device)

const section = (kind: string, payload: unknown, subject: string | null = null): ReportSectionInput => ({
  kind,
  version: 1,
  subject,
  payload: JSON.stringify(payload),
})

/** What the agent of a machine would send at a time. `firstDay` is that of the demo, which the stories count from. */
export function machineReport(machine: DemoMachine, at: Date, firstDay: Date): InventoryReportInput {
  const day = (at.getTime() - firstDay.getTime()) / DAY
  const bays = baysOf(machine, day).map((disk, bay): Device | null => disk && { name: nameOf(disk, bay), disk })
  const present = bays.filter((device) => device !== null)
  const pools = machine.storage.flatMap((storage) => (storage.kind === 'pool' ? poolOf(machine, storage, bays) : []))
  const docker = dockerReport(machine, at, day)
  const mirrors = machine.storage.filter(({ kind }) => kind === 'mirror')
  return {
    id: randomUUID(),
    machineKey: `demo-${createHash('sha256').update(machine.hostname).digest('hex').slice(0, 24)}`,
    hostname: machine.hostname,
    collectedAt: at,
    agentVersion: '0.2.0',
    sections: [
      section('machine', aboutMachine(machine)),
      section('lsblk', { blockdevices: present.map((device) => blockDevice(device, machine, bays.indexOf(device))) }),
      ...present.map(({ name, disk }) =>
        section('smartctl', smartDocument(disk, { device: name, at, damage: damageOf(disk, day) }), name),
      ),
      section('df', { fileSystems: mountedOf(machine, bays) }),
      ...(mirrors.length ? [section('mdraid', { arrays: mirrors.map((storage) => arrayOf(storage, bays)) })] : []),
      ...(pools.length ? [section('zpool', { pools })] : []),
      ...(machine.users.length ? [section('homes', homesOf(machine, at))] : []),
      section('apt', aptReport(machine, at, day)),
      section('packages', packagesReport(machine, at, day)),
      section('reboot', rebootReport(machine, at, day)),
      ...(docker ? [section('docker', docker)] : []),
    ],
  }
}

function aboutMachine({ hostname, os, kind }: DemoMachine): object {
  const address = Math.floor(chance(`${hostname} address`) * 60_000)
  return {
    // 198.18.0.0/15 is nobody's: it is kept for benchmarks (RFC 2544).
    ip: `198.18.${address >> 8}.${1 + (address & 127)}`,
    os,
    osVersion: { debian: '12', proxmox: '8.4', ubuntu: '24.04' }[os],
    arch: 'x86_64',
    kind,
    virtualization: kind === 'VM' ? 'kvm' : 'none',
    machineIdHash: null,
    root: true,
    links: [],
  }
}

/** Where the partitions of a storage lie; those of bays that are empty are null. */
const membersOf = ({ disks }: Storage, bays: readonly (Device | null)[]): (string | null)[] =>
  disks.map((bay) => {
    const device = bays[bay]
    return device ? `${partOf(device.name)}1` : null
  })

function blockDevice({ name, disk }: Device, { storage, hostname }: DemoMachine, bay: number): object {
  const own = storage.find(({ disks }) => disks.includes(bay))
  const device = (kname: string, type: string, more: object): object => ({
    name: kname,
    kname,
    path: `/dev/${kname}`,
    type,
    mountpoints: [null],
    fstype: null,
    ...more,
  })
  const uuid = (at: number): string =>
    createHash('sha256').update(`${hostname} ${bay} ${at}`).digest('hex').slice(0, 12)
  const mounted = (at: number): object => {
    const { mountpoint, sizeBytes } = own?.volumes[at] as { mountpoint: string; sizeBytes: number }
    return { size: sizeBytes, fstype: 'ext4', uuid: uuid(at), mountpoints: [mountpoint] }
  }
  const parts = (): object[] => {
    if (!own) return []
    const first = `${partOf(name)}1`
    if (own.kind === 'pool') return [device(first, 'part', { size: disk.bytes, fstype: 'zfs_member', label: own.name })]
    if (own.kind === 'plain') return own.volumes.map((_, at) => device(`${partOf(name)}${at + 1}`, 'part', mounted(at)))
    const array = device('md0', 'raid1', { ...mounted(0), uuid: `${hostname}-md0` })
    return [device(first, 'part', { size: disk.bytes, fstype: 'linux_raid_member', children: [array] })]
  }
  return device(name, 'disk', {
    size: disk.bytes,
    rota: Boolean(disk.rpm),
    tran: disk.rpm === null ? 'nvme' : 'sata',
    serial: disk.serial,
    model: disk.model,
    children: parts(),
  })
}

const arrayOf = (storage: Storage, bays: readonly (Device | null)[]): object => {
  const members = membersOf(storage, bays).filter((device) => device !== null)
  return {
    name: 'md0',
    level: 'raid1',
    active: true,
    devices: members.map((device) => ({ device, failed: false, spare: false })),
    expectedDevices: storage.disks.length,
    workingDevices: members.length,
  }
}

/** Up to ten disks each in a raidz2 of its own. */
function poolOf(
  { hostname }: DemoMachine,
  storage: Storage & { kind: 'pool' },
  bays: readonly (Device | null)[],
): object {
  const errors = { read: 0, write: 0, checksum: 0 }
  const members = membersOf(storage, bays)
  const sizeBytes = storage.volumes.reduce((sum, volume) => sum + volume.sizeBytes, 0)
  const usedBytes = storage.volumes.reduce((sum, volume) => sum + volume.usedBytes, 0)
  return {
    name: storage.name,
    state: members.includes(null) ? 'DEGRADED' : 'ONLINE',
    sizeBytes,
    allocatedBytes: usedBytes,
    freeBytes: sizeBytes - usedBytes,
    dataErrors: 0,
    scanErrors: 0,
    devices: members.map((device, at) => ({
      path: device ? `/dev/${device}` : `/dev/disk/by-id/${hostname}-bay-${storage.disks[at]}-part1`,
      device,
      state: device ? 'ONLINE' : 'UNAVAIL',
      errors,
      group: `raidz2-${Math.floor(at / 10)}`,
    })),
  }
}

const mountedOf = ({ storage }: DemoMachine, bays: readonly (Device | null)[]): object[] =>
  storage.flatMap((own) =>
    own.volumes.map(({ mountpoint, sizeBytes, usedBytes }, at) => {
      const device = bays[own.disks[0] as number]
      const plain = `/dev/${device ? partOf(device.name) : 'sdz'}${at + 1}`
      return {
        source: { pool: `tank${mountpoint}`, mirror: '/dev/md0', plain }[own.kind],
        fstype: own.kind === 'pool' ? 'zfs' : 'ext4',
        sizeBytes,
        usedBytes,
        availableBytes: sizeBytes - usedBytes,
        mountpoint,
      }
    }),
  )

const homesOf = ({ hostname, users, storage }: DemoMachine, at: Date): object => {
  const home = storage.flatMap(({ volumes }) => volumes).find(({ mountpoint }) => mountpoint === '/home')
  const most = (home?.usedBytes ?? 0) / users.length
  return {
    roots: ['/home'],
    users: users.map((user) => ({
      user,
      path: `/home/${user}`,
      bytes: Math.floor(most * (0.3 + 0.7 * chance(`${hostname} ${user}`))),
      measuredAt: at.toISOString(),
    })),
  }
}
