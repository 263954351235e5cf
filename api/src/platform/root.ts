import { existsSync } from 'node:fs'
import { dirname, extname, join } from 'node:path'
import { pathToFileURL } from 'node:url'

/**
 * The folder of the whole project, which holds the contract: relative paths in settings mean this folder, whichever
 * workspace runs. Sought, not counted, for the built server lies in files that rolldown names.
 */
export const ROOT = rootAbove(import.meta.dirname)

/** What a worker thread begins with: its source where this is a source, else what was built of it. */
export const threadScript = (name: 'deposit/worker' | 'files/worker' | 'platform/watchdog-thread'): URL =>
  pathToFileURL(join(ROOT, extname(import.meta.filename) === '.ts' ? `api/src/${name}.ts` : `api/dist/${name}.js`))

function rootAbove(folder: string): string {
  if (existsSync(join(folder, 'schema.graphql'))) return folder
  const above = dirname(folder)
  if (above === folder) throw new Error('Vigie does not lie beside its schema.graphql; install it anew')
  return rootAbove(above)
}
