import { lstatSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

/** Every file below some folders, with what changes when it is written: its size, and the times of content and inode. */
export function snapshotOf(folders: readonly string[]): Record<string, string> {
  const files = folders.flatMap((folder) => [
    folder,
    ...readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)),
  ])
  return Object.fromEntries(
    files.sort().map((file) => {
      const { size, mtimeMs, ctimeMs, ino } = lstatSync(file)
      return [file, `${ino} ${size} ${mtimeMs} ${ctimeMs}`]
    }),
  )
}
