import { closeSync, constants, openSync, realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'

/**
 * Opens a file for reading that lies below a root, by names that no link redirects: neither the last (O_NOFOLLOW) nor
 * one on the way, which O_NOFOLLOW lets pass; so where the descriptor really points is asked after it was opened.
 * Opening never waits for a FIFO's writer. Throws ELOOP where a link leads elsewhere.
 */
export function openBelow(root: string, path: string | Uint8Array): number {
  const file = typeof path === 'string' ? join(root, path) : bytesBelow(root, path)
  const fd = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  try {
    const wanted = bytesBelow(realpathSync(root), typeof path === 'string' ? Buffer.from(path) : path)
    const real =
      process.platform === 'linux'
        ? realpathSync.native(`/proc/self/fd/${fd}`, 'buffer')
        : Buffer.from(join(realpathSync(dirname(String(file))), String(path).split('/').at(-1) ?? ''))
    if (!real.equals(wanted)) throw Object.assign(new Error(`${path} leads to another place`), { code: 'ELOOP' })
    return fd
  } catch (cause) {
    closeSync(fd)
    throw cause
  }
}

/** A path whose names need not be UTF-8: Linux knows bytes alone. */
export const bytesBelow = (root: string, path: Uint8Array): Buffer => Buffer.concat([Buffer.from(`${root}/`), path])
