import { readdir, readlink, realpath, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve as resolvePath } from 'node:path'
import { Unavailable } from '../inventory/section.ts'
import { CommandUnavailable, findTool, type Run } from '../platform/command.ts'
import { keepInFile, readKept } from '../host/kept-file.ts'
import { isElsewhere, mountOf, readMounts } from '../host/mounts.ts'
import type { HomesFacts } from '../report/storage.ts'

export interface Home {
  user: string
  path: string
}

/** The homes of this machine and the folder that they are in; null where there is none. */
export type ListHomes = () => Promise<{ root: string; homes: Home[] } | null>

/** The last value of a home, and when it was last tried: one that takes too long is not tried again at once. */
interface Kept {
  bytes: number | null
  measuredAt: string | null
  attemptedAt: string
}

export interface HomesOptions {
  run: Run
  stateDir: string
  list: ListHomes
  now?: () => Date
}

const LISTING_MS = 15_000
/** Measured once in this time. */
const MAX_AGE_MS = 20 * 3_600_000
const NO_HOMES = new Set(['lost+found', '.snapshots', '.zfs', 'aquota.user', 'aquota.group'])

/** The homes and their last known sizes, at once; measuring is slow and done by `measureHomes`. Null where there is no /home. */
export async function collectHomes({ stateDir, list }: HomesOptions): Promise<HomesFacts | null> {
  const found = await list()
  if (found === null) return null
  const kept = await readMeasured(stateDir)
  const users = found.homes.map(({ user, path }) => {
    const { bytes = null, measuredAt = null } = kept.get(path) ?? {}
    return { user, path, bytes, measuredAt }
  })
  return { roots: [found.root], users }
}

/**
 * Measures homes at low priority, each on its own file system, those first that were tried longest ago; every value is
 * kept as soon as it is there. Returns how many were measured; what cannot be kept is not measured on.
 */
export async function measureHomes(
  { run, stateDir, list, now = () => new Date() }: HomesOptions,
  { eachMs, totalMs }: { eachMs: number; totalMs: number },
): Promise<number> {
  const found = await list().catch(() => null)
  if (found === null) return 0
  const kept = await readMeasured(stateDir)
  const tried = ({ path }: Home): number => Date.parse(kept.get(path)?.attemptedAt ?? '1970-01-01T00:00:00Z')
  const homes = [...found.homes].sort((a, b) => tried(a) - tried(b))
  const until = performance.now() + totalMs
  let measured = 0
  for (const { path } of homes) {
    const age = now().getTime() - (kept.has(path) ? tried({ user: '', path }) : -Infinity)
    const left = until - performance.now()
    // A negative age is a clock that was set back: it proves nothing.
    if ((age >= 0 && age < MAX_AGE_MS) || left <= 0) continue
    const bytes = await measure(run, path, Math.min(eachMs, left))
    const attemptedAt = now().toISOString()
    const last = kept.get(path)
    kept.set(
      path,
      bytes === null
        ? { bytes: last?.bytes ?? null, measuredAt: last?.measuredAt ?? null, attemptedAt }
        : { bytes, measuredAt: attemptedAt, attemptedAt },
    )
    if (bytes !== null) measured += 1
    // A disk that is full or read-only must not keep the report back; it is told with the report that cannot be kept.
    if (!(await keepInFile(fileOf(stateDir), Object.fromEntries(kept)))) break
  }
  return measured
}

/**
 * Asks for the homes in a process of its own: a call on a mount that answers no more never ends, cannot be taken back, and
 * would hold one of this process's few threads for ever. That process can be ended.
 */
export const homesByChild =
  (run: Run): ListHomes =>
  async () => {
    const asked = run(process.execPath, [process.argv[1] ?? '', 'homes'], { timeoutMs: LISTING_MS })
    const { stdout, stderr, status } = await asked.catch((error: unknown) => {
      if (!(error instanceof CommandUnavailable) || error.code !== 'TIMEOUT') throw error
      const seconds = LISTING_MS / 1000
      throw new Unavailable(
        'TIMEOUT',
        `what lies below /home could not be listed within ${seconds} s: a mount there may not answer, or this machine is busy`,
      )
    })
    if (status !== 0) throw new Unavailable('FAILED', `/home cannot be read: ${stderr.slice(0, 200)}`)
    return JSON.parse(stdout) as Awaited<ReturnType<ListHomes>>
  }

/** The homes below a folder, without those that lie elsewhere: what the kernel says of a mount is asked before its files. */
export async function findHomes(root = '/home'): Promise<Awaited<ReturnType<ListHomes>>> {
  const mounts = readMounts()
  const isHere = (path: string): boolean => !isElsewhere(mountOf(path, mounts)?.fstype ?? '')
  // What autofs mounts on demand is not mounted by looking: of what is mounted below it, what lies here.
  if (mountOf(root, mounts)?.fstype === 'autofs') {
    const below = mounts.filter(({ mountpoint }) => dirname(mountpoint) === root && isHere(mountpoint))
    return { root, homes: below.map(({ mountpoint }) => ({ user: basename(mountpoint), path: mountpoint })) }
  }
  const home = isHere(root) ? await realpath(root).catch(() => null) : null
  if (home === null || !isHere(home)) return null
  const homes: Home[] = []
  for (const entry of await readdir(home, { withFileTypes: true })) {
    const { name } = entry
    const path = join(home, name)
    if (NO_HOMES.has(name) || !isHere(path)) continue
    if (entry.isDirectory()) homes.push({ user: name, path })
    else if (entry.isSymbolicLink()) {
      const target = await readlink(path).then(
        (text) => resolvePath(home, text),
        () => null,
      )
      const real = target !== null && isHere(target) ? await realpath(path).catch(() => null) : null
      if (real !== null && isHere(real) && (await stat(real).catch(() => null))?.isDirectory())
        homes.push({ user: name, path: real })
    }
  }
  return { root: home, homes }
}

async function measure(run: Run, path: string, timeoutMs: number): Promise<number | null> {
  const du = ['du', '-sx', '--block-size=1', '--', path]
  const [command = 'du', ...args] = findTool('ionice')
    ? ['ionice', '-c3', 'nice', '-n19', ...du]
    : ['nice', '-n19', ...du]
  const { stdout, status } = await run(command, args, { timeoutMs }).catch(() => ({ stdout: '', status: 1 }))
  // A folder that refused is missing in the sum: then the sum is none. Files that vanish meanwhile are told apart by root.
  return status === 0 || process.getuid?.() === 0 ? parseDu(stdout) : null
}

export function parseDu(text: string): number | null {
  const digits = /^(\d+)\s/.exec(text)?.[1]
  return digits === undefined ? null : Number(digits)
}

const fileOf = (stateDir: string): string => join(stateDir, 'homes.json')

const readMeasured = async (stateDir: string): Promise<Map<string, Kept>> =>
  new Map(Object.entries(((await readKept(fileOf(stateDir))) ?? {}) as Record<string, Kept>))
