import { realpath } from 'node:fs/promises'
import { collectSection, type Section, Unavailable } from '../inventory/section.ts'
import { CommandUnavailable, type Run } from '../platform/command.ts'
import type { BlockDevice } from '../storage/lsblk.ts'
import { isPhysicalDisk } from '../report/block-device.ts'
import { SCAN_FAILED, subjectOf } from '../report/subject.ts'
import { parseScan, readSmart, type SmartTarget } from './smartctl.ts'

/** From the settings file: which types a device is to be asked with, such as ["megaraid,0", "megaraid,1"]. */
export interface DeviceSetting {
  device: string
  types: string[]
}

const AT_ONCE = 4

/** One section for each disk; one for all of them where none can be read, and one more where not all could be looked for. */
export async function collectDisks(
  run: Run,
  devices: readonly BlockDevice[],
  settings: readonly DeviceSetting[],
  root: boolean,
): Promise<Section[]> {
  const cannot = async (code: string, text: string): Promise<Section[]> => {
    const section = await collectSection('smartctl', () => Promise.reject(new Unavailable(code, text)))
    return section ? [section] : []
  }
  const disks = devices.filter(isPhysicalDisk)
  if (disks.length === 0 && settings.length === 0 && !root) return []
  if (!root) return cannot('NOT_ROOT', 'S.M.A.R.T. can be read by root only: run the agent with sudo')
  const scan = await run('smartctl', ['--scan', '--json=c']).catch((error: unknown) => error as Error)
  if (scan instanceof CommandUnavailable && scan.code === 'MISSING_COMMAND') {
    if (disks.length === 0 && settings.length === 0) return []
    const section = await collectSection('smartctl', () => Promise.reject(scan))
    return section ? [section] : []
  }
  const scanned = scan instanceof Error ? null : scannedBy(scan.stdout, devices)
  const targets = await findTargets(disks, settings, scanned ?? [])
  const sections: (Section | null)[] = []
  // Whoever is behind a controller was not looked for, and is not missing.
  if (scanned === null) {
    const why = scan instanceof Error ? scan.message : 'what it printed is no JSON'
    sections.push(...(await cannot(SCAN_FAILED, `smartctl --scan found nothing: ${why}`)))
  }
  const waiting = [...targets]
  const work = async (): Promise<void> => {
    for (let target = waiting.shift(); target; target = waiting.shift()) {
      const asked = target
      sections.push(await collectSection('smartctl', () => readSmart(run, asked), { subject: asked.subject }))
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
  return sections.filter((section): section is Section => section !== null)
}

async function findTargets(
  disks: readonly BlockDevice[],
  settings: readonly DeviceSetting[],
  scanned: readonly SmartTarget[],
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
  // The same place behind one controller, named by hand on another device of it: once is enough. Of several controllers each
  // counts its places from 0.
  const isOnce = ({ type }: SmartTarget): boolean => scanned.filter((other) => other.type === type).length === 1
  const isSet = (target: SmartTarget): boolean =>
    target.type !== null && isOnce(target) && set.some(({ type }) => type === target.type)
  const kernel = disks.map(({ kname, rotational }) => ({
    subject: kname,
    path: `/dev/${kname}`,
    type: null,
    rotational,
  }))
  const found = new Map<string, SmartTarget>()
  for (const target of [...kernel, ...scanned.filter((each) => !isSet(each)), ...set]) found.set(target.subject, target)
  return [...found.values()]
}

/** Null = what it printed is no JSON. */
function scannedBy(text: string, devices: readonly BlockDevice[]): SmartTarget[] | null {
  // An empty slot of a card reader is listed too, and is no disk.
  const empty = new Set(
    devices.filter(({ sizeBytes, removable }) => sizeBytes === 0 && removable).map(({ kname }) => kname),
  )
  try {
    const known = new Set(devices.filter(isPhysicalDisk).map(({ kname }) => kname))
    return parseScan(text, known).filter(({ subject }) => !empty.has(subject))
  } catch {
    return null
  }
}
