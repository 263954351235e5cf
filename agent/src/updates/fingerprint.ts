import { createHash } from 'node:crypto'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { VERSION } from '../version.ts'
import { holderOfLock } from './dpkg.ts'

/** What is installed (dpkg(1)). */
export const PACKAGE_SOURCES = ['/var/lib/dpkg/status', '/var/lib/dpkg/updates']
/** Files, and folders with what is in them, that what apt says comes from (apt.conf(5), apt_preferences(5), dpkg(1)). */
export const APT_SOURCES = [
  ...PACKAGE_SOURCES,
  '/var/lib/apt/extended_states',
  '/var/lib/apt/lists',
  '/var/lib/apt/periodic',
  '/etc/apt',
  '/etc/apt/apt.conf.d',
  '/etc/apt/preferences.d',
  '/etc/apt/sources.list.d',
  '/etc/machine-id',
]

/** Another one where what is read from these may be another than before. Asked of the file system alone: it costs nothing. */
export async function fingerprintOf(sources: readonly string[]): Promise<string> {
  // Another version of this agent may read otherwise.
  const hash = createHash('sha256').update(VERSION)
  for (const path of sources) {
    hash.update(`${path} ${await marksOf(path)}\n`)
    const names = await readdir(path).catch(() => [])
    for (const name of names.sort()) hash.update(`${name} ${await marksOf(join(path, name))}\n`)
  }
  return hash.update(String(await holderOfLock())).digest('hex')
}

const marksOf = (path: string): Promise<string> =>
  stat(path).then(
    // A folder says when names came and went; what is read of it changes its times of access alone.
    ({ ino, size, mtimeMs, ctimeMs }) => `${ino} ${size} ${mtimeMs} ${ctimeMs}`,
    (error: NodeJS.ErrnoException) => error.code ?? 'unknown',
  )
