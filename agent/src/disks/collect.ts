import { realpath } from 'node:fs/promises'
import { collectSection, type Section, Unavailable } from '../inventory/section.ts'
import { CommandUnavailable, type Run } from '../platform/command.ts'
import type { BlockDevice } from '../storage/lsblk.ts'
import { subjectOf } from '../report/subject.ts'
import { parseScan, readSmart, type SmartTarget } from './smartctl.ts'

/** From the settings file: which types a device is to be asked with, such as ["megaraid,0", "megaraid,1"]. */
export interface DeviceSetting {
  device: string
  types: string[]
}

const AT_ONCE = 4

/** One section for each disk; one for all of them where none can be read. */
export async function collectDisks(
  run: Run,
  disks: readonly BlockDevice[],
  settings: readonly DeviceSetting[],
  root: boolean,
): Promise<Section[]> {
  const cannot = async (code: string, text: string): Promise<Section[]> => {
    const section = await collectSection('smartctl', () => Promise.reject(new Unavailable(code, text)))
    return section ? [section] : []
  }
  if (disks.length === 0 && settings.length === 0 && !root) return []
  if (!root) return cannot('NOT_ROOT', 'S.M.A.R.T. can be read by root only: run the agent with sudo')
  const scan = await run('smartctl', ['--scan', '--json=c']).catch((error: unknown) => error as Error)
  if (scan instanceof CommandUnavailable && scan.code === 'MISSING_COMMAND') {
    if (disks.length === 0 && settings.length === 0) return []
    const section = await collectSection('smartctl', () => Promise.reject(scan))
    return section ? [section] : []
  }
  // A scan that fails finds nothing more than the kernel did.
  const targets = await findTargets(disks, settings, scan instanceof Error ? '' : scan.stdout)
  const sections: (Section | null)[] = []
  const waiting = [...targets]
  const work = async (): Promise<void> => {
    for (let target = waiting.shift(); target; target = waiting.shift()) {
      const asked = target
      sections.push(await collectSection('smartctl', () => readSmart(run, asked), asked.subject))
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
  return sections.filter((section): section is Section => section !== null)
}

async function findTargets(
  disks: readonly BlockDevice[],
  settings: readonly DeviceSetting[],
  scan: string,
): Promise<SmartTarget[]> {
  const known = new Map(disks.map((disk) => [disk.kname, disk]))
  const set: SmartTarget[] = []
  for (const { device, types } of settings) {
    const path = device.startsWith('/dev/') ? device : `/dev/${device}`
    // /dev/disk/by-id/… means the disk that it links to.
    const name = (await realpath(path).catch(() => path)).replace(/^\/dev\//, '')
    for (const type of types) {
      set.push({
        subject: subjectOf(name, type),
        path: `/dev/${name}`,
        type,
        rotational: known.get(name)?.rotational ?? true,
      })
    }
  }
  const scanned = safely(() => parseScan(scan, new Set(known.keys()))).filter(
    // The same place behind a controller, named by hand on another device: once is enough.
    (target) => !set.some(({ type }) => target.type !== null && type === target.type),
  )
  const kernel = disks.map(({ kname, rotational }) => ({
    subject: kname,
    path: `/dev/${kname}`,
    type: null,
    rotational,
  }))
  const found = new Map<string, SmartTarget>()
  for (const target of [...kernel, ...scanned, ...set]) found.set(target.subject, target)
  return [...found.values()]
}

/** A scan that is no JSON finds nothing. */
const safely = (parse: () => SmartTarget[]): SmartTarget[] => {
  try {
    return parse()
  } catch {
    return []
  }
}
