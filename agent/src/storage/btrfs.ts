import { readdir, readFile, stat } from 'node:fs/promises'
import type { Mount } from '../host/mounts.ts'
import type { BtrfsFacts } from '../report/storage.ts'

/** Mounted btrfs file systems, from the kernel's own tables (sysfs-fs-btrfs). Null where there is none. */
export async function collectBtrfs(mounts: readonly Mount[], sysfs = '/sys/fs/btrfs'): Promise<BtrfsFacts | null> {
  // A container sees those of its host.
  if (!mounts.some(({ fstype }) => fstype === 'btrfs')) return null
  const uuids = (await readdir(sysfs).catch(() => [])).filter((name) => /^[0-9a-f-]{36}$/.test(name))
  const fileSystems = await Promise.all(
    uuids.map(async (uuid) => ({
      uuid,
      label: (await read(`${sysfs}/${uuid}/label`)) || null,
      devices: await devicesOf(`${sysfs}/${uuid}/devinfo`),
      vanished: await danglingIn(`${sysfs}/${uuid}/devices`),
    })),
  )
  return fileSystems.length ? { fileSystems } : null
}

/** Each device is a link to what the kernel knows of it: of one that is gone it leads nowhere. */
async function danglingIn(folder: string): Promise<number> {
  const names = await readdir(folder).catch(() => [])
  const there = await Promise.all(
    names.map((name) =>
      stat(`${folder}/${name}`).then(
        () => true,
        () => false,
      ),
    ),
  )
  return there.filter((is) => !is).length
}

async function devicesOf(folder: string): Promise<BtrfsFacts['fileSystems'][number]['devices']> {
  const ids = (await readdir(folder).catch(() => [])).filter((name) => /^\d+$/.test(name)).map(Number)
  return Promise.all(
    ids
      .sort((a, b) => a - b)
      .map(async (id) => {
        const missing = await read(`${folder}/${id}/missing`)
        return {
          id,
          missing: missing === null ? null : missing === '1',
          errors: sumOf(await read(`${folder}/${id}/error_stats`)),
        }
      }),
  )
}

/** "write_errs 0", "read_errs 3" … one a line. */
export function sumOf(stats: string | null): number | null {
  const counts = [...(stats ?? '').matchAll(/^\w+ (\d+)$/gm)].map(([, digits]) => Number(digits))
  return counts.length ? counts.reduce((sum, count) => sum + count, 0) : null
}

const read = (file: string): Promise<string | null> =>
  readFile(file, 'utf8').then(
    (text) => text.trim(),
    () => null,
  )
