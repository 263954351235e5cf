import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { keepInFile, readKept } from '../host/kept-file.ts'
import type { BlockDevice } from './lsblk.ts'
import type { LvmFacts } from '../report/storage.ts'

/** What LVM told last, and how much each of its devices had read and written by then. */
interface Told {
  devices: string
  activity: Record<string, string>
  at: number
  facts: LvmFacts | null
}

const LONGEST_MS = 24 * 3_600_000

/**
 * What LVM tells, asked anew only where something changed: its tools read the label of every device, and wake the disks
 * that sleep. A device that has done nothing since then may be asleep; one that has is awake.
 */
export async function askWhenAwake(
  collect: () => Promise<LvmFacts | null>,
  devices: readonly BlockDevice[],
  stateDir: string,
  { now = Date.now, sysfs = '/sys/class/block' } = {},
): Promise<LvmFacts | null> {
  const members = devices.filter(({ fstype, rotational }) => fstype === 'LVM2_member' && rotational)
  // Solid state needs no rest.
  if (members.length === 0) return collect()
  const file = join(stateDir, 'lvm.json')
  const all = JSON.stringify(devices)
  const told = await readTold(file)
  const activity = await activityOf(members, sysfs)
  const rests = members.some(({ kname }) => told?.activity[kname] === activity[kname])
  const age = now() - (told?.at ?? -Infinity)
  if (told && told.devices === all && rests && age >= 0 && age < LONGEST_MS) return told.facts
  const facts = await collect()
  // Its own reading counts as activity: how far the counters are afterwards is kept.
  await keepInFile(file, { devices: all, activity: await activityOf(members, sysfs), at: now(), facts })
  return facts
}

/** Reads and writes that were completed, from /sys/class/block/…/stat: the first and the fifth number. */
async function activityOf(members: readonly BlockDevice[], sysfs: string): Promise<Record<string, string>> {
  const read = async ({ kname }: BlockDevice): Promise<[string, string]> => {
    const stat = await readFile(join(sysfs, kname, 'stat'), 'utf8').catch(() => '')
    const [reads, , , , writes] = stat.trim().split(/\s+/)
    return [kname, reads && writes ? `${reads} ${writes}` : `unknown ${Math.random()}`]
  }
  return Object.fromEntries(await Promise.all(members.map(read)))
}

async function readTold(file: string): Promise<Told | null> {
  const told = (await readKept(file)) as Told | null
  return told && typeof told.activity === 'object' && told.activity !== null ? told : null
}
