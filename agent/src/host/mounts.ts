import { lstatSync, readFileSync, readlinkSync } from 'node:fs'
import { dirname, join, parse, resolve } from 'node:path'

export interface Mount {
  mountpoint: string
  fstype: string
  source: string
  /** major:minor, as stat(2) tells it. */
  device: string
  /** Whether it is mounted so that nobody can write. */
  readOnly: boolean
}

/** In memory, over the network, by a process of its own, or a view of another file system: no place on a disk here. */
const ELSEWHERE = new Set([
  'tmpfs',
  'devtmpfs',
  'squashfs',
  'overlay',
  'efivarfs',
  'ramfs',
  'aufs',
  'iso9660',
  'autofs',
  'nfs',
  'nfs4',
  'cifs',
  'smb3',
  'smbfs',
  '9p',
  'virtiofs',
  'ceph',
  'glusterfs',
  'lustre',
  'ocfs2',
  'afs',
])

/** Whether a file system answers from elsewhere: a call on it may never come back. fuseblk is NTFS and exFAT on a disk. */
export const isElsewhere = (fstype: string): boolean => ELSEWHERE.has(fstype) || /^fuse(\.|$)/.test(fstype)

/**
 * What is mounted, asked of the kernel and never of the file systems (proc_pid_mountinfo(5)); [] where it cannot be told. At
 * once: the kernel's own table is no file that could keep anybody waiting.
 */
export function readMounts(): Mount[] {
  try {
    return parseMountinfo(readFileSync('/proc/self/mountinfo', 'utf8'))
  } catch {
    return []
  }
}

export function parseMountinfo(text: string): Mount[] {
  return text.split('\n').flatMap((line) => {
    const [before = '', after = ''] = line.split(' - ', 2)
    const [, , device, , mountpoint, options = ''] = before.split(' ')
    const [fstype, source, ofFileSystem = ''] = after.split(' ')
    const readOnly = [options, ofFileSystem].some((words) => words.split(',').includes('ro'))
    if (!device || !mountpoint || !fstype) return []
    return [{ mountpoint: unescaped(mountpoint), fstype, source: unescaped(source ?? ''), device, readOnly }]
  })
}

/** Blanks, tabs, line ends and backslashes stand in octal: \040. */
const unescaped = (text: string): string =>
  text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)))

/** The mount that a path lies on: of those above it the longest, of those of one place the newest. Null = none is known. */
export function mountOf(path: string, mounts: readonly Mount[]): Mount | null {
  let found: Mount | null = null
  for (const mount of mounts) {
    const { mountpoint } = mount
    const isAbove = mountpoint === '/' || path === mountpoint || path.startsWith(`${mountpoint}/`)
    if (isAbove && (!found || mountpoint.length >= found.mountpoint.length)) found = mount
  }
  return found
}

const MOST_LINKS = 40
/** Elsewhere for what lies on disks, but these always answer. */
const IN_MEMORY = new Set(['tmpfs', 'devtmpfs', 'ramfs', 'overlay', 'squashfs'])

/**
 * Whether a path leads to a file system whose server may be away (NFS, FUSE …), over whatever links. It is followed step by
 * step, and no step is taken onto one: a call there may never come back.
 */
export function leadsElsewhere(path: string, mounts: readonly Mount[] = readMounts()): boolean {
  let left = MOST_LINKS
  let done = parse(resolve(path)).root
  const steps = resolve(path).split('/').filter(Boolean)
  for (let step = steps.shift(); step !== undefined; step = steps.shift()) {
    const next = join(done, step)
    const fstype = mountOf(next, mounts)?.fstype ?? ''
    if (isElsewhere(fstype) && !IN_MEMORY.has(fstype)) return true
    let link: string | null
    try {
      link = lstatSync(next).isSymbolicLink() ? readlinkSync(next) : null
    } catch {
      return false
    }
    if (link === null) done = next
    else {
      left -= 1
      if (left === 0) return false
      steps.unshift(...resolve(dirname(next), link).split('/').filter(Boolean))
      done = '/'
    }
  }
  return false
}
