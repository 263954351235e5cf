import type { BlockDevice } from './lsblk.ts'
import { byKname, contentOfDisks, disksBelow, knameOf, type StorageGraph } from './storage-graph.ts'

// Partition types that say what lies on them even where no tool was there to ask (GPT, UEFI registry).
const ZFS_PARTITIONS = ['6a898cc3-1dd2-11b2-99a6-080020736631', '516e7cba-6ecf-11d6-8ff8-00022d09712b']

const BY_FSTYPE: [role: string, fstype: RegExp][] = [
  ['ceph_osd', /^ceph_/],
  ['lvm', /^LVM2_member$/],
  ['zfs_pool', /^zfs_member$/],
  ['mdraid', /^(linux_raid_member|isw_raid_member|ddf_raid_member)$/],
  ['luks', /^crypto_LUKS$/],
]

/** What each physical disk serves, by its kernel name; null = nothing known to use it. */
export function rolesOf(graph: StorageGraph): Map<string, string | null> {
  const devices = byKname(graph.devices ?? [])
  const told = new Map<string, string>()
  const tell = (path: string | null, role: string): void => {
    for (const disk of path ? disksBelow(knameOf(path, devices) ?? '', devices) : [])
      if (!told.has(disk)) told.set(disk, role)
  }
  for (const osd of graph.ceph?.osds ?? []) for (const device of osd.devices) tell(device, 'ceph_osd')
  for (const pool of graph.zpool?.pools ?? []) for (const { device } of pool.devices) tell(device, 'zfs_pool')
  for (const volume of graph.lvm?.physicalVolumes ?? []) tell(volume.device, 'lvm')
  for (const array of graph.mdraid?.arrays ?? []) for (const { device } of array.devices) tell(device, 'mdraid')
  const roles = new Map<string, string | null>()
  for (const [disk, content] of contentOfDisks(devices)) roles.set(disk, told.get(disk) ?? roleByContent(content))
  return roles
}

type Content = Pick<BlockDevice, 'type' | 'fstype' | 'parttype' | 'mountpoints'>

/** What a disk serves by all that lies on it; null = nothing known to use it. */
export function roleByContent(content: readonly Content[]): string | null {
  for (const [role, fstype] of BY_FSTYPE)
    if (content.some((device) => device.fstype && fstype.test(device.fstype))) return role
  if (content.some((device) => device.parttype && ZFS_PARTITIONS.includes(device.parttype))) return 'zfs_pool'
  if (content.some((device) => device.mountpoints.some((point) => point.startsWith('/')))) return 'file_system'
  if (content.some((device) => device.fstype === 'swap' || device.mountpoints.includes('[SWAP]'))) return 'swap'
  if (content.some((device) => device.fstype)) return 'file_system'
  return content.some((device) => device.type === 'part') ? 'partitions' : null
}
