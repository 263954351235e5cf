import { type Reason, Severity } from '../reasons/reason.ts'
import { reason } from '../disks/rules/rule.ts'
import { byKname, disksBelow, knameOf, type StorageGraph } from './storage-graph.ts'

/** ZFS does not use it any more (zpoolconcepts(7), device states). */
export const LOST_STATE = /^(FAULTED|UNAVAIL|REMOVED|OFFLINE)$/

/** What pools and arrays say of their members: the kernel's name of the disk → reasons. */
export function wordsOnMembers({ devices, zpool, mdraid }: StorageGraph): Map<string, Reason[]> {
  const known = byKname(devices ?? [])
  const words = new Map<string, Reason[]>()
  const add = (device: string | null, said: Reason): void => {
    for (const disk of device ? disksBelow(knameOf(device, known) ?? '', known) : [])
      words.set(disk, [...(words.get(disk) ?? []), said])
  }
  for (const pool of zpool?.pools ?? []) {
    for (const { device, state, errors } of pool.devices) {
      if (state && (state === 'DEGRADED' || LOST_STATE.test(state))) {
        const severity = state === 'FAULTED' ? Severity.AT_RISK : Severity.WARNING
        add(device, reason('POOL_MEMBER_DEGRADED', severity, null, null, `ZFS ${pool.name}: ${state}`))
      }
      const count = (errors?.read ?? 0) + (errors?.write ?? 0) + (errors?.checksum ?? 0)
      if (count > 0) add(device, reason('POOL_MEMBER_ERRORS', Severity.WARNING, count, 1, `ZFS ${pool.name}`))
    }
  }
  for (const array of mdraid?.arrays ?? [])
    for (const { device, failed } of array.devices)
      if (failed) add(device, reason('POOL_MEMBER_DEGRADED', Severity.AT_RISK, null, null, `md ${array.name}: failed`))
  return words
}
