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
  /** Whether its kernel lets nobody write any more because of errors; null = it cannot be told from a wish of somebody. */
  wentReadOnly: boolean | null
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

/** Those that may go on as read-only after an error; others are read-only by their nature, whatever they are mounted as. */
const MAY_GO_READ_ONLY = new Set(['ext2', 'ext3', 'ext4', 'btrfs', 'xfs', 'f2fs', 'jfs', 'vfat', 'exfat', 'ntfs3'])

interface MountLine {
  mountpoint: string
  fstype: string
  source: string
  device: string
  /** Of this mount, and of its file system: who mounts it read-only changes both, an error the latter alone. */
  options: { mount: readonly string[]; fileSystem: readonly string[] }
}

export function parseMountinfo(text: string): Mount[] {
  const lines = text.split('\n').flatMap(readLine)
  const [root] = lines.filter(({ mountpoint }) => mountpoint === '/').slice(-1)
  // A service may be shown everything read-only (systemd.exec(5), ProtectSystem=strict): what mounts are is hidden from it.
  const isShownReadOnly = root !== undefined && isReadOnly(root.options.mount) && !isReadOnly(root.options.fileSystem)
  return lines.map(({ options: { mount, fileSystem }, ...line }) => {
    const wentReadOnly = hasGoneReadOnly(line.fstype, fileSystem, isShownReadOnly ? null : mount)
    const readOnly = wentReadOnly === true || isReadOnly(fileSystem) || (isReadOnly(mount) && !isShownReadOnly)
    return { ...line, readOnly, wentReadOnly }
  })
}

function readLine(line: string): MountLine | [] {
  const [before = '', after = ''] = line.split(' - ', 2)
  const [, , device, , mountpoint, ofMount = ''] = before.split(' ')
  const [fstype, source, ofFileSystem = ''] = after.split(' ')
  if (!device || !mountpoint || !fstype) return []
  const options = { mount: ofMount.split(','), fileSystem: ofFileSystem.split(',') }
  return { mountpoint: unescaped(mountpoint), fstype, source: unescaped(source ?? ''), device, options }
}

const isReadOnly = (options: readonly string[]): boolean => options.includes('ro')

/** ext4 says so in its own words since Linux 6.15, and stays "rw" otherwise. `mount`: null = hidden. */
function hasGoneReadOnly(
  fstype: string,
  fileSystem: readonly string[],
  mount: readonly string[] | null,
): boolean | null {
  if (!MAY_GO_READ_ONLY.has(fstype)) return false
  if (fileSystem.includes('emergency_ro') || fileSystem.includes('shutdown')) return true
  if (!isReadOnly(fileSystem)) return false
  return mount === null ? null : !isReadOnly(mount)
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
