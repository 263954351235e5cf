import type { UserHome } from './file-system.entity.ts'
import type { BlockDevice } from './lsblk.ts'
import { lostDisks, redundanciesOf } from './redundancy.ts'
import { byKname, disksBelow, knameOf, type StorageGraph } from './storage-graph.ts'

/** A file system as one report shows it. */
export interface FileSystemFacts {
  key: string
  mountpoint: string | null
  mountpoints: string[]
  source: string | null
  fstype: string | null
  uuid: string | null
  sizeBytes: number | null
  usedBytes: number | null
  freeBytes: number | null
  users: UserHome[] | null
  homeBytes: number | null
  /** How many of its disks may fail, whichever they are, before it is lost; null = not known. */
  mayFail: number | null
  /** Kernel names of the physical disks that it lies on; null = what tells could not be asked, so that it is as it was. */
  disks: readonly string[] | null
}

/** Members and containers hold something else, swap holds no files: they are no file systems. */
const CONTAINER = /_member$|^crypto_LUKS$|^ceph_|^bcache$|^VMFS|^mpath|^swap$|^thin-?pool/
export const isContainer = (fstype: string | null): boolean => fstype !== null && CONTAINER.test(fstype)

/** Which sources a report had: a file system that only another one would tell of is not gone. */
export interface FileSystemSources {
  /** lsblk: block devices, and what they hold. */
  devices: boolean
  /** df: what is mounted; data sets of ZFS stand there alone. */
  df: boolean
}

export const sourcesOf = ({ devices, df }: StorageGraph): FileSystemSources => ({
  devices: devices !== null,
  df: df !== null,
})

/** What lies where, from the graph of block devices, df and the pools. Null where neither lsblk nor df was told. */
export function fileSystemsOf(graph: StorageGraph): FileSystemFacts[] | null {
  if (!graph.devices && !graph.df) return null
  const devices = byKname(graph.devices ?? [])
  const redundancy = redundanciesOf(graph)
  const found = new Map<string, FileSystemFacts>()
  const holders = [...devices.values()].filter(
    ({ fstype, mountpoints }) => (fstype || mountpoints.length > 0) && !isContainer(fstype),
  )
  // Of several with one uuid the mounted one is the file system; what is a copy of it stands apart.
  const mountedFirst = holders.toSorted((a, b) => Number(b.mountpoints.length > 0) - Number(a.mountpoints.length > 0))
  const first = new Map<string, BlockDevice>()
  const keys = new Map<BlockDevice, string>()
  for (const device of mountedFirst) {
    const uuid = device.uuid ?? pathOf(device)
    const known = first.get(uuid)
    if (!known) first.set(uuid, device)
    keys.set(device, !known || isOneFileSystem(known, device, graph, devices) ? uuid : `${uuid}@${pathOf(device)}`)
  }
  for (const device of holders)
    add(found, {
      ...fromDevice(device, keys.get(device) ?? pathOf(device), devices),
      mayFail: redundancy.ofDevice(device.kname),
    })
  const mounts = new Map(
    [...found.values()].flatMap((fileSystem) => fileSystem.mountpoints.map((point) => [point, fileSystem] as const)),
  )
  for (const row of graph.df?.fileSystems ?? []) {
    if (row.fstype === 'zfs') {
      add(found, { ...fromDataset(row, graph, devices), mayFail: redundancy.ofPool(row.source.split('/')[0] ?? '') })
      continue
    }
    const mounted = mounts.get(row.mountpoint)
    if (mounted) {
      mounted.sizeBytes = row.sizeBytes ?? mounted.sizeBytes
      mounted.usedBytes = row.usedBytes ?? mounted.usedBytes
      mounted.freeBytes = row.availableBytes ?? mounted.freeBytes
    } else if (row.source.startsWith('/dev/')) {
      const kname = knameOf(row.source, devices)
      const device = kname ? devices.get(kname) : undefined
      add(found, {
        ...blank(`${device?.uuid ?? row.source}`),
        mountpoint: row.mountpoint,
        mountpoints: [row.mountpoint],
        source: row.source,
        fstype: row.fstype,
        uuid: device?.uuid ?? null,
        sizeBytes: row.sizeBytes,
        usedBytes: row.usedBytes,
        freeBytes: row.availableBytes,
        mayFail: kname ? redundancy.ofDevice(kname) : null,
        disks: graph.devices === null ? null : kname ? disksBelow(kname, devices) : [],
      })
    }
  }
  const lost = lostDisks(graph)
  const fileSystems = [...found.values()].map((each) => ({
    ...each,
    disks: each.disks && each.disks.length > 1 ? each.disks.filter((disk) => !lost.has(disk)) : each.disks,
  }))
  if (graph.homes) placeHomes(fileSystems, graph.homes)
  return fileSystems
}

const blank = (key: string): FileSystemFacts => ({
  key,
  mountpoint: null,
  mountpoints: [],
  source: null,
  fstype: null,
  uuid: null,
  sizeBytes: null,
  usedBytes: null,
  freeBytes: null,
  users: null,
  homeBytes: null,
  mayFail: null,
  disks: [],
})

/** Btrfs over several devices is one file system with one uuid, mounted through one of them. */
function add(found: Map<string, FileSystemFacts>, facts: FileSystemFacts): void {
  const known = found.get(facts.key)
  if (!known) {
    found.set(facts.key, facts)
    return
  }
  // Whether several devices hold the same or each a part of it, nobody tells.
  if (facts.disks?.some((disk) => !known.disks?.includes(disk))) known.mayFail = null
  if (facts.disks) known.disks = [...new Set([...(known.disks ?? []), ...facts.disks])]
  known.mountpoints = shortestFirst([...new Set([...known.mountpoints, ...facts.mountpoints])])
  known.mountpoint = known.mountpoints[0] ?? null
  known.sizeBytes ??= facts.sizeBytes
  known.usedBytes ??= facts.usedBytes
  known.freeBytes ??= facts.freeBytes
}

const shortestFirst = (paths: string[]): string[] => paths.toSorted((a, b) => a.length - b.length || (a < b ? -1 : 1))

const pathOf = (device: BlockDevice): string => device.path ?? `/dev/${device.name}`

/**
 * Whether two devices with one uuid hold one file system: the devices of a btrfs, or the paths of multipath. A copy made by
 * dd, or a snapshot beside its origin, is another one, though it says the same of itself.
 */
function isOneFileSystem(
  one: BlockDevice,
  other: BlockDevice,
  graph: StorageGraph,
  devices: ReadonlyMap<string, BlockDevice>,
): boolean {
  if (one.fstype === 'btrfs') {
    const told = graph.btrfs?.fileSystems.find(({ uuid }) => uuid === one.uuid)
    return told === undefined || told.devices.length > 1
  }
  const isMultipath = [one, other].some((device) =>
    [device, ...device.parents.map((name) => devices.get(name))].some((each) => each?.type === 'mpath'),
  )
  const [disks, others] = [disksBelow(one.kname, devices), disksBelow(other.kname, devices)]
  return isMultipath && (disks.every((disk) => others.includes(disk)) || others.every((disk) => disks.includes(disk)))
}

function fromDevice(device: BlockDevice, key: string, devices: ReadonlyMap<string, BlockDevice>): FileSystemFacts {
  const mountpoints = shortestFirst(device.mountpoints.filter((point) => point.startsWith('/')))
  const swap = device.fstype === 'swap' || device.mountpoints.includes('[SWAP]')
  return {
    ...blank(key),
    mountpoint: mountpoints[0] ?? null,
    mountpoints,
    source: pathOf(device),
    fstype: device.fstype ?? (swap ? 'swap' : null),
    uuid: device.uuid,
    sizeBytes: device.fsSizeBytes ?? device.sizeBytes,
    usedBytes: device.usedBytes,
    freeBytes: device.freeBytes,
    disks: disksBelow(device.kname, devices),
  }
}

type DfRow = NonNullable<StorageGraph['df']>['fileSystems'][number]

/** A ZFS data set lies on every device of its pool. */
function fromDataset(row: DfRow, graph: StorageGraph, devices: ReadonlyMap<string, BlockDevice>): FileSystemFacts {
  const poolName = row.source.split('/')[0]
  const pool = graph.zpool?.pools.find(({ name }) => name === poolName)
  // A cache, a log or a spare holds nothing that is not elsewhere in the pool.
  const disks = pool?.devices.flatMap(({ device, use }) =>
    device && use === null ? disksBelow(knameOf(device, devices) ?? '', devices) : [],
  )
  return {
    ...blank(`zfs:${row.source}`),
    mountpoint: row.mountpoint,
    mountpoints: [row.mountpoint],
    source: row.source,
    fstype: 'zfs',
    sizeBytes: row.sizeBytes,
    usedBytes: row.usedBytes,
    freeBytes: row.availableBytes,
    disks: disks && graph.devices ? [...new Set(disks)] : null,
  }
}

const covers = (mountpoint: string, path: string): boolean =>
  mountpoint === '/' || path === mountpoint || path.startsWith(`${mountpoint}/`)

/** Each home lies on the file system with the longest mountpoint above it. Measured without finding one: none is there. */
function placeHomes(fileSystems: FileSystemFacts[], homes: NonNullable<StorageGraph['homes']>): void {
  const mounts = fileSystems
    .flatMap((fileSystem) => fileSystem.mountpoints.map((point) => ({ point, fileSystem })))
    .toSorted((a, b) => b.point.length - a.point.length)
  for (const fileSystem of fileSystems) if (fileSystem.mountpoint) fileSystem.users = []
  for (const { user, path, bytes, measuredAt } of homes.users) {
    const fileSystem = mounts.find(({ point }) => covers(point, path))?.fileSystem
    if (!fileSystem) continue
    fileSystem.users = [...(fileSystem.users ?? []), { user, bytes, measuredAt }]
  }
  for (const fileSystem of fileSystems) {
    if (!fileSystem.users?.length) continue
    fileSystem.users.sort((a, b) => (b.bytes ?? -1) - (a.bytes ?? -1))
    fileSystem.homeBytes = fileSystem.users.reduce((sum, { bytes }) => sum + (bytes ?? 0), 0)
  }
}
