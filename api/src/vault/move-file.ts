import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import {
  chmod,
  chown,
  type FileHandle,
  link,
  lstat,
  mkdir,
  open,
  readdir,
  realpath,
  rename,
  statfs,
  unlink,
} from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type Stamp, stampOf } from '../backups/file-facts.ts'

// How a proven file changes its place (docs/backups.md, "Moves"). At every instant the file lies whole in at
// least one place; nothing is overwritten; a crash at any step is taken up again by doing the same once more.

/** Told before each step, so that a test can end the process there. */
export type Step = 'fsync' | 'mkdir' | 'version' | 'copy' | 'link' | 'sync-folder' | 'moved' | 'unlink'
export type AtStep = (step: Step) => void

export interface Move {
  /** Of the BackupFile. */
  id: string
  from: { root: string; path: string }
  to: { root: string; path: string }
  /** The file as it was proven: another one is not moved. */
  stamp: Stamp
  sha256: string | null
  /** Where an older file that lies at the target is kept; null = nothing may lie there. */
  versionPath: string | null
}

export interface Arrived {
  outcome: 'MOVED' | 'ALREADY_THERE'
  by: 'LINK' | 'COPY'
  stamp: Stamp
}
export type NotMoved =
  /** Another file lies at the target. */
  | { outcome: 'TAKEN' }
  /** The source is another file now, or none. */
  | { outcome: 'CHANGED' | 'GONE' }
  | { outcome: 'NO_ROOM'; needed: number; free: number }
  | { outcome: 'REFUSED'; detail: string }
export type Moved = Arrived | NotMoved

export const hasArrived = (moved: Moved): moved is Arrived =>
  moved.outcome === 'MOVED' || moved.outcome === 'ALREADY_THERE'

/** What link(2) answers where the two folders cannot share a file: then it is copied. */
const CANNOT_LINK = new Set(['EXDEV', 'EPERM', 'EACCES', 'EMLINK', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'])
/** A copy leaves this much of the file system free. */
const ROOM_TO_SPARE = 1.05

/** Linking and changing the mode move ctime; content moves mtime or size. */
const sameContent = (a: Stamp, b: Stamp): boolean => a.size === b.size && a.mtimeNs === b.mtimeNs
const sameFile = (a: Stamp, b: Stamp): boolean => a.dev === b.dev && a.ino === b.ino && sameContent(a, b)

const stampAt = async (path: string): Promise<Stamp | null> => {
  try {
    return stampOf(await lstat(path, { bigint: true }))
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') return null
    throw cause
  }
}
const codeOf = (cause: unknown): string => (cause as NodeJS.ErrnoException).code ?? ''

/** Brings a file to its target; the source is still there afterwards, until `leaveSource`. */
export async function bringFile(move: Move, atStep: AtStep = () => undefined): Promise<Moved> {
  const source = join(move.from.root, move.from.path)
  const target = join(move.to.root, move.to.path)
  try {
    if (!(await isBelow(move.from.root, dirname(source))))
      return { outcome: 'REFUSED', detail: 'a link leads out of the deposit' }
    const seen = await stampAt(source)
    const there = await stampAt(target)
    await removeParts(dirname(target), move.id)
    if (!seen || !sameFile(seen, move.stamp)) {
      const arrived =
        there && there.size === move.stamp.size && move.sha256 !== null && (await hashOf(target)) === move.sha256
      if (arrived) return { outcome: 'ALREADY_THERE', by: 'LINK', stamp: there }
      return { outcome: seen ? 'CHANGED' : 'GONE' }
    }
    atStep('fsync')
    await syncFile(source)
    atStep('mkdir')
    await makeFolders(move.to.root, dirname(move.to.path))
    if (!(await isBelow(move.to.root, dirname(target))))
      return { outcome: 'REFUSED', detail: 'a link leads out of the vault' }
    return await place(move, { source, target, there }, atStep)
  } catch (cause) {
    const code = codeOf(cause)
    if (code === 'ENOSPC' || code === 'EDQUOT')
      return { outcome: 'NO_ROOM', needed: move.stamp.size, free: await freeAt(move.to.root) }
    if (code === 'ENOENT') {
      // The source, or the root that it should go to: a vault that is not mounted loses no file.
      const gone = (await stampAt(source).catch(() => null)) === null
      return gone ? { outcome: 'GONE' } : { outcome: 'REFUSED', detail: `${move.to.root} is not there` }
    }
    if (code) return { outcome: 'REFUSED', detail: `${code}: ${(cause as Error).message}` }
    throw cause
  }
}

async function place(
  move: Move,
  { source, target, there }: { source: string; target: string; there: Stamp | null },
  atStep: AtStep,
): Promise<Moved> {
  if (there) {
    if (there.ino === move.stamp.ino && there.dev === move.stamp.dev)
      return { outcome: 'ALREADY_THERE', by: 'LINK', stamp: there }
    const same = move.sha256 !== null && there.size === move.stamp.size && (await hashOf(target)) === move.sha256
    const version = move.versionPath === null ? null : await stampAt(join(move.to.root, move.versionPath))
    // The version was made before: what lies at the target now is the copy that a crash left behind.
    const replayed = version !== null && version.ino !== there.ino
    if (same && (move.versionPath === null || replayed)) return { outcome: 'ALREADY_THERE', by: 'COPY', stamp: there }
    if (move.versionPath === null || replayed) return { outcome: 'TAKEN' }
  }
  if (there && move.versionPath !== null) {
    // Keep the latest: the older file gets its own name first, and the path always holds a whole good file.
    atStep('version')
    await keepVersion(target, join(move.to.root, move.versionPath), move.to.root, dirname(move.versionPath))
  }
  // The name tells whose it is: a crash leaves it, and the same move, done again, begins by removing it.
  const temporary = join(dirname(target), `.part-${move.id}-${process.pid}`)
  try {
    const by = await linkOrCopy(move, { source, temporary, target: there ? null : target }, atStep)
    if (typeof by !== 'string') return by
    if (by === 'LINK' && there) {
      // Before it takes the place of a good file: is it still the one that was proven?
      const linked = await stampAt(temporary)
      if (!linked || !sameFile(linked, move.stamp)) return { outcome: 'CHANGED' }
    }
    if (by === 'COPY' || there) await setInPlace(temporary, target, there !== null, atStep)
    await own(target)
    const arrived = await stampAt(target)
    if (!arrived || arrived.size !== move.stamp.size || (by === 'LINK' && !sameFile(arrived, move.stamp))) {
      // Written to through a handle that was still open: it is not the file that was proven.
      if (!there && arrived) await unlink(target)
      return { outcome: 'CHANGED' }
    }
    atStep('sync-folder')
    await syncFolder(dirname(target))
    atStep('moved')
    return { outcome: 'MOVED', by, stamp: arrived }
  } catch (cause) {
    if (codeOf(cause) === 'EEXIST') return { outcome: 'TAKEN' }
    throw cause
  } finally {
    await unlink(temporary).catch(() => undefined)
  }
}

/** What a crashed process left of the same move. */
async function removeParts(folder: string, id: string): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    if (name.startsWith(`.part-${id}`)) await unlink(join(folder, name)).catch(() => undefined)
  }
}

/** Gives a whole file its name: over an older one of which a version is kept, else only where nothing lies. */
async function setInPlace(temporary: string, target: string, over: boolean, atStep: AtStep): Promise<void> {
  atStep('link')
  if (over) return rename(temporary, target)
  try {
    await link(temporary, target)
  } catch (cause) {
    // A file system without hard links: renaming is the one other way, and nothing lay there a moment ago.
    if (!CANNOT_LINK.has(codeOf(cause)) || (await stampAt(target))) throw cause
    await rename(temporary, target)
  }
}

async function keepVersion(target: string, version: string, root: string, folder: string): Promise<void> {
  await makeFolders(root, folder)
  try {
    await link(target, version)
  } catch (cause) {
    if (codeOf(cause) !== 'EEXIST') throw cause
  }
  await syncFolder(dirname(version))
}

/** Links the source to the target itself where nothing lies there, else beside it; copies it where linking cannot be. */
async function linkOrCopy(
  move: Move,
  { source, temporary, target }: { source: string; temporary: string; target: string | null },
  atStep: AtStep,
): Promise<'LINK' | 'COPY' | Moved> {
  try {
    if (target !== null) atStep('link')
    await link(source, target ?? temporary)
    return 'LINK'
  } catch (cause) {
    if (!CANNOT_LINK.has(codeOf(cause))) throw cause
  }
  atStep('copy')
  const free = await freeAt(dirname(temporary))
  const needed = Math.ceil(move.stamp.size * ROOM_TO_SPARE)
  if (free < needed) return { outcome: 'NO_ROOM', needed, free }
  const sha256 = await copy(source, temporary, move.stamp)
  if (sha256 === null || (move.sha256 !== null && sha256 !== move.sha256)) return { outcome: 'CHANGED' }
  return 'COPY'
}

/** Copies what was proven, hashing what is written. Null = the source is another file now. */
async function copy(source: string, target: string, stamp: Stamp): Promise<string | null> {
  const from = await open(source, constants.O_RDONLY | constants.O_NOFOLLOW)
  try {
    if (!sameFile(stampOf(await from.stat({ bigint: true })), stamp)) return null
    const to = await open(target, 'wx', 0o640)
    try {
      const hash = createHash('sha256')
      for await (const chunk of chunksOf(from)) {
        hash.update(chunk)
        await to.writeFile(chunk)
      }
      await to.sync()
      return hash.digest('hex')
    } finally {
      await to.close()
    }
  } finally {
    await from.close()
  }
}

async function* chunksOf(file: FileHandle): AsyncGenerator<Buffer> {
  const buffer = Buffer.allocUnsafe(1024 * 1024)
  for (;;) {
    const { bytesRead } = await file.read(buffer, 0, buffer.length, null)
    if (bytesRead === 0) return
    yield buffer.subarray(0, bytesRead)
  }
}

/**
 * The last step, after the outcome was recorded: the rows tell the truth already. True = it is gone, or another file has
 * its name by now; false = it cannot be removed, because the folder is the agent's alone (scanner health says so).
 */
export async function removeLeftover(
  root: string,
  path: string,
  stamp: Stamp,
  atStep: AtStep = () => undefined,
): Promise<boolean> {
  const source = join(root, path)
  atStep('unlink')
  try {
    const folder = dirname(source)
    // Taken out of the way first: between a look and unlink(2) an agent may put tonight's file under this very name.
    const aside = join(folder, `.vigie-gone-${stamp.ino}`)
    const before = await stampAt(aside)
    if (before && isLeftover(before, stamp)) await unlink(aside)
    const seen = await stampAt(source)
    if (!seen || !isLeftover(seen, stamp)) return true
    if (!(await isBelow(root, folder))) return true
    await rename(source, aside)
    const moved = await stampAt(aside)
    if (moved && !isLeftover(moved, stamp)) await link(aside, source)
    await unlink(aside)
    await syncFolder(folder)
    return true
  } catch {
    return false
  }
}

/** The same file, though linking it and changing its mode moved its ctime. */
export const isLeftover = (seen: Stamp, stamp: Stamp): boolean => sameFile(seen, stamp)

export async function hashOf(path: string): Promise<string> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW)
  try {
    const hash = createHash('sha256')
    for await (const chunk of chunksOf(file)) hash.update(chunk)
    return hash.digest('hex')
  } finally {
    await file.close()
  }
}

/** Nobody writes to a promoted file: it is read-only, and the server's own where it may say so. */
async function own(path: string): Promise<void> {
  if (process.getuid?.() === 0) await chown(path, 0, process.getgid?.() ?? 0).catch(() => undefined)
  await chmod(path, 0o440).catch(() => undefined)
}

/** Makes the folders below a root, each synced into its parent, so that a power cut does not lose the path. */
async function makeFolders(root: string, path: string): Promise<void> {
  let parent = root
  for (const name of path.split('/').filter((part) => part && part !== '.')) {
    const folder = join(parent, name)
    try {
      await mkdir(folder, 0o750)
      await syncFolder(parent)
    } catch (cause) {
      if (codeOf(cause) !== 'EEXIST') throw cause
    }
    parent = folder
  }
}

/** Whether a folder is where its name says, with no link on the way. */
async function isBelow(root: string, folder: string): Promise<boolean> {
  const [base, real] = await Promise.all([realpath(root), realpath(folder)])
  return real === join(base, folder.slice(root.length))
}

async function syncFile(path: string): Promise<void> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW)
  try {
    await file.sync()
  } finally {
    await file.close()
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, constants.O_RDONLY)
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

/** Bytes free to this process. */
export async function freeAt(path: string): Promise<number> {
  const { bavail, bsize } = await statfs(path)
  return bavail * bsize
}
