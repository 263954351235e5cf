import { isPhysicalDisk, type LvmFacts, type ZpoolFacts } from '@vigie/agent/report'
import { LOST_STATE } from './array-members.ts'
import { redundancyOf } from './array-rules.ts'
import type { BlockDevice } from './lsblk.ts'
import { byKname, disksBelow, knameOf, type StorageGraph } from './storage-graph.ts'

// How many disks may still fail before what lies on a device is lost, whichever they are. Null = not known: an array whose
// members are not told bears nothing that anybody could rely on.

/** Disks whose arrays and pools have lost them already: what these still bear is reckoned without them. */
export function lostDisks({ devices, mdraid, zpool }: StorageGraph): Set<string> {
  const known = byKname(devices ?? [])
  const names = [
    ...(mdraid?.arrays ?? []).flatMap((array) =>
      array.devices.filter(({ failed }) => failed).map(({ device }) => device),
    ),
    ...(zpool?.pools ?? []).flatMap((pool) =>
      pool.devices.flatMap(({ device, state }) => (device && state !== null && LOST_STATE.test(state) ? [device] : [])),
    ),
  ]
  return new Set(names.flatMap((name) => disksBelow(knameOf(name, known) ?? '', known)))
}

export interface Redundancy {
  ofDevice(kname: string): number | null
  ofPool(name: string): number | null
}

/** What one report tells of the redundancy of its devices and pools. Pure; devices must lie on each other without a circle. */
export function redundanciesOf(graph: StorageGraph): Redundancy {
  const devices = byKname(graph.devices ?? [])
  const known = new Map<string, number | null>()
  const ofDevice = (kname: string): number | null => {
    const found = known.get(kname)
    if (found !== undefined) return found
    const device = devices.get(kname)
    const bears = device ? bearsOf(device) : null
    known.set(kname, bears)
    return bears
  }

  function bearsOf(device: BlockDevice): number | null {
    // Paths of multipath lead to one disk.
    if (isPhysicalDisk(device) || device.type === 'mpath') return 0
    const below = device.parents.filter((parent) => devices.has(parent))
    const array = graph.mdraid?.arrays.find(({ name }) => name === device.kname)
    if (array) {
      const { level, expectedDevices, workingDevices } = array
      if (level === null || expectedDevices === null || workingDevices === null) return null
      // Of a raid10 the second may be the wrong one.
      const bears = level === 'raid10' ? 1 : redundancyOf(level, expectedDevices)
      return left(bears, expectedDevices - workingDevices, below)
    }
    // The kernel calls it an array, and nothing tells how many members it has lost.
    if (device.type?.startsWith('raid')) return null
    const volume = volumeOf(device, graph.lvm)
    const images = below.filter((parent) => /_[rm]image_\d+$/.test(devices.get(parent)?.name ?? ''))
    if (images.length > 0) {
      if (!volume?.type) return null
      // Partial, or a mirror that runs on one leg (lvs(8), lv_health_status): what it still bears is not told.
      if (volume.health !== null && !volume.health.startsWith('mismatches')) return 0
      return left(redundancyOfSegments(volume.type, images.length), 0, images)
    }
    return below.length === 0 ? null : least(below.map(ofDevice))
  }

  /** What is left of the redundancy of an array, where members of it may share a disk. */
  function left(bears: number | null, lost: number, members: readonly string[]): number | null {
    if (bears === null || members.length === 0) return null
    const shares = new Map<string, number>()
    for (const member of members)
      for (const disk of disksBelow(member, devices)) shares.set(disk, (shares.get(disk) ?? 0) + 1)
    return Math.floor(Math.max(0, bears - lost) / Math.max(1, ...shares.values()))
  }

  const ofPool = (name: string): number | null => {
    const pool = graph.zpool?.pools.find((each) => each.name === name)
    if (!pool) return null
    const data = pool.devices.filter(({ use }) => use === null)
    if (data.every(({ group }) => group === null)) return null
    // Where one is being filled or replaced, what the pool still bears is not told: nothing is reckoned.
    if (data.some(({ group }) => group === null)) return 0
    const groups = [...Map.groupBy(data, ({ group }) => group as string)]
    return least(groups.map(([group, members]) => ofGroup(group, members)))
  }

  const ofGroup = (group: string, members: PoolDevice[]): number | null => {
    const lost = members.filter(({ state }) => state !== null && LOST_STATE.test(state)).length
    const names = members.map(({ device, path }) => knameOf(device ?? path, devices) ?? '')
    if (group.startsWith('mirror')) return left(members.length - 1, lost, names)
    // zpoolconcepts(7): raidz1 is also called raidz; draid2:… names its parity first.
    const parity = /^d?raidz?(\d?)/.exec(group)?.[1]
    if (parity !== undefined && group !== members[0]?.path) return left(Number(parity || 1), lost, names)
    return members.length === 1 ? 0 : null
  }

  return { ofDevice, ofPool }
}

type PoolDevice = ZpoolFacts['pools'][number]['devices'][number]

const least = (numbers: readonly (number | null)[]): number | null =>
  numbers.length === 0 || numbers.includes(null) ? null : Math.min(...(numbers as number[]))

/** The device mapper joins group and volume by a hyphen, and doubles those of their own. */
export const volumeOf = ({ name }: Pick<BlockDevice, 'name'>, lvm: LvmFacts | null) =>
  lvm?.logicalVolumes.find(
    (volume) => [volume.volumeGroup, volume.name].map((part) => part.replaceAll('-', '--')).join('-') === name,
  )

/** lvmraid(7): segment types and the images that may be lost. */
function redundancyOfSegments(type: string, images: number): number | null {
  if (/^(raid1|mirror)$/.test(type)) return images - 1
  if (/^raid[45]/.test(type) || type === 'raid10') return 1
  if (/^raid6/.test(type)) return 2
  return type === 'raid0' ? 0 : null
}
