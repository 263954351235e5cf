import type { DiskSighting } from '../disks/sighting.ts'
import { asArray, asObject, type JsonObject } from '../platform/json.ts'
import type { UserHome } from '../storage/file-system.entity.ts'
import { isContainer, type FileSystemFacts } from '../storage/file-systems.ts'
import type { ScriptFields } from './script-fields.ts'

/** What lies on a script's disk: its partitions and the logical volumes in them. A volume over two disks is one. */
export function readPartitions(
  value: unknown,
  path: string,
  disk: DiskSighting,
  collectedAt: Date,
  fields: ScriptFields,
  found: Map<string, FileSystemFacts>,
): void {
  if (value !== null && value !== undefined && !Array.isArray(value)) fields.note(`${path} is no list and is ignored`)
  const owner = disk.evidence.serial ?? disk.place
  const add = (facts: FileSystemFacts): void => {
    const known = found.get(facts.key)
    if (known) known.disks = [...new Set([...(known.disks ?? []), ...(facts.disks ?? [])])]
    else found.set(facts.key, facts)
  }
  for (const [index, entry] of asArray(value).entries()) {
    const partition = asObject(entry)
    if (!partition) continue
    const here = `${path}[${index}]`
    const name = fields.softName(`${here}.name`, partition['name'], 255) ?? String(index)
    const uuid = fields.softName(`${here}.uuid`, partition['uuid'], 64)
    const volumes = asObject(partition['lvm'])
    const fileSystem = readFileSystem(partition, here, uuid ?? `${owner}:${name}`, collectedAt, fields, disk.label)
    if (volumes === null && !isContainer(fileSystem.fstype) && (fileSystem.fstype || fileSystem.mountpoint))
      add({ ...fileSystem, uuid, source: name.startsWith('/') ? name : `/dev/${name}` })
    const group = fields.softName(`${here}.lvm.vg_name`, volumes?.['vg_name'], 128) ?? '?'
    for (const [number, volume] of asArray(volumes?.['logical_volumes']).entries()) {
      const lv = asObject(volume)
      if (!lv) continue
      const there = `${here}.lvm.logical_volumes[${number}]`
      const lvName = fields.softName(`${there}.lv_name`, lv['lv_name'], 128) ?? String(number)
      const facts = readFileSystem(lv, there, `lvm:${group}/${lvName}`, collectedAt, fields, disk.label)
      // A thin pool, or the disk of a virtual machine, holds no files of this machine.
      if ((facts.fstype || facts.mountpoint) && !isContainer(facts.fstype))
        add({ ...facts, source: `/dev/${group}/${lvName}` })
    }
  }
}

function readFileSystem(
  object: JsonObject,
  path: string,
  key: string,
  collectedAt: Date,
  fields: ScriptFields,
  disk: string,
): FileSystemFacts {
  const mountpoint = fields.softName(`${path}.mountpoint`, object['mountpoint'], 1024)
  const bytes = (what: string): number | null =>
    fields.whole(`${path}.${what}_bytes`, object[`${what}_bytes`]) ?? readHuman(object[`${what}_human`])
  const users = readHomes(object['home_users'], `${path}.home_users`, collectedAt, fields)
  return {
    key,
    mountpoint,
    mountpoints: mountpoint ? [mountpoint] : [],
    source: null,
    fstype: fields.softName(`${path}.fstype`, object['fstype'], 64),
    uuid: null,
    sizeBytes: bytes('size'),
    usedBytes: bytes('used'),
    freeBytes: bytes('free'),
    users,
    mayFail: null,
    homeBytes: users?.length ? users.reduce((sum, user) => sum + (user.bytes ?? 0), 0) : null,
    disks: [disk],
  }
}

function readHomes(value: unknown, path: string, collectedAt: Date, fields: ScriptFields): UserHome[] | null {
  if (!Array.isArray(value)) return null
  const users = value.flatMap((entry, index): UserHome[] => {
    const user = fields.softName(`${path}[${index}].user`, asObject(entry)?.['user'], 128)
    const home = asObject(entry)
    if (!user || !home || user === 'lost+found') return []
    const bytes = fields.whole(`${path}[${index}].size_bytes`, home['size_bytes']) ?? readHuman(home['size_human'])
    return [{ user, bytes, measuredAt: collectedAt.toISOString() }]
  })
  return users.toSorted((a, b) => (b.bytes ?? -1) - (a.bytes ?? -1))
}

/** Each is 1024 times the one before. */
const UNITS = ['', 'k', 'm', 'g', 't', 'p']
const LONGEST_SIZE = 32

/** "50G", "1,8 TiB": what df -h and lsblk print, in powers of 1024; rounded, but better than nothing where no bytes were sent. */
export function readHuman(value: unknown): number | null {
  const text = typeof value === 'string' && value.length <= LONGEST_SIZE ? value.trim() : ''
  const parts = /^(\d+(?:[.,]\d+)?) *([kmgtp]?)(?:i?[bo])?$/i.exec(text)
  if (!parts) return null
  const bytes = Number(parts[1]?.replace(',', '.')) * 1024 ** UNITS.indexOf(parts[2]?.toLowerCase() ?? '')
  return Number.isSafeInteger(Math.round(bytes)) ? Math.round(bytes) : null
}
