import { readdir, readFile, realpath, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { findTool, type Run } from '../platform/command.ts'

export interface HomesFacts {
  roots: string[]
  users: { user: string; path: string; bytes: number | null; measuredAt: string | null }[]
}

export interface HomesOptions {
  run: Run
  stateDir: string
  root?: string
  now: () => Date
  /** A home measured since then is not measured again. */
  maxAgeMs: number
  /** For each home. */
  timeoutMs: number
  /** For all homes of one report; the others keep their last value. */
  totalMs: number
}

const NO_HOMES = new Set(['lost+found', '.snapshots', '.zfs', 'aquota.user', 'aquota.group'])

/**
 * The sizes of the users' homes, at low priority and each on its own file system. Measuring is slow: a value is kept
 * with its age, and taken again when the time of this report is up.
 */
export async function collectHomes({
  run,
  stateDir,
  root = '/home',
  now,
  maxAgeMs,
  timeoutMs,
  totalMs,
}: HomesOptions): Promise<HomesFacts | null> {
  const home = await realpath(root).catch(() => null)
  if (home === null) return null
  const entries = await readdir(home, { withFileTypes: true })
  const file = join(stateDir, 'homes.json')
  const known = await readKnown(file)
  const until = now().getTime() + totalMs
  const users: HomesFacts['users'] = []
  for (const entry of entries) {
    if (!entry.isDirectory() || NO_HOMES.has(entry.name)) continue
    const path = join(home, entry.name)
    const last = known.get(path) ?? null
    const age = last?.measuredAt ? now().getTime() - Date.parse(last.measuredAt) : Infinity
    const left = until - now().getTime()
    const bytes = age < maxAgeMs || left <= 0 ? null : await measure(run, path, Math.min(timeoutMs, left))
    const measured = bytes === null ? last : { bytes, measuredAt: now().toISOString() }
    users.push({ user: entry.name, path, bytes: measured?.bytes ?? null, measuredAt: measured?.measuredAt ?? null })
  }
  await writeFile(`${file}.new`, JSON.stringify(users), { mode: 0o600 })
  await rename(`${file}.new`, file)
  return { roots: [home], users }
}

async function measure(run: Run, path: string, timeoutMs: number): Promise<number | null> {
  const du = ['du', '-sx', '--block-size=1', '--', path]
  const gentle = findTool('ionice') ? ['ionice', '-c3', 'nice', '-n19', ...du] : ['nice', '-n19', ...du]
  const [command = 'du', ...args] = gentle
  // du tells what it could read even where some folders refused; as root none does.
  const { stdout } = await run(command, args, { timeoutMs }).catch(() => ({ stdout: '' }))
  return parseDu(stdout)
}

export function parseDu(text: string): number | null {
  const digits = /^(\d+)\s/.exec(text)?.[1]
  return digits === undefined ? null : Number(digits)
}

async function readKnown(file: string): Promise<Map<string, { bytes: number | null; measuredAt: string | null }>> {
  try {
    const users = JSON.parse(await readFile(file, 'utf8')) as HomesFacts['users']
    return new Map(users.map((user) => [user.path, user]))
  } catch {
    return new Map()
  }
}
