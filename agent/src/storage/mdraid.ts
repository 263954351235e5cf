import { readFile } from 'node:fs/promises'
import { Unavailable } from '../inventory/section.ts'
import type { MdraidFacts } from '../report/storage.ts'

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
  return own.length ? { arrays: await Promise.all(own.map(asKernelTells)) } : null
}

/** What /proc/mdstat leaves out: before Linux 6.2 a broken array is "active" there, and a rebuild is no word of its own. */
async function asKernelTells(array: MdraidFacts['arrays'][number]): Promise<MdraidFacts['arrays'][number]> {
  const read = (file: string): Promise<string | null> =>
    readFile(`/sys/block/${array.name}/md/${file}`, 'utf8').then(
      (text) => text.trim().slice(0, 40),
      () => null,
    )
  const [state, action] = await Promise.all([read('array_state'), read('sync_action')])
  return { ...array, broken: array.broken || state === 'broken', syncAction: action === 'idle' ? null : action }
}

/** /proc/mdstat, as md(4) describes it: (F) is a failed member, (S) a spare; [3/2] is expected and working. */
export function parseMdstat(text: string): MdraidFacts {
  const arrays: MdraidFacts['arrays'] = []
  for (const line of text.split('\n')) {
    // Whatever its state is called: an array that is left out would be gone.
    const array = /^(md\S*) : (\S+)(?: \((?:auto-)?read-only\))?(?: (.*))?$/.exec(line)
    if (array) {
      const words = (array[3] ?? '').split(/\s+/).filter(Boolean)
      const devices = words.filter((word) => /\[\d+\]/.test(word))
      arrays.push({
        name: array[1] ?? '',
        level: words.find((word) => !/\[\d+\]/.test(word)) ?? null,
        active: array[2] !== 'inactive',
        broken: array[2] === 'broken',
        syncAction: null,
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
