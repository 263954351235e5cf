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
  const line = typed
    ? /^(\S.*?)\s+(\S+)\s+(\d+|-)\s+(\d+|-)\s+(\d+|-)\s+(\S+)\s+(\/.*)$/
    : /^(\S.*?)()\s+(\d+|-)\s+(\d+|-)\s+(\d+|-)\s+(\S+)\s+(\/.*)$/
  const bytes = (value: string | undefined): number | null => (value && value !== '-' ? Number(value) * unit : null)
  return {
    fileSystems: lines.flatMap((row) => {
      const [, source, fstype, size, used, available, , mountpoint] = line.exec(row) ?? []
      if (!source || !mountpoint) return []
      return [
        {
          source,
          fstype: fstype ?? '',
          sizeBytes: bytes(size),
          usedBytes: bytes(used),
          availableBytes: bytes(available),
          mountpoint,
        },
      ]
    }),
  }
}
