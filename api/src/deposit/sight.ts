import { constants } from 'node:fs'
import { access, chmod, type FileHandle, open, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { makeFolder } from '@vigie/agent/host'
import type { Roots } from '../config/config.ts'
import { newId } from '../platform/id.ts'
import { freeAt } from '../vault/move-file.ts'
import { holdsOne } from './inner-mounts.ts'

// Whether the scanner can see. A folder that is not mounted looks empty, and an empty deposit must not mean that all
// backups are missing: so a file that Vigie once wrote there must be there.

/** The file in each root that tells that the right folder is mounted. */
const SENTINELS = { deposit: '.deposit-id', vault: '.vault-id', quarantine: '.quarantine-id' } as const
export type RootName = keyof typeof SENTINELS
/** What each of them holds; null = none was made yet. */
export type RootIds = Record<RootName, string | null>

/** Below this nothing new is taken on: the database itself may lie there. */
const LEAST_FREE = 32 * 1024 * 1024

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
export async function lookAtRoots(
  roots: Roots,
  known: RootIds,
  kept: readonly string[],
): Promise<{ sees: true; ids: RootIds } | { sees: false; why: string }> {
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
    const found = await readSentinel(file)
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
    // Nothing has come yet into a folder that is absent or closed: a scan goes on, and each file says why it waits. One that
    // held something and is gone is a mount that is not there.
    if (id === null && name !== 'deposit' && ['EACCES', 'EPERM', 'ENOENT', 'ENOTDIR'].includes(code ?? '')) return null
    throw new Unseen(`${root} cannot be read (${code ?? message})`)
  }
}

/** The word in it; null = there is none. Members of the deposit's group may put there what they like: a pipe would never end. */
async function readSentinel(file: string): Promise<string | null> {
  let handle: FileHandle
  try {
    handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW)
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    if (code === 'ENOENT') return null
    if (code === 'ELOOP') throw new Unseen(`${file} is a symbolic link, which is never followed`)
    throw cause
  }
  try {
    const stat = await handle.stat()
    if (!stat.isFile() || stat.size > LONGEST_SENTINEL) throw new Unseen(`${file} is not the file that Vigie wrote`)
    return (await handle.readFile('utf8')).trim()
  } finally {
    await handle.close()
  }
}
const LONGEST_SENTINEL = 1000

/** Why nothing new is taken on; null = there is room. What gives room back is done all the same. */
export async function lackOfRoom({ deposit }: Roots): Promise<string | null> {
  const free = await freeAt(deposit)
  return free < LEAST_FREE ? `only ${Math.round(free / 1e6)} MB are free in ${deposit}` : null
}
