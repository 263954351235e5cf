import { mkdir, readdir, readFile, realpath, rename, stat, statfs, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { findTool, type Run } from '../platform/command.ts'

export interface HomesFacts {
  roots: string[]
  users: { user: string; path: string; bytes: number | null; measuredAt: string | null }[]
}

interface Home {
  user: string
  path: string
}

/** The last value of a home, and when it was last tried: one that takes too long is not tried again at once. */
interface Kept {
  bytes: number | null
  measuredAt: string | null
  attemptedAt: string
}

export interface HomesOptions {
  run: Run
  stateDir: string
  root?: string
  now?: () => Date
}

/** Measured once in this time. */
const MAX_AGE_MS = 20 * 3_600_000
const NO_HOMES = new Set(['lost+found', '.snapshots', '.zfs', 'aquota.user', 'aquota.group'])
/** File systems of other machines and of memory (statfs(2)): NFS, SMB, CIFS, FUSE, 9p, tmpfs. */
const ELSEWHERE = new Set([0x6969, 0xfe534d42, 0xff534d42, 0x517b, 0x65735546, 0x01021997, 0x01021994])

/** The homes and their last known sizes, at once; measuring is slow and done by `measureHomes`. Null where there is no /home. */
export async function collectHomes({ stateDir, root = '/home' }: HomesOptions): Promise<HomesFacts | null> {
  const home = await realpath(root).catch(() => null)
  if (home === null) return null
  const kept = await readKept(stateDir)
  const users = (await findHomes(home)).map(({ user, path }) => {
    const { bytes = null, measuredAt = null } = kept.get(path) ?? {}
    return { user, path, bytes, measuredAt }
  })
  return { roots: [home], users }
}

/**
 * Measures homes at low priority, each on its own file system, those first that were tried longest ago; every value is
 * kept as soon as it is there. Returns how many were measured.
 */
export async function measureHomes(
  { run, stateDir, root = '/home', now = () => new Date() }: HomesOptions,
  { eachMs, totalMs }: { eachMs: number; totalMs: number },
): Promise<number> {
  const home = await realpath(root).catch(() => null)
  if (home === null) return 0
  const kept = await readKept(stateDir)
  const tried = ({ path }: Home): number => Date.parse(kept.get(path)?.attemptedAt ?? '1970-01-01T00:00:00Z')
  const homes = (await findHomes(home)).sort((a, b) => tried(a) - tried(b))
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
    await keep(stateDir, kept)
  }
  return measured
}

async function findHomes(home: string): Promise<Home[]> {
  const homes: Home[] = []
  for (const name of await readdir(home)) {
    if (NO_HOMES.has(name)) continue
    const path = await realpath(join(home, name)).catch(() => null)
    if (path === null || !(await stat(path).catch(() => null))?.isDirectory()) continue
    const fileSystem = await statfs(path).catch(() => null)
    if (fileSystem && !ELSEWHERE.has(Number(fileSystem.type) >>> 0)) homes.push({ user: name, path })
  }
  return homes
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

async function readKept(stateDir: string): Promise<Map<string, Kept>> {
  try {
    return new Map(
      Object.entries(JSON.parse(await readFile(join(stateDir, 'homes.json'), 'utf8')) as Record<string, Kept>),
    )
  } catch {
    return new Map()
  }
}

async function keep(stateDir: string, kept: Map<string, Kept>): Promise<void> {
  const file = join(stateDir, 'homes.json')
  await mkdir(stateDir, { recursive: true, mode: 0o700 })
  await writeFile(`${file}.new`, JSON.stringify(Object.fromEntries(kept)), { mode: 0o600 })
  await rename(`${file}.new`, file)
}
