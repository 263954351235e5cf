import { resolve } from 'node:path'

/** The repository's root: relative paths in settings mean this folder, whichever workspace runs. */
export const ROOT = resolve(import.meta.dirname, '../../..')
