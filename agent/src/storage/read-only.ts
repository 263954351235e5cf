import { readFile, realpath } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { Mount } from '../host/mounts.ts'

/**
 * Whether the kernel lets nobody write to a file system any more because of errors. Where that cannot be told from how it is
 * mounted, ext4 tells how many errors it has met (Documentation/ABI/testing/sysfs-fs-ext4, errors_count). Null = not known.
 */
export async function wentReadOnly(mount: Mount, sys = '/sys'): Promise<boolean | null> {
  if (mount.wentReadOnly !== null || !mount.fstype.startsWith('ext')) return mount.wentReadOnly
  try {
    const device = basename(await realpath(join(sys, 'dev/block', mount.device)))
    return Number(await readFile(join(sys, 'fs/ext4', device, 'errors_count'), 'utf8')) > 0
  } catch {
    return null
  }
}
