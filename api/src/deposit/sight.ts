import { constants } from 'node:fs'
import { access, chmod, link, lstat, readdir, readFile, realpath, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Roots } from '../config/config.ts'
import { newId } from '../platform/id.ts'
import { makeFolder } from '../platform/make-folder.ts'
import { freeAt } from '../vault/move-file.ts'

// Whether the scanner can see. A folder that is not mounted looks empty, and an empty deposit must not mean that all
// backups are missing: so a file that Vigie once wrote there must be there.

/** The file in each root that tells that the right folder is mounted. */
const SENTINELS = { deposit: '.deposit-id', vault: '.vault-id', quarantine: '.quarantine-id' } as const
export type RootName = keyof typeof SENTINELS
/** What each of them holds; null = none was made yet. */
export type RootIds = Record<RootName, string | null>

/** Below this nothing new is taken on: the database itself may lie there. */
const LEAST_FREE = 32 * 1024 * 1024

/** Null = of vault or quarantine: absent, or closed to Vigie. */
export type Sight = { sees: true; ids: RootIds } | { sees: false; why: string }

class Unseen extends Error {}

/** Makes the three folders where they are absent; answers with what hinders it. */
export async function makeRoots(roots: Roots): Promise<string | null> {
  for (const path of Object.values(roots)) {
    try {
      const made = await makeFolder(path, 0o770)
      // One group of Vigie and the rsync users, whatever the umask: files in it belong to both.
      if (made && path === roots.deposit) await chmod(path, 0o2770)
    } catch (cause) {
      return `${path} cannot be made (${(cause as NodeJS.ErrnoException).code})`
    }
  }
  return null
}

/**
 * Whether all three roots are there: each by its sentinel, which is made where none was ever made. `known` is what the
 * database remembers of them, `kept` some paths that must lie in a vault whose sentinel is made only now.
 */
export async function lookAtRoots(roots: Roots, known: RootIds, kept: readonly string[]): Promise<Sight> {
  try {
    return {
      sees: true,
      ids: {
        deposit: await idOf(roots, 'deposit', known),
        vault: await idOf(roots, 'vault', known, kept),
        quarantine: await idOf(roots, 'quarantine', known),
      },
    }
  } catch (cause) {
    if (cause instanceof Unseen) return { sees: false, why: cause.message }
    throw cause
  }
}

async function idOf(
  roots: Roots,
  name: RootName,
  known: RootIds,
  kept: readonly string[] = [],
): Promise<string | null> {
  const root = roots[name]
  const file = join(root, SENTINELS[name])
  const id = known[name]
  try {
    if (name === 'deposit' && id === null) await makeFolder(root, 0o770)
    await access(root, constants.R_OK | constants.X_OK)
    const found = await readFile(file, 'utf8').then(
      (text) => text.trim(),
      (cause: NodeJS.ErrnoException) => {
        if (cause.code === 'ENOENT') return null
        throw cause
      },
    )
    if (found && !id)
      throw new Unseen(
        `${file} was made by another Vigie, or by this one before its database was lost. Two on one folder would take each other's files: stop the other, then remove ${file}`,
      )
    if (found && id && found !== id)
      throw new Unseen(`${file} is that of another ${name}: is the right folder mounted?`)
    if (!found && id)
      throw new Unseen(
        `${file} is not there: is ${root} mounted? If it is the right folder, write ${id} into that file`,
      )
    if (!found && kept.length > 0 && !(await holdsOne(root, kept)))
      throw new Unseen(
        `${root} holds none of the files that lie in the ${name}: is it mounted? If it is the right folder, write a word into ${file}`,
      )
    if (found) return found
    const made = newId()
    await writeFile(file, `${made}\n`, { flag: 'wx', mode: 0o640 })
    return made
  } catch (cause) {
    if (cause instanceof Unseen) throw cause
    const { code, message } = cause as NodeJS.ErrnoException
    // Nothing can come into a folder that is absent or closed: a scan goes on, and each file says why it waits.
    if (name !== 'deposit' && ['EACCES', 'EPERM', 'ENOENT', 'ENOTDIR'].includes(code ?? '')) return null
    throw new Unseen(`${root} cannot be read (${code ?? message})`)
  }
}

/** Why nothing new is taken on; null = there is room. What gives room back is done all the same. */
export async function lackOfRoom({ deposit }: Roots): Promise<string | null> {
  const free = await freeAt(deposit)
  return free < LEAST_FREE ? `only ${Math.round(free / 1e6)} MB are free in ${deposit}` : null
}

async function holdsOne(root: string, paths: readonly string[]): Promise<boolean> {
  for (const path of paths) if (await lstat(join(root, path)).catch(() => null)) return true
  return false
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
