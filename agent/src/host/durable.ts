import { open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'

/** After this the names in a folder are as they are now, whatever happens to the power. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

/** Whole or not at all, and there to stay. */
export async function writeDurably(path: string, value: unknown): Promise<void> {
  try {
    const draft = await open(`${path}.new`, 'w', 0o600)
    try {
      await draft.writeFile(JSON.stringify(value))
      await draft.sync()
    } finally {
      await draft.close()
    }
    await rename(`${path}.new`, path)
  } catch (error) {
    await rm(`${path}.new`, { force: true }).catch(() => undefined)
    throw error
  }
  await syncFolder(dirname(path))
}

/** True: this call made it, and no other ever will. */
export async function makeOnce(path: string, value: unknown): Promise<boolean> {
  try {
    const file = await open(path, 'wx', 0o600)
    try {
      await file.writeFile(JSON.stringify(value))
      await file.sync()
    } finally {
      await file.close()
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
  await syncFolder(dirname(path))
  return true
}
