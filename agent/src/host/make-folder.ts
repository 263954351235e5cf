import { mkdir, stat } from 'node:fs/promises'
import { dirname } from 'node:path'

/**
 * Makes a folder and those above it. Node's own (`recursive`) turns for ever, on one whole core, where a file system says
 * ENOENT though the folder above is there, as those of the kernel (proc(5)) and some of FUSE do. Returns whether it is new.
 */
export async function makeFolder(path: string, mode: number): Promise<boolean> {
  try {
    return await makeOne(path, mode)
  } catch (error) {
    const above = dirname(path)
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || above === path || (await isThere(above))) throw error
    await makeFolder(above, mode)
    return makeOne(path, mode)
  }
}

async function makeOne(path: string, mode: number): Promise<boolean> {
  try {
    await mkdir(path, { mode })
    return true
  } catch (error) {
    // Some say EROFS or EACCES of a folder that is there.
    if ((await stat(path).catch(() => null))?.isDirectory()) return false
    throw error
  }
}

const isThere = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    (error: NodeJS.ErrnoException) => error.code !== 'ENOENT',
  )
