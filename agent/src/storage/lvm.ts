import { Unavailable } from '../inventory/section.ts'
import type { Run } from '../platform/command.ts'
import type { LvmFacts } from '../report/storage.ts'

const FORMAT = ['--reportformat', 'json', '--units', 'b', '--nosuffix']

/** What LVM says of a machine that uses it. */
export async function collectLvm(run: Run): Promise<LvmFacts> {
  const [pvs, vgs, lvs] = await Promise.all([
    run('pvs', [...FORMAT, '--readonly', '-o', 'pv_name,vg_name,pv_size,pv_free,pv_attr']),
    run('vgs', [...FORMAT, '--readonly', '-o', 'vg_name,vg_size,vg_free,vg_attr']),
    // Not read-only: only the kernel's device mapper knows the health of mirrors and thin pools.
    run('lvs', [
      ...FORMAT,
      '--all',
      '-o',
      'lv_name,vg_name,lv_path,lv_size,devices,lv_tags,lv_health_status,segtype,data_percent,metadata_percent',
    ]),
  ])
  for (const [name, { status, stderr }] of Object.entries({ pvs, vgs, lvs }))
    if (status !== 0) throw new Unavailable('FAILED', `${name} ended with ${status}: ${stderr.slice(0, 200)}`)
  const facts = parseLvm(pvs.stdout, vgs.stdout, lvs.stdout)
  // It is asked only where a device holds LVM: no answer is none.
  if (facts.physicalVolumes.length === 0)
    throw new Unavailable('FAILED', 'pvs names no volume, though a device holds one')
  return facts
}

type Row = Record<string, unknown>

export function parseLvm(pvs: string, vgs: string, lvs: string): LvmFacts {
  // A logical volume has a row for each of its segments.
  const volumes = new Map<string, LvmFacts['logicalVolumes'][number]>()
  for (const row of rows(lvs, 'lv')) {
    const volume = {
      name: (text(row['lv_name']) ?? '?').replace(/^\[(.*)\]$/, '$1'),
      volumeGroup: text(row['vg_name']) ?? '?',
      path: text(row['lv_path']),
      sizeBytes: bytes(row['lv_size']),
      devices: list(row['devices']).map((device) => device.replace(/\(\d+\)$/, '')),
      tags: list(row['lv_tags']),
      health: text(row['lv_health_status']),
      type: text(row['segtype']),
      dataPercent: percent(row['data_percent']),
      metadataPercent: percent(row['metadata_percent']),
    }
    const key = `${volume.volumeGroup}/${volume.name}`
    const known = volumes.get(key)
    if (known) known.devices = [...new Set([...known.devices, ...volume.devices])]
    else volumes.set(key, volume)
  }
  return {
    physicalVolumes: rows(pvs, 'pv').map((row) => ({
      device: text(row['pv_name']) ?? '[unknown]',
      volumeGroup: text(row['vg_name']),
      sizeBytes: bytes(row['pv_size']),
      freeBytes: bytes(row['pv_free']),
      // pv_attr(8): the third character is m for a missing device, which is named [unknown].
      missing: text(row['pv_attr'])?.charAt(2) === 'm' || row['pv_name'] === '[unknown]',
    })),
    volumeGroups: rows(vgs, 'vg').map((row) => ({
      name: text(row['vg_name']) ?? '?',
      sizeBytes: bytes(row['vg_size']),
      freeBytes: bytes(row['vg_free']),
      partial: text(row['vg_attr'])?.charAt(3) === 'p',
    })),
    logicalVolumes: [...volumes.values()],
  }
}

function rows(output: string, key: string): Row[] {
  const reports = (JSON.parse(output) as { report?: Record<string, Row[]>[] }).report ?? []
  return reports.flatMap((report) => report[key] ?? [])
}

const text = (value: unknown): string | null => (typeof value === 'string' && value.trim() ? value.trim() : null)
const percent = (value: unknown): number | null => {
  const digits = text(value)?.replace(',', '.') ?? ''
  return /^\d+(\.\d+)?$/.test(digits) ? Number(digits) : null
}
const list = (value: unknown): string[] => (text(value) ?? '').split(',').filter(Boolean)

/** "1048576" with --units b --nosuffix; "<931.51g" where it was rounded (lvs(8), reporting units: powers of 1024). */
const bytes = (value: unknown): number | null => {
  const words = String(value ?? '')
    .slice(0, 40)
    .toLowerCase()
  const [, digits = '', unit = ''] = /^[<>]?(\d+(?:[.,]\d+)?)([bkmgtpe]?)$/.exec(words) ?? []
  return digits ? Math.round(Number(digits.replace(',', '.')) * 1024 ** 'bkmgtpe'.indexOf(unit || 'b')) : null
}
