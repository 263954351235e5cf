import { asArray, asName, asObject, asText, dig } from '../platform/json.ts'

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
  usedBytes: number | null
  freeBytes: number | null
  fsSizeBytes: number | null
  /** Kernel names of the devices that it lies on: a graph, for one volume may lie on several. */
  parents: string[]
}

/** Null where the text is not what lsblk prints; a machine without block devices gives []. */
export function readLsblk(json: unknown): BlockDevice[] | null {
  const roots = dig(json, 'blockdevices')
  if (!Array.isArray(roots)) return null
  const devices = new Map<string, BlockDevice>()
  const visit = (entry: unknown, parent: string | null): void => {
    const node = asObject(entry)
    const name = asText(node?.['name'])
    if (!node || !name) return
    const kname = bare(asText(node['kname']) ?? name)
    const known = devices.get(kname)
    const above = [parent, bare(asText(node['pkname']) ?? '')].filter(
      (key): key is string => Boolean(key) && key !== kname,
    )
    if (known) {
      known.parents = [...new Set([...known.parents, ...above])]
      return
    }
    devices.set(kname, { ...readDevice(node, kname, bare(name)), parents: [...new Set(above)] })
    for (const child of asArray(node['children'])) visit(child, kname)
  }
  for (const root of roots) visit(root, null)
  return [...devices.values()]
}

/** With --paths names are /dev/sda. */
const bare = (name: string): string => name.replace(/^\/dev\/(mapper\/)?/, '')

function readDevice(node: Record<string, unknown>, kname: string, name: string): Omit<BlockDevice, 'parents'> {
  const mountpoints = Array.isArray(node['mountpoints']) ? node['mountpoints'] : [node['mountpoint']]
  return {
    kname,
    name,
    path: asText(node['path']),
    type: asText(node['type']),
    sizeBytes: size(node['size']),
    fstype: asText(node['fstype']),
    mountpoints: mountpoints.flatMap((point) => asText(point) ?? []),
    uuid: asText(node['uuid']),
    parttype: asText(node['parttype'])?.toLowerCase() ?? null,
    model: asName(node['model']),
    vendor: asName(node['vendor']),
    serial: asName(node['serial']),
    wwn: asName(node['wwn']),
    transport: asName(node['tran']),
    revision: asName(node['rev']),
    rotational: flag(node['rota']),
    readOnly: flag(node['ro']),
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

/** What lsblk calls a disk and is none: memory, loops, network images, volumes, optical drives, boot areas of eMMC. */
const NO_DISK = /^(zram|loop|ram|rbd|nbd|zd|dm-|md|sr|fd|drbd|nullb|bcache)|^mmcblk\d+(boot\d|rpmb)/

export const isPhysicalDisk = (device: BlockDevice): boolean =>
  device.type === 'disk' && !NO_DISK.test(device.kname) && device.sizeBytes !== 0
