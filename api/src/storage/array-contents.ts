import { ArrayKind } from './array-rules.ts'
import { btrfsName } from './btrfs-name.ts'
import type { BlockDevice } from './lsblk.ts'
import { volumeOf } from './redundancy.ts'
import { byKname, disksBelow, knameOf, type StorageGraph } from './storage-graph.ts'

/** What belongs to each array, pool and volume group of a report. */
export interface ArrayContents {
  /** Kernel names of the disks that it lies on. */
  disks: ReadonlySet<string>
  /** Sources of the file systems on it, as their rows have them. */
  sources: ReadonlySet<string>
}

/** Whether the source of a file system is on an array by its name alone: what failed may stand in no report any more. */
export function isOnArray(source: string | null, { kind, name }: { kind: string; name: string }): boolean {
  if (source === null) return false
  if (kind === ArrayKind.MDRAID) return source === `/dev/${name}`
  if (kind === ArrayKind.ZFS) return source.split('/')[0] === name
  return (
    kind === ArrayKind.LVM &&
    (source.startsWith(`/dev/${name}/`) || source.startsWith(`/dev/mapper/${name.replaceAll('-', '--')}-`))
  )
}

/** By `<kind> <name>`, as arrays are called in events. Pure. */
export function arrayContents(graph: StorageGraph): Map<string, ArrayContents> {
  const devices = byKname(graph.devices ?? [])
  const contents = new Map<string, { disks: Set<string>; sources: Set<string> }>()
  const of = (kind: ArrayKind, name: string) => {
    const key = `${kind} ${name}`
    const known = contents.get(key) ?? { disks: new Set<string>(), sources: new Set<string>() }
    contents.set(key, known)
    return known
  }
  const arraysBelow = arraysOfDevices(graph, devices)
  for (const device of devices.values()) {
    for (const array of arraysBelow(device.kname)) {
      const [kind, ...name] = array.split(' ') as [ArrayKind, ...string[]]
      const own = of(kind, name.join(' '))
      own.sources.add(device.path ?? `/dev/${device.name}`)
      for (const disk of disksBelow(device.kname, devices)) own.disks.add(disk)
    }
  }
  for (const pool of graph.zpool?.pools ?? []) {
    const own = of(ArrayKind.ZFS, pool.name)
    for (const { device } of pool.devices)
      for (const disk of device ? disksBelow(knameOf(device, devices) ?? '', devices) : []) own.disks.add(disk)
    for (const { source, fstype } of graph.df?.fileSystems ?? [])
      if (fstype === 'zfs' && source.split('/')[0] === pool.name) own.sources.add(source)
  }
  return contents
}

/** The md arrays, volume groups and btrfs that each device is made of, found once for each device. */
function arraysOfDevices(
  graph: StorageGraph,
  devices: ReadonlyMap<string, BlockDevice>,
): (kname: string) => Set<string> {
  const known = new Map<string, Set<string>>()
  const find = (kname: string): Set<string> => {
    const found = known.get(kname)
    if (found) return found
    const own = new Set<string>()
    // Before its parents are looked at: devices that lie on each other in a circle end here.
    known.set(kname, own)
    const device = devices.get(kname)
    if (!device) return own
    for (const parent of device.parents) for (const array of find(parent)) own.add(array)
    if (graph.mdraid?.arrays.some(({ name }) => name === kname)) own.add(`${ArrayKind.MDRAID} ${kname}`)
    const volume = volumeOf(device, graph.lvm)
    if (volume) own.add(`${ArrayKind.LVM} ${volume.volumeGroup}`)
    const btrfs = device.uuid ? graph.btrfs?.fileSystems.find(({ uuid }) => uuid === device.uuid) : undefined
    if (btrfs) own.add(`${ArrayKind.BTRFS} ${btrfsName(btrfs)}`)
    return own
  }
  return find
}
