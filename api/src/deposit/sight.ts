import { constants } from 'node:fs'
import { access, chmod, link, lstat, mkdir, readdir, readFile, realpath, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Roots } from '../backups/job-draft.ts'
import { newId } from '../platform/id.ts'
import { freeAt } from '../vault/move-file.ts'

// Whether the scanner can see. A folder that is not mounted looks empty, and an empty deposit must not mean that all
// backups are missing: so a file that Vigie once wrote there must be there.

export const SENTINEL = '.deposit-id'
/** Below this nothing new is taken on: the database itself may lie there. */
const LEAST_FREE = 32 * 1024 * 1024

export type Sight = { sees: true; depositId: string } | { sees: false; why: string }

/** Makes the three folders where they are absent; answers with what hinders it. */
export async function makeRoots(roots: Roots): Promise<string | null> {
  for (const path of Object.values(roots)) {
    try {
      const made = await mkdir(path, { recursive: true, mode: 0o770 })
      // One group of Vigie and the rsync users, whatever the umask: files in it belong to both.
      if (made && path === roots.deposit) await chmod(path, 0o2770)
    } catch (cause) {
      return `${path} cannot be made (${(cause as NodeJS.ErrnoException).code})`
    }
  }
  return null
}

/** Looks for the sentinel, and makes it where none was ever made. `known` is what the database remembers of it. */
export async function lookAtDeposit(roots: Roots, known: string | null): Promise<Sight> {
  const blind = (why: string): Sight => ({ sees: false, why })
  const file = join(roots.deposit, SENTINEL)
  try {
    if (known === null) await mkdir(roots.deposit, { recursive: true, mode: 0o770 })
    await access(roots.deposit, constants.R_OK | constants.X_OK)
    const found = await readFile(file, 'utf8').then(
      (text) => text.trim(),
      (cause: NodeJS.ErrnoException) => {
        if (cause.code === 'ENOENT') return null
        throw cause
      },
    )
    if (found && (known === null || found === known)) return await withRoom(roots, found)
    if (found) return blind(`${file} is that of another deposit: is the right folder mounted?`)
    if (known !== null) return blind(`${file} is not there: is ${roots.deposit} mounted?`)
    const depositId = newId()
    await writeFile(file, `${depositId}\n`, { flag: 'wx', mode: 0o640 })
    return await withRoom(roots, depositId)
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    return blind(`${roots.deposit} cannot be read (${code ?? (cause as Error).message})`)
  }
}

async function withRoom(roots: Roots, depositId: string): Promise<Sight> {
  const free = await freeAt(roots.deposit)
  if (free < LEAST_FREE) return { sees: false, why: `only ${Math.round(free / 1e6)} MB are free in ${roots.deposit}` }
  return { sees: true, depositId }
}

export interface LinkProbe {
  /** Below the deposit folder; '' = the folder itself. */
  folder: string
  mode: 'LINK' | 'COPY'
  /** What linking answered, and what to do about it; null = it links. */
  detail: string | null
}

/**
 * Really links a probe file from each folder of the deposit to vault and quarantine, and removes it again: only that
 * tells whether promotion can link. `st_dev` does not: two mounts of one file system share it, and link gives EXDEV.
 */
export async function* probeLinks(roots: Roots): AsyncGenerator<LinkProbe> {
  yield probe(roots, '')
  for await (const folder of foldersOfAgents(roots)) yield probe(roots, folder)
}

/** Removes what a process that was killed left of its probes; a stop may come before each folder is probed anew. */
export async function clearProbes(roots: Roots): Promise<void> {
  for await (const folder of foldersOfAgents(roots))
    await unlink(join(roots.deposit, folder, PROBE)).catch(() => undefined)
}

async function* foldersOfAgents(roots: Roots): AsyncGenerator<string> {
  const agents = await readdir(roots.deposit, { withFileTypes: true }).catch(() => [])
  for (const agent of agents.filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))) {
    for (const folder of [`${agent.name}/databases`, `${agent.name}/database`]) {
      const seen = await lstat(join(roots.deposit, folder)).catch(() => null)
      if (seen?.isDirectory()) yield folder
    }
  }
}

/** One name: what a process that was killed left of it, the next one removes. */
const PROBE = '.vigie-probe'

async function probe(roots: Roots, folder: string): Promise<LinkProbe> {
  const parent = join(roots.deposit, folder)
  const file = join(parent, PROBE)
  const targets = [join(roots.vault, PROBE), join(roots.quarantine, PROBE)]
  const clean = async (): Promise<void> => {
    for (const path of [file, ...targets]) await unlink(path).catch(() => undefined)
  }
  await clean()
  try {
    if ((await realpath(parent)) !== join(await realpath(roots.deposit), folder)) {
      return { folder, mode: 'COPY', detail: 'it is a symbolic link, which is never followed' }
    }
    await writeFile(file, '', { flag: 'wx', mode: 0o600 })
    for (const target of targets) await link(file, target)
    return { folder, mode: 'LINK', detail: null }
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    const stat = await lstat(parent).catch(() => null)
    const rights = stat ? `mode ${(stat.mode & 0o7777).toString(8)}, owner ${stat.uid}, group ${stat.gid}` : 'absent'
    const us = `Vigie runs as user ${process.getuid?.() ?? '?'}, groups ${process.getgroups?.().join(' ') ?? '?'}`
    const cure =
      code === 'EXDEV'
        ? 'deposit, vault and quarantine are not one mount: mount their parent once'
        : 'put Vigie and the rsync user into one group, and send with rsync --chmod=F660,D2770'
    return { folder, mode: 'COPY', detail: `${code}: ${rights}; ${us}; ${cure}` }
  } finally {
    await clean()
  }
}
