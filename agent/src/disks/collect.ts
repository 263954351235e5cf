import { collectSection, type Section, Unavailable } from '../inventory/section.ts'
import { CommandUnavailable, type Run } from '../platform/command.ts'
import type { BlockDevice } from '../storage/lsblk.ts'
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
  if (disks.length === 0 && settings.length === 0) return []
  if (!root) return cannot('NOT_ROOT', 'S.M.A.R.T. can be read by root only: run the agent with sudo')
  let targets: SmartTarget[]
  try {
    targets = await findTargets(run, disks, settings)
  } catch (error) {
    if (!(error instanceof CommandUnavailable)) throw error
    const section = await collectSection('smartctl', () => Promise.reject(error))
    return section ? [section] : []
  }
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
  run: Run,
  disks: readonly BlockDevice[],
  settings: readonly DeviceSetting[],
): Promise<SmartTarget[]> {
  const bare = (device: string): string => device.replace(/^\/dev\//, '')
  const set = settings.flatMap(({ device, types }) =>
    types.map((type) => ({
      subject: type.includes(',') ? `${bare(device)}:${type}` : bare(device),
      path: `/dev/${bare(device)}`,
      type,
      rotational: disks.find(({ kname }) => kname === bare(device))?.rotational ?? false,
    })),
  )
  const { stdout } = await run('smartctl', ['--scan', '--json=c'])
  const known = new Set(disks.map(({ kname }) => kname))
  const scanned = safely(() => parseScan(stdout, known))
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

/** A scan that is no JSON finds nothing more than the kernel did. */
const safely = (parse: () => SmartTarget[]): SmartTarget[] => {
  try {
    return parse()
  } catch {
    return []
  }
}
