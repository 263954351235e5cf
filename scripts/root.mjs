import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The repository. Not by the path of a URL, where a blank is %20. */
export const ROOT = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '')
export const CACHE = join(ROOT, '.cache')

/** Progress goes to stderr: the last line of stdout belongs to the command. */
export const tell = (text) => process.stderr.write(`${text}\n`)
