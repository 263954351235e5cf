import { existsSync } from 'node:fs'
import { Unavailable } from '../inventory/section.ts'
import type { Run } from '../platform/command.ts'

export interface CephFacts {
  osds: { id: string; devices: string[]; encrypted: boolean }[]
}

/** Null where no Ceph is on this machine. OSDs are logical volumes that carry their number as a tag (ceph-volume(8)). */
export async function collectCeph(run: Run, root: boolean): Promise<CephFacts | null> {
  if (!existsSync('/var/lib/ceph/osd') && !existsSync('/etc/pve/ceph.conf')) return null
  if (!root) throw new Unavailable('NOT_ROOT', 'Ceph volumes can be read by root only: run the agent with sudo')
  const { stdout, stderr, status } = await run('lvs', [
    '--noheadings',
    '--readonly',
    '--separator',
    ';',
    '-S',
    'lv_name=~^osd-',
    '-o',
    'devices,lv_name,lv_tags',
  ])
  if (status !== 0) throw new Unavailable('FAILED', `lvs ended with ${status}: ${stderr.slice(0, 200)}`)
  const facts = parseCephVolumes(stdout)
  return facts.osds.length ? facts : null
}

export function parseCephVolumes(text: string): CephFacts {
  const osds = new Map<string, { id: string; devices: string[]; encrypted: boolean }>()
  for (const line of text.split('\n')) {
    const [devices = '', , tags = ''] = line.trim().split(';')
    const id = /(?:^|,)ceph\.osd_id=(\d+)/.exec(tags)?.[1]
    if (!id) continue
    const osd = osds.get(id) ?? { id, devices: [], encrypted: false }
    const names = devices.split(',').map((device) => device.replace(/\(\d+\)$/, ''))
    osds.set(id, {
      id,
      devices: [...new Set([...osd.devices, ...names])],
      encrypted: osd.encrypted || /ceph\.encrypted=1/.test(tags),
    })
  }
  return { osds: [...osds.values()] }
}
