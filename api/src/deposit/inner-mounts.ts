import { lstat, readdir, realpath } from 'node:fs/promises'
import { join } from 'node:path'
import { type Mount, readMounts } from '@vigie/agent/host'
import type { Roots } from '../config/config.ts'
import type { RootName } from './sight.ts'

// File systems of their own within a root: a job's folder on another disk, an agent's deposit over NFS. Where such a one is
// not mounted its folder is there and empty, and nothing in it may be taken for lost. The number of a device changes with
// each start; that a folder was a file system of its own does not, so that is what is remembered.

export interface InnerMount {
  root: RootName
  /** Below the root. */
  path: string
}

export interface InnerMounts {
  /** Those that are mounted, and those that should be. */
  known: InnerMount[]
  /** Those that should be, and are not. */
  hidden: InnerMount[]
}

/** What Vigie knows of a folder that was a mount and is none now; answers are asked for that one alone. */
export interface Kept {
  /** Whether anything comes into that folder of the deposit. */
  isAwaited(path: string): Promise<boolean>
  /** Some files of vault or quarantine that must lie below it. */
  filesBelow(mount: InnerMount): Promise<string[]>
}

/**
 * A mount that is gone is given up, and what is not in its folder is lost, where somebody took the folder away, uses it as it
 * is, or nothing of Vigie's lay there. Else it is hidden: nobody can see what is in it.
 */
export async function lookAtMounts(
  roots: Roots,
  known: readonly InnerMount[],
  kept: Kept,
  mounts: readonly Mount[] = readMounts(),
): Promise<InnerMounts> {
  // Where the kernel tells nothing of mounts nothing is learned, and nothing forgotten.
  if (mounts.length === 0) return { known: [...known], hidden: [] }
  const present: InnerMount[] = []
  for (const root of ['deposit', 'vault', 'quarantine'] as const)
    present.push(...(await innerMounts(roots[root], mounts)).map((path) => ({ root, path })))
  const hidden: InnerMount[] = []
  for (const mount of known) {
    if (present.some(({ root, path }) => root === mount.root && path === mount.path)) continue
    if (await isHidden(roots[mount.root], mount, kept)) hidden.push(mount)
  }
  return { known: [...present, ...hidden], hidden }
}

/** Below the root; sorted. Automounts that nobody has entered are none: they answer as soon as somebody looks. */
async function innerMounts(root: string, mounts: readonly Mount[]): Promise<string[]> {
  const above = `${(await realpath(root).catch(() => root)).replace(/\/$/, '')}/`
  const inner = mounts.filter(({ mountpoint, fstype }) => mountpoint.startsWith(above) && fstype !== 'autofs')
  return [...new Set(inner.map(({ mountpoint }) => mountpoint.slice(above.length)))].filter(Boolean).sort()
}

async function isHidden(root: string, mount: InnerMount, kept: Kept): Promise<boolean> {
  const folder = join(root, mount.path)
  if (!(await lstat(folder).catch(() => null))?.isDirectory()) return false
  if (mount.root === 'deposit')
    return (await readdir(folder).catch(() => [])).length === 0 && (await kept.isAwaited(mount.path))
  const files = await kept.filesBelow(mount)
  return files.length > 0 && !(await holdsOne(root, files))
}

/** Whether one of these files lies below the root. */
export async function holdsOne(root: string, paths: readonly string[]): Promise<boolean> {
  for (const path of paths) if (await lstat(join(root, path)).catch(() => null)) return true
  return false
}
