import { readFile, rename, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { makeFolder } from './make-folder.ts'

/** What was kept in a file of the state folder; null where there is none, or it cannot be read. Nothing in it is certain. */
export async function readKept(file: string): Promise<Record<string, unknown> | null> {
  try {
    const value = JSON.parse(await readFile(file, 'utf8')) as unknown
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null
  } catch {
    return null
  }
}

/** Whole or not at all. False where the folder takes nothing: that costs what was known, and no report. */
export async function keepInFile(file: string, value: object): Promise<boolean> {
  try {
    await makeFolder(dirname(file), 0o700)
    await writeFile(`${file}.new`, JSON.stringify(value), { mode: 0o600 })
    await rename(`${file}.new`, file)
    return true
  } catch {
    return false
  }
}
