import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from './root.ts'

interface Release {
  version: string
  /** Of an archive: what it holds, as a hash. */
  build?: string
}

/** Of this Vigie: "0.2.0", and where an archive brought it, which build: "0.2.0-1a2b3c4d". */
export const VERSION = readVersion()

function readVersion(): string {
  const { version, build } = readRelease()
  return build ? `${version}-${build}` : version
}

function readRelease(): Release {
  for (const file of ['bundle.json', 'package.json']) {
    try {
      return JSON.parse(readFileSync(join(ROOT, file), 'utf8')) as Release
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    }
  }
  throw new Error(`${ROOT} holds neither bundle.json nor package.json`)
}
