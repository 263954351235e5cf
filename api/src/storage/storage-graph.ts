import type { BlockDevice } from './lsblk.ts'
import { isPhysicalDisk } from './lsblk.ts'
import type { CephFacts, DfFacts, HomesFacts, LuksFacts, LvmFacts, MdraidFacts, ZpoolFacts } from './sections.ts'

/** What one report tells about storage; a section that was not told is null. Kept with its machine. */
export interface StorageGraph {
  devices: BlockDevice[] | null
  lvm: LvmFacts | null
  zpool: ZpoolFacts | null
  mdraid: MdraidFacts | null
  luks: LuksFacts | null
  df: DfFacts | null
  ceph: CephFacts | null
  homes: HomesFacts | null
}

export const emptyGraph = (): StorageGraph => ({
  devices: null,
  lvm: null,
  zpool: null,
  mdraid: null,
  luks: null,
  df: null,
  ceph: null,
  homes: null,
})

/** The physical disks below a block device: itself, or the roots that its parents lead to. */
export function disksBelow(kname: string, devices: ReadonlyMap<string, BlockDevice>): string[] {
  const disks = new Set<string>()
  const seen = new Set<string>()
  const visit = (name: string): void => {
    if (seen.has(name)) return
    seen.add(name)
    const device = devices.get(name)
    if (!device) return
    if (isPhysicalDisk(device)) disks.add(name)
    else for (const parent of device.parents) visit(parent)
  }
  visit(kname)
  return [...disks]
}

/** All that lies on each physical disk, the disk itself included. Each device is looked at once, however many there are. */
export function contentOfDisks(devices: ReadonlyMap<string, BlockDevice>): Map<string, BlockDevice[]> {
  const content = new Map<string, BlockDevice[]>()
  for (const device of devices.values()) {
    for (const disk of disksBelow(device.kname, devices)) {
      const known = content.get(disk)
      if (known) known.push(device)
      else content.set(disk, [device])
    }
  }
  return content
}

const indexes = new WeakMap<ReadonlyMap<string, BlockDevice>, Map<string, string>>()

/** Every name and path of the devices, with the kernel's name behind it. */
function indexOf(devices: ReadonlyMap<string, BlockDevice>): Map<string, string> {
  const known = indexes.get(devices)
  if (known) return known
  const index = new Map<string, string>()
  for (const { kname, name, path } of devices.values()) {
    if (path) index.set(path, kname)
    index.set(name, kname)
  }
  indexes.set(devices, index)
  return index
}

/** The kernel's name behind a path such as /dev/sda1, /dev/mapper/vg-root or /dev/vg/root. */
export function knameOf(path: string, devices: ReadonlyMap<string, BlockDevice>): string | null {
  const name = path.replace(/^\/dev\/(mapper\/)?/, '')
  if (devices.has(name)) return name
  const index = indexOf(devices)
  // The device mapper doubles each hyphen of a volume's name, and joins group and volume by one.
  const mapped = name
    .split('/')
    .map((part) => part.replaceAll('-', '--'))
    .join('-')
  return index.get(path) ?? index.get(name) ?? index.get(mapped) ?? null
}

export const byKname = (devices: readonly BlockDevice[]): Map<string, BlockDevice> =>
  new Map(devices.map((device) => [device.kname, device]))

/** Members of pools and arrays that do not count on them any more: kernel name of the disk → what is said of it. */
export function degradedDisks({ devices, zpool, mdraid }: StorageGraph): Map<string, string> {
  const known = byKname(devices ?? [])
  const degraded = new Map<string, string>()
  const add = (device: string | null, words: string): void => {
    for (const disk of device ? disksBelow(knameOf(device, known) ?? '', known) : []) degraded.set(disk, words)
  }
  for (const pool of zpool?.pools ?? []) {
    for (const { device, state } of pool.devices) {
      if (state && /^(DEGRADED|FAULTED|UNAVAIL|REMOVED)$/.test(state)) add(device, `ZFS ${pool.name}: ${state}`)
    }
  }
  for (const array of mdraid?.arrays ?? []) {
    for (const { device, failed } of array.devices) if (failed) add(device, `md ${array.name}: failed`)
  }
  return degraded
}
