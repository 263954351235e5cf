import type { CephFacts, LvmFacts } from '../report/storage.ts'

/** OSDs are logical volumes that carry their number as a tag (ceph-volume(8)): LVM has told of them already. */
export function cephOf(lvm: LvmFacts | null): CephFacts | null {
  const osds = new Map<string, CephFacts['osds'][number]>()
  for (const { tags, devices } of lvm?.logicalVolumes ?? []) {
    const id = tags.flatMap((tag) => /^ceph\.osd_id=(\d+)$/.exec(tag)?.[1] ?? [])[0]
    if (id === undefined) continue
    const osd = osds.get(id) ?? { id, devices: [], encrypted: false }
    osds.set(id, {
      id,
      devices: [...new Set([...osd.devices, ...devices])],
      encrypted: osd.encrypted || tags.includes('ceph.encrypted=1'),
    })
  }
  return osds.size ? { osds: [...osds.values()] } : null
}
