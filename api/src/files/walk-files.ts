import { lstatSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { type Stamp, stampOf } from '../backups/file-facts.ts'

/** A file below a root. One whose name is not UTF-8 is left out: nothing that is said of it could be done to it. */
export interface FileBelow {
  path: string
  stamp: Stamp
}

export interface Walked {
  files: FileBelow[]
  /** True = there are more than were asked for. */
  cut: boolean
  /** Folders that could not be read: what was known of them stays as it was. */
  unreadable: string[]
}

/** Every plain file below a root, links never followed. What vanishes meanwhile is left out. */
export function walkFiles({ root, most }: { root: string; most: number }): Walked {
  const walked: Walked = { files: [], cut: false, unreadable: [] }
  const folders = ['']
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    try {
      for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
        const path = folder === '' ? entry.name : `${folder}/${entry.name}`
        if (entry.isDirectory()) folders.push(path)
        if (!entry.isFile()) continue
        const stat = lstatSync(join(root, path), { bigint: true, throwIfNoEntry: false })
        if (!stat?.isFile()) continue
        if (walked.files.length >= most) return { ...walked, cut: true }
        walked.files.push({ path, stamp: stampOf(stat) })
      }
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') walked.unreadable.push(folder)
    }
  }
  return walked
}
