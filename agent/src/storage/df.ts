import { Unavailable } from '../inventory/section.ts'
import type { Run } from '../platform/command.ts'
import { isElsewhere, type Mount } from '../host/mounts.ts'
import { wentReadOnly } from './read-only.ts'
import type { DfFacts } from '../report/storage.ts'

/**
 * Free and used space of what is mounted from disks. Each mount is named to df: without names it asks all of them, and one
 * that answers no more would cost the others.
 */
export async function collectDf(run: Run, mounts: readonly Mount[]): Promise<DfFacts> {
  const points = pointsOf(mounts)
  if (mounts.length > 0 && points.length === 0) return { fileSystems: [] }
  // NTFS and exFAT by FUSE are on a disk and answered by a process, which may hang: each is asked apart.
  const byProcess = points.filter((point) =>
    mounts.some((each) => each.mountpoint === point && each.fstype === 'fuseblk'),
  )
  const byKernel = points.filter((point) => !byProcess.includes(point))
  const answers = await Promise.allSettled([
    ...(byKernel.length > 0 || points.length === 0 ? [ask(run, byKernel, 10_000)] : []),
    ...byProcess.map((point) => ask(run, [point], 5000)),
  ])
  const told = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value.fileSystems : []))
  const failed = answers.find((answer) => answer.status === 'rejected')
  if (failed && told.length === 0) throw failed.reason
  const byPoint = new Map(mounts.map((each) => [each.mountpoint, each]))
  const fileSystems = told.map(async (each) => {
    const mount = byPoint.get(each.mountpoint)
    return mount ? { ...each, readOnly: mount.readOnly, wentReadOnly: await wentReadOnly(mount) } : each
  })
  return { fileSystems: await Promise.all(fileSystems) }
}

async function ask(run: Run, points: readonly string[], timeoutMs: number): Promise<DfFacts> {
  const args = ['--portability', '--print-type', '--block-size=1', '--local', '--', ...points]
  const { stdout, stderr, status } = await run('df', args, { timeoutMs })
  if (!stdout.trim()) {
    if (/no file systems processed/.test(stderr)) return { fileSystems: [] }
    throw new Unavailable('FAILED', `df ended with ${status}: ${stderr.slice(0, 200)}`)
  }
  return parseDf(stdout)
}

const MOST_MOUNTS = 2000

/** The shortest mount point of each device: binds and sub-volumes share its space. */
export function pointsOf(mounts: readonly Mount[]): string[] {
  const points = new Map<string, string>()
  for (const { mountpoint, fstype, source, device } of mounts) {
    const isOnDisk = source.startsWith('/dev/') || fstype === 'zfs' || fstype === 'btrfs'
    if (!isOnDisk || isElsewhere(fstype)) continue
    const known = points.get(device)
    if (known === undefined || mountpoint.length < known.length) points.set(device, mountpoint)
  }
  return [...points.values()].slice(0, MOST_MOUNTS)
}

/** With or without the type, in blocks of 1 or 1,024 bytes: the heading tells. */
export function parseDf(text: string): DfFacts {
  const [heading = '', ...lines] = text.split('\n')
  const typed = /\bType\b/.test(heading)
  const unit = /1K-blocks/.test(heading) ? 1024 : /1024-blocks/.test(heading) ? 1024 : 1
  const bytes = (word: string): number | null => (word === '-' ? null : Number(word) * unit)
  return {
    fileSystems: lines.flatMap((row) => {
      // Sources and mount points may hold blanks: what stands between them is found by its three numbers.
      const words = [...row.matchAll(/\S+/g)].map(([word], index, all) => ({ word, at: all[index]?.index ?? 0 }))
      const number = (index: number): boolean => /^(?:\d+|-)$/.test(words[index]?.word ?? '')
      const first = words.findIndex((_, index) => index > 0 && [0, 1, 2].every((offset) => number(index + offset)))
      const [size, used, available, , mount] = words.slice(first)
      const type = typed ? words[first - 1] : undefined
      if (first < (typed ? 2 : 1) || !size || !used || !available || !mount?.word.startsWith('/')) return []
      return [
        {
          source: row.slice(0, (type ?? size).at).trim(),
          fstype: type?.word ?? '',
          sizeBytes: bytes(size.word),
          usedBytes: bytes(used.word),
          availableBytes: bytes(available.word),
          mountpoint: row.slice(mount.at),
          readOnly: null,
          wentReadOnly: null,
        },
      ]
    }),
  }
}
