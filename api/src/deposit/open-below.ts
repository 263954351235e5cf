import { closeSync, constants, openSync, realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'

/**
 * Opens a file for reading that lies below a root, by names that no link redirects: neither the last (O_NOFOLLOW) nor
 * one on the way, which O_NOFOLLOW lets pass; so where the descriptor really points is asked after it was opened.
 * Opening never waits for a FIFO's writer. Throws ELOOP where a link leads elsewhere.
 */
export function openBelow(root: string, path: string): number {
  const file = join(root, path)
  const fd = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  try {
    const wanted = join(realpathSync(root), path)
    const real =
      process.platform === 'linux'
        ? realpathSync(`/proc/self/fd/${fd}`)
        : join(realpathSync(dirname(file)), path.split('/').at(-1) ?? '')
    if (real !== wanted) throw Object.assign(new Error(`${path} leads to another place`), { code: 'ELOOP' })
    return fd
  } catch (cause) {
    closeSync(fd)
    throw cause
  }
}
