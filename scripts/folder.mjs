import { accessSync, constants, existsSync, statfsSync } from 'node:fs'
import { join } from 'node:path'
import { CACHE, ROOT } from './root.mjs'
import { SetupError } from './setup-error.mjs'

/** Says before any work that it cannot be done in this folder, instead of in the middle of it. */
export function checkFolder() {
  const sign = /[#?!^`\\\n]/.exec(ROOT)?.[0]
  if (sign)
    throw new SetupError(
      `the tools that build Vigie do not understand the "${sign}" in the name of its folder, ${ROOT}. Rename the folder (blanks and accents are fine).`,
    )
  for (const folder of [
    ROOT,
    CACHE,
    ...['.', 'api', 'agent', 'dashboard'].map((name) => join(ROOT, name, 'node_modules')),
  ]) {
    if (!existsSync(folder)) continue
    try {
      accessSync(folder, constants.W_OK | constants.X_OK)
    } catch (error) {
      throw new SetupError(
        error.code === 'EROFS'
          ? `${folder} is on a read-only file system. Copy Vigie to a folder that can be written.`
          : `${folder} may not be written by this user. Give it to the user who runs Vigie, or start Vigie as its owner: chown -R "$(id -un)" '${ROOT}'`,
      )
    }
  }
}

export function checkRoom(neededMb) {
  const { bavail, bsize } = statfsSync(ROOT)
  const free = Math.floor((bavail * bsize) / 1e6)
  if (free < neededMb)
    throw new SetupError(
      `${ROOT} has ${free} MB of room left, and ${neededMb} MB are needed. Free some, then try again.`,
    )
}
