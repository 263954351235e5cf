import { Unavailable } from '../inventory/section.ts'
import type { Run } from '../platform/command.ts'

export interface DfFacts {
  fileSystems: {
    source: string
    fstype: string
    sizeBytes: number | null
    usedBytes: number | null
    availableBytes: number | null
    mountpoint: string
  }[]
}

// What lies in memory, comes over the network or is a view of another file system is no place on a disk.
const EXCLUDED = [
  'tmpfs',
  'devtmpfs',
  'squashfs',
  'overlay',
  'efivarfs',
  'ramfs',
  'nfs',
  'nfs4',
  'cifs',
  'fuse.sshfs',
  '9p',
  'virtiofs',
]

export async function collectDf(run: Run): Promise<DfFacts> {
  const args = [
    '--portability',
    '--print-type',
    '--block-size=1',
    '--local',
    ...EXCLUDED.flatMap((type) => ['-x', type]),
  ]
  const { stdout, stderr, status } = await run('df', args, { timeoutMs: 10_000 })
  if (!stdout.trim()) {
    if (/no file systems processed/.test(stderr)) return { fileSystems: [] }
    throw new Unavailable('FAILED', `df ended with ${status}: ${stderr.slice(0, 200)}`)
  }
  return parseDf(stdout)
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
        },
      ]
    }),
  }
}
