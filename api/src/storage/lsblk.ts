import { isNoDisk, MOST_DEVICES } from '@vigie/agent/report'
import { asArray, asName, asObject, asText, dig, asSerial } from '../platform/json.ts'

/** One block device as lsblk(8) tells it. Null = not told. */
export interface BlockDevice {
  /** The kernel's name: sda, sda1, dm-0. */
  kname: string
  /** The name of the node: for a device mapper the volume's, such as vg-root. */
  name: string
  path: string | null
  type: string | null
  sizeBytes: number | null
  fstype: string | null
  mountpoints: string[]
  uuid: string | null
  parttype: string | null
  model: string | null
  vendor: string | null
  serial: string | null
  wwn: string | null
  transport: string | null
  revision: string | null
  rotational: boolean | null
  readOnly: boolean | null
  removable: boolean | null
  usedBytes: number | null
  freeBytes: number | null
  fsSizeBytes: number | null
  /** Kernel names of the devices that it lies on: a graph, for one volume may lie on several. */
  parents: string[]
}

/** NAME_MAX and PATH_MAX of limits.h. */
const [LONGEST_NAME, LONGEST_PATH] = [255, 4096]

/** Null where the text is not what lsblk prints; a machine without block devices gives []. */
export function readLsblk(json: unknown): BlockDevice[] | null {
  const roots = dig(json, 'blockdevices')
  if (!Array.isArray(roots)) return null
  const devices = new Map<string, BlockDevice>()
  const parents = new Map<string, Set<string>>()
  const waiting: { entry: unknown; parent: string | null }[] = roots
    .map((entry: unknown) => ({ entry, parent: null }))
    .reverse()
  for (let next = waiting.pop(); next && devices.size <= MOST_DEVICES; next = waiting.pop()) {
    const node = asObject(next.entry)
    const name = text(node?.['name'], LONGEST_NAME + 12)
    if (!node || !name) continue
    const kname = bare(text(node['kname'], LONGEST_NAME + 5) ?? name)
    const above = parents.get(kname) ?? new Set()
    for (const parent of [next.parent, bare(text(node['pkname'], LONGEST_NAME + 5) ?? '')])
      if (parent && parent !== kname) above.add(parent)
    parents.set(kname, above)
    if (devices.has(kname)) continue
    devices.set(kname, { ...readDevice(node, kname, bare(name)), parents: [] })
    for (const entry of asArray(node['children']).toReversed()) waiting.push({ entry, parent: kname })
  }
  return [...devices.values()].map((device) => ({ ...device, parents: [...(parents.get(device.kname) ?? [])] }))
}

/** Null also where it is longer than any name of its kind. */
function text(value: unknown, longest: number): string | null {
  const found = asText(value)
  return found && found.length <= longest ? found : null
}

/** With --paths names are /dev/sda. */
const bare = (name: string): string => name.replace(/^\/dev\/(mapper\/)?/, '')

function readDevice(node: Record<string, unknown>, kname: string, name: string): Omit<BlockDevice, 'parents'> {
  const mountpoints = Array.isArray(node['mountpoints']) ? node['mountpoints'] : [node['mountpoint']]
  return {
    kname,
    name,
    path: text(node['path'], LONGEST_PATH),
    type: text(node['type'], LONGEST_NAME),
    sizeBytes: size(node['size']),
    fstype: text(node['fstype'], LONGEST_NAME),
    mountpoints: mountpoints.flatMap((point) => text(point, LONGEST_PATH) ?? []),
    uuid: text(node['uuid'], LONGEST_NAME),
    parttype: text(node['parttype'], LONGEST_NAME)?.toLowerCase() ?? null,
    model: asName(node['model']),
    vendor: asName(node['vendor']),
    serial: asName(asSerial(node['serial'])),
    wwn: asName(node['wwn']),
    transport: asName(node['tran']),
    revision: asName(node['rev']),
    rotational: flag(node['rota']),
    readOnly: flag(node['ro']),
    removable: flag(node['rm']),
    fsSizeBytes: size(node['fssize']),
    usedBytes: size(node['fsused']),
    freeBytes: size(node['fsavail']),
  }
}

/** util-linux before 2.33 prints "0" and "1". */
const flag = (value: unknown): boolean | null =>
  value === true || value === '1' ? true : value === false || value === '0' ? false : null

/** Bytes with -b; without it "223.6G", which is rounded and no size. */
function size(value: unknown): number | null {
  const number =
    typeof value === 'number' ? value : typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : null
  return number !== null && Number.isSafeInteger(number) && number >= 0 ? number : null
}

/** Of udev: what device mapper and md make of disks. */
const MADE_BY_ID = /^(dm|md|lvm)-/
/** Folders below /dev whose devices are disks all the same: old drivers of RAID controllers, and what smartctl calls a bus. */
const OF_DISKS = /^(disk|cciss|ida|rd|bus)$/

/** Whether a name or path below /dev is of something that is made of disks: /dev/zvol/…, /dev/pve/vm-…, dm-name-… */
export function namesNoDisk(name: string): boolean {
  const parts = name.replace(/^\/dev\//, '').split('/')
  const last = parts.at(-1) ?? ''
  if (parts.length > 1 && !OF_DISKS.test(parts[0] ?? '')) return true
  return isNoDisk(last) || MADE_BY_ID.test(last)
}
