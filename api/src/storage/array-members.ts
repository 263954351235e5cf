import { NOT_ASKED, type Standing } from '../disks/standing.ts'
import { type Reason, Severity } from '../reasons/reason.ts'
import { reason } from '../disks/rules/rule.ts'
import { btrfsName } from './btrfs-name.ts'
import { byKname, disksBelow, knameOf, type StorageGraph } from './storage-graph.ts'

/** ZFS does not use it any more (zpoolconcepts(7), device states). */
export const LOST_STATE = /^(FAULTED|UNAVAIL|REMOVED|OFFLINE)$/

/** What one pool or array tells of its members. */
interface Speaker {
  name: string
  /** Whether it has all of its members: then it has nothing against a disk that it does not name. */
  isWhole: boolean
  /** The kernel's names of the disks that it names → what it says of them. */
  words: Map<string, Reason[]>
}

/** What pools and arrays say of each disk, by the kernel's name of it, and what they take back. */
export function standingsOf(graph: StorageGraph, silent: ReadonlySet<string>): (kname: string) => Standing {
  if (graph.devices === null) return () => NOT_ASKED
  const speakers = new Map(speakersOf(graph).map((speaker) => [speaker.name, speaker]))
  // A kind that was not told at all may only not be loaded: its arrays are not mended by that.
  const kinds = [
    ...(graph.zpool && !silent.has('zpool') ? ['ZFS '] : []),
    ...(graph.mdraid && !silent.has('mdraid') ? ['md '] : []),
  ]
  return (kname) => ({
    said: [...speakers.values()].flatMap(({ words }) => words.get(kname) ?? []),
    clears: (name) => {
      const speaker = speakers.get(name)
      if (speaker) return speaker.isWhole || speaker.words.has(kname)
      // A pool or array that was taken apart. btrfs tells of what is mounted alone.
      return kinds.some((kind) => name.startsWith(kind))
    },
  })
}

function speakersOf(graph: StorageGraph): Speaker[] {
  const devices = graph.devices ?? []
  const known = byKname(devices)
  const speakers = new Map<string, Speaker>()
  const speaker = (name: string, isWhole: boolean): Speaker => {
    const found = { name, isWhole, words: new Map<string, Reason[]>() }
    speakers.set(name, found)
    return found
  }
  const name = ({ words }: Speaker, device: string | null, said: Reason[]): void => {
    for (const disk of device ? disksBelow(knameOf(device, known) ?? '', known) : [])
      words.set(disk, [...(words.get(disk) ?? []), ...said])
  }
  for (const pool of graph.zpool?.pools ?? []) {
    const isWhole =
      pool.state === 'ONLINE' && !pool.devices.some(({ state }) => state !== null && LOST_STATE.test(state))
    const own = speaker(`ZFS ${pool.name}`, isWhole)
    for (const { device, state, errors } of pool.devices) {
      const isDegraded = state !== null && (state === 'DEGRADED' || LOST_STATE.test(state))
      const severity = state === 'FAULTED' ? Severity.AT_RISK : Severity.WARNING
      name(own, device, [
        ...(isDegraded ? [reason('POOL_MEMBER_DEGRADED', severity, null, null, `${own.name}: ${state}`)] : []),
        ...errorsOf(own.name, (errors?.read ?? 0) + (errors?.write ?? 0) + (errors?.checksum ?? 0)),
      ])
    }
  }
  for (const array of graph.mdraid?.arrays ?? []) {
    const { active, broken, expectedDevices, workingDevices } = array
    const isWhole = active && !broken && (workingDevices ?? 0) >= (expectedDevices ?? 0)
    const own = speaker(`md ${array.name}`, isWhole)
    for (const { device, failed } of array.devices)
      name(
        own,
        device,
        failed ? [reason('POOL_MEMBER_DEGRADED', Severity.AT_RISK, null, null, `${own.name}: failed`)] : [],
      )
  }
  // Of several devices it is not told which bears which number.
  for (const fileSystem of graph.btrfs?.fileSystems ?? []) {
    const on = devices.filter(({ uuid, fstype }) => fstype === 'btrfs' && uuid === fileSystem.uuid)
    if (fileSystem.devices.length !== 1 || on.length !== 1) continue
    const own = speaker(`btrfs ${btrfsName(fileSystem)}`, true)
    name(own, on[0]?.path ?? null, errorsOf(own.name, fileSystem.devices[0]?.errors ?? 0))
  }
  return [...speakers.values()]
}

const errorsOf = (speaker: string, count: number): Reason[] =>
  count > 0 ? [reason('POOL_MEMBER_ERRORS', Severity.WARNING, count, 1, speaker)] : []
