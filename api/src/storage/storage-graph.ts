import { isPhysicalDisk } from '@vigie/agent/report'
import type { BlockDevice } from './lsblk.ts'
import type {
  BtrfsFacts,
  CephFacts,
  DfFacts,
  HomesFacts,
  LuksFacts,
  LvmFacts,
  MdraidFacts,
  ZpoolFacts,
} from '@vigie/agent/report'

/** What one report tells about storage; a section that was not told is null. Kept with its machine. */
export interface StorageGraph {
  devices: BlockDevice[] | null
  lvm: LvmFacts | null
  zpool: ZpoolFacts | null
  mdraid: MdraidFacts | null
  btrfs: BtrfsFacts | null
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
  btrfs: null,
  luks: null,
  df: null,
  ceph: null,
  homes: null,
})

type Devices = ReadonlyMap<string, BlockDevice>

/** What one report may cost: a machine with 1,000 disks in arrays, volumes and file systems takes some 10,000 steps. */
const MOST_STEPS = 1_000_000
const placed = new WeakMap<Devices, Map<string, readonly string[]> | null>()

/**
 * The physical disks below each block device: itself, or the roots that its parents lead to. Parents before children,
 * each device once. Null where devices lie on each other in a circle, or in more ways than any machine has.
 */
export function placesOf(devices: Devices): Map<string, readonly string[]> | null {
  const known = placed.get(devices)
  if (known !== undefined) return known
  const places = computePlaces(devices)
  placed.set(devices, places)
  return places
}

function computePlaces(devices: Devices): Map<string, readonly string[]> | null {
  const children = new Map<string, string[]>()
  const open = new Map<string, number>()
  for (const { kname, parents } of devices.values()) {
    const present = parents.filter((parent) => devices.has(parent))
    open.set(kname, present.length)
    for (const parent of present) {
      const list = children.get(parent)
      if (list) list.push(kname)
      else children.set(parent, [kname])
    }
  }
  const ready = [...open].filter(([, count]) => count === 0).map(([kname]) => kname)
  const places = new Map<string, readonly string[]>()
  let steps = 0
  for (let kname = ready.pop(); kname !== undefined; kname = ready.pop()) {
    const device = devices.get(kname) as BlockDevice
    const below = isPhysicalDisk(device) ? [kname] : device.parents.flatMap((parent) => places.get(parent) ?? [])
    steps += below.length + 1
    if (steps > MOST_STEPS) return null
    places.set(kname, [...new Set(below)])
    for (const child of children.get(kname) ?? []) {
      const left = (open.get(child) ?? 0) - 1
      open.set(child, left)
      if (left === 0) ready.push(child)
    }
  }
  return places.size === devices.size ? places : null
}

/** The physical disks below a block device. */
export const disksBelow = (kname: string, devices: Devices): readonly string[] => placesOf(devices)?.get(kname) ?? []

/** All that lies on each physical disk, the disk itself included. Each device is looked at once, however many there are. */
export function contentOfDisks(devices: Devices): Map<string, BlockDevice[]> {
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

const indexes = new WeakMap<Devices, Map<string, string>>()

/** Every name and path of the devices, with the kernel's name behind it. */
function indexOf(devices: Devices): Map<string, string> {
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
export function knameOf(path: string, devices: Devices): string | null {
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
