import { readdir, readFile } from 'node:fs/promises'
import type { LuksFacts } from '../report/storage.ts'

/** Open LUKS containers, from the uuid that cryptsetup gives its mappings (CRYPT-LUKS…). Null where there is none. */
export async function collectLuks(sysfs = '/sys/block'): Promise<LuksFacts | null> {
  const names = await readdir(sysfs).catch(() => [])
  const containers: LuksFacts['containers'] = []
  for (const device of names.filter((name) => name.startsWith('dm-'))) {
    const uuid = await readFile(`${sysfs}/${device}/dm/uuid`, 'utf8').catch(() => '')
    if (!uuid.startsWith('CRYPT-LUKS')) continue
    const name = (await readFile(`${sysfs}/${device}/dm/name`, 'utf8').catch(() => device)).trim()
    containers.push({ name, device, below: await readdir(`${sysfs}/${device}/slaves`).catch(() => []) })
  }
  return containers.length ? { containers } : null
}
