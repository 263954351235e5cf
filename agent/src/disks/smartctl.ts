import { Unavailable } from '../inventory/section.ts'
import type { Run } from '../platform/command.ts'
import { isControllerAddress, subjectOf } from '../report/subject.ts'

export interface SmartTarget {
  /** As the report names it: sda, or sda:megaraid,0. */
  subject: string
  path: string
  /** For -d; null = smartctl finds it out itself. */
  type: string | null
  rotational: boolean
}

const TIMEOUT_MS = 15_000

/**
 * Everything that smartctl knows of one disk, as it prints it. Its exit status tells of the disk's state and is no
 * reason to throw the output away (smartctl(8)); only output that is no JSON is.
 */
export async function readSmart(run: Run, { path, type, rotational }: SmartTarget): Promise<string> {
  // Only what turns is asked whether it sleeps: some SATA SSDs always answer that they do.
  const wake = rotational ? ['--nocheck=standby,3'] : []
  const ask = (device: string | null) =>
    run('smartctl', ['--json=c', '--xall', ...wake, ...(device ? ['--device', device] : []), path], {
      timeoutMs: TIMEOUT_MS,
    })
  const first = checked((await ask(type)).stdout, path)
  if (type !== null || !/Unknown USB bridge|please specify device type with the -d option/i.test(first)) return first
  const second = await ask('sat').then(
    ({ stdout }) => stdout,
    () => '',
  )
  return /"serial_number"/.test(second) ? checked(second, path) : first
}

function checked(stdout: string, path: string): string {
  try {
    JSON.parse(stdout)
    return stdout
  } catch {
    throw stdout.trim() === ''
      ? new Unavailable('FAILED', `smartctl printed nothing for ${path}`)
      : new Unavailable('UNPARSABLE', `smartctl printed no JSON for ${path}: update smartmontools to 7.0 or newer`)
  }
}

/** smartctl(8), exit status: bit 0, its words were wrong; bit 1, the device could not be opened. */
const NOT_OPENED = 3

/** Why smartctl could not ask a disk, by what it printed; null = it could. */
export function whyUnread(payload: string): string | null {
  const { smartctl } = JSON.parse(payload) as {
    smartctl?: { exit_status?: unknown; messages?: { string?: unknown }[] }
  }
  if (!(Number(smartctl?.exit_status) & NOT_OPENED)) return null
  const said = (smartctl?.messages ?? []).flatMap(({ string }) => (typeof string === 'string' ? string : []))
  return said.find((text) => !/mode, exit\(/.test(text)) ?? (said.length > 0 ? null : 'it could not be opened')
}

/** Devices that smartctl finds and the kernel does not show as disks: those behind a RAID controller. */
export function parseScan(text: string, known: ReadonlySet<string>): SmartTarget[] {
  const devices = (JSON.parse(text) as { devices?: { name?: unknown; type?: unknown }[] }).devices ?? []
  return devices.flatMap((device): SmartTarget[] => {
    const path = typeof device.name === 'string' ? device.name : ''
    const name = path.replace(/^\/dev\//, '')
    const type = typeof device.type === 'string' ? device.type : null
    const behindController = type !== null && isControllerAddress(type)
    if (!name || (!behindController && isKnown(name, known))) return []
    // "sat" and "scsi" are guesses of the scan; only an address behind a controller is kept.
    return [
      {
        subject: subjectOf(name, type),
        path,
        type: behindController ? type : null,
        rotational: true,
      },
    ]
  })
}

/** The scan names an NVMe controller (nvme0), the kernel its namespaces (nvme0n1). */
const isKnown = (name: string, known: ReadonlySet<string>): boolean =>
  known.has(name) || [...known].some((kname) => kname.startsWith(`${name}n`) && /^nvme\d+$/.test(name))
