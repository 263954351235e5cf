import type { Stats } from 'node:fs'
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Run } from '../platform/command.ts'
import type { BrokenPackage } from '../report/updates.ts'

const LOCKS = ['/var/lib/dpkg/lock-frontend', '/var/lib/dpkg/lock', '/var/lib/apt/lists/lock']

/**
 * Who changes packages at this moment, such as "unattended-upgr (123)"; null = nobody that this agent can see. What apt says
 * meanwhile is of a moment in between. The locks are read from the kernel's own list of them (proc(5), /proc/locks): taking
 * one would get in the way.
 */
export async function holderOfLock(locks: readonly string[] = LOCKS, proc = '/proc'): Promise<string | null> {
  const held = await readFile(join(proc, 'locks'), 'utf8').catch(() => '')
  if (held === '') return null
  for (const path of locks) {
    const lock = await stat(path).catch(() => null)
    if (lock === null) continue
    // "1: POSIX  ADVISORY  WRITE 123 08:01:456 0 EOF"; one that waits for a lock has an arrow after the number.
    for (const [, pid = '', device, inode] of held.matchAll(
      /^\d+: POSIX\s+\w+\s+WRITE (\d+) ([\da-f]+:[\da-f]+):(\d+) /gm,
    )) {
      if (Number(inode) !== lock.ino) continue
      // Inodes are of one file system each. btrfs tells other numbers of it here: then the process says which file it is.
      if (device === deviceOf(lock.dev) || (await hasOpen(pid, lock, proc))) return nameOf(pid, proc)
    }
  }
  return null
}

/** As proc(5) writes it, from how stat(2) tells it (makedev(3) of glibc and musl). */
function deviceOf(dev: number): string {
  const major = ((Math.floor(dev / 2 ** 8) & 0xfff) | (Math.floor(dev / 2 ** 32) & 0xfffff000)) >>> 0
  const minor = ((dev & 0xff) | (Math.floor(dev / 2 ** 12) & 0xffffff00)) >>> 0
  return [major, minor].map((part) => part.toString(16).padStart(2, '0')).join(':')
}

/** False where it cannot be read: others than root, and a service without CAP_SYS_PTRACE, see their own processes alone. */
async function hasOpen(pid: string, lock: Pick<Stats, 'ino' | 'dev'>, proc: string): Promise<boolean> {
  const folder = join(proc, pid, 'fd')
  for (const name of await readdir(folder).catch(() => [])) {
    // Whatever links lead to it.
    const open = await stat(join(folder, name)).catch(() => null)
    if (open?.ino === lock.ino && open.dev === lock.dev) return true
  }
  return false
}

async function nameOf(pid: string, proc: string): Promise<string> {
  const name = await readFile(join(proc, pid, 'comm'), 'utf8').catch(() => '?')
  return `${name.trim().slice(0, 64)} (${pid})`
}

/** Whether dpkg was interrupted: its journal holds what it has not brought to an end (dpkg(1), updates/). Null = not told. */
export const wasInterrupted = (folder = '/var/lib/dpkg/updates'): Promise<boolean | null> =>
  readdir(folder).then(
    (names) => names.some((name) => /^\d+$/.test(name)),
    () => null,
  )

/** A package that is installed, wholly or half. */
export interface InstalledPackage {
  name: string
  architecture: string
  version: string
  /** The source package that it was built from. */
  source: string
  /** Its owner holds it: apt-mark(8) hold. */
  isHeld: boolean
  /** Null = it is as it should be. */
  broken: BrokenPackage['state'] | null
}

const FIELDS = [
  'Package',
  'Architecture',
  'Version',
  'source:Package',
  'db:Status-Want',
  'db:Status-Status',
  'db:Status-Eflag',
]
const HALF = new Set(['half-installed', 'unpacked', 'half-configured'])

/** Null where dpkg-query failed: no list is no empty one. */
export async function readInstalled(run: Run): Promise<InstalledPackage[] | null> {
  const format = `${FIELDS.map((field) => `\${${field}}`).join('\\t')}\\n`
  const { stdout, status } = await run('dpkg-query', ['-W', `-f=${format}`], { timeoutMs: 60_000 })
  return status === 0 ? stdout.split('\n').flatMap(readLine) : null
}

function readLine(line: string): InstalledPackage | [] {
  const [name = '', architecture = '', version = '', source = '', want, state = '', flag] = line.split('\t')
  // What is removed and has left its settings is not there. One that waits for another's trigger is as it should be.
  if (name === '' || state === '' || ['not-installed', 'config-files'].includes(state)) return []
  const half = HALF.has(state) ? (state as BrokenPackage['state']) : null
  return {
    name,
    architecture,
    version,
    source,
    isHeld: want === 'hold',
    broken: flag === 'reinstreq' ? 'reinst-required' : half,
  }
}
