import { readFile } from 'node:fs/promises'
import { Unavailable } from '../inventory/section.ts'

export interface MdraidFacts {
  arrays: {
    name: string
    level: string | null
    active: boolean
    devices: { device: string; failed: boolean; spare: boolean }[]
    expectedDevices: number | null
    workingDevices: number | null
    /** True for a set of disks that only holds other arrays (firmware RAID): it is never "active" itself. */
    container: boolean
  }[]
}

/** Null where the kernel has no md, or no array. */
export async function collectMdraid(devices: readonly { kname: string }[]): Promise<MdraidFacts | null> {
  const text = await readFile('/proc/mdstat', 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null
    throw new Unavailable('FAILED', `/proc/mdstat cannot be read: ${error.message}`)
  })
  const arrays = text === null ? [] : parseMdstat(text).arrays
  // A container reads its host's /proc/mdstat: only arrays that are here too are its own.
  const isHere = (name: string): boolean => devices.some(({ kname }) => kname === name)
  const own = arrays.filter(
    ({ name, devices: members }) => isHere(name) || members.some(({ device }) => isHere(device)),
  )
  return own.length ? { arrays: own } : null
}

/** /proc/mdstat, as md(4) describes it: (F) is a failed member, (S) a spare; [3/2] is expected and working. */
export function parseMdstat(text: string): MdraidFacts {
  const arrays: MdraidFacts['arrays'] = []
  for (const line of text.split('\n')) {
    const array = /^(md\S*) : (active|inactive)(?: \((?:auto-)?read-only\))?(.*)$/.exec(line)
    if (array) {
      const words = (array[3] ?? '').split(/\s+/).filter(Boolean)
      const devices = words.filter((word) => /\[\d+\]/.test(word))
      arrays.push({
        name: array[1] ?? '',
        level: words.find((word) => !/\[\d+\]/.test(word)) ?? null,
        active: array[2] === 'active',
        devices: devices.map((word) => ({
          device: word.split('[')[0] ?? '',
          failed: word.includes('(F)'),
          spare: word.includes('(S)'),
        })),
        expectedDevices: null,
        workingDevices: null,
        container: false,
      })
      continue
    }
    const last = arrays[arrays.length - 1]
    // "super external:imsm" is the container, "super external:/md127/0" an array in it.
    if (last && /\bsuper external:[a-z]/.test(line)) last.container = true
    const counts = /\[(\d+)\/(\d+)\]/.exec(line)
    const current = arrays[arrays.length - 1]
    if (counts && current && current.expectedDevices === null) {
      current.expectedDevices = Number(counts[1])
      current.workingDevices = Number(counts[2])
    }
  }
  return { arrays }
}
