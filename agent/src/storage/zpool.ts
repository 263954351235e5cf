import { existsSync } from 'node:fs'
import type { Run } from '../platform/command.ts'

export interface ZpoolFacts {
  pools: {
    name: string
    state: string | null
    sizeBytes: number | null
    allocatedBytes: number | null
    freeBytes: number | null
    devices: { path: string; device: string | null; state: string | null }[]
  }[]
}

/** Null where ZFS is not loaded or holds no pool. A container sees its host's /sys, but not its /dev/zfs. `resolve` finds the kernel's name behind a path. */
export async function collectZpool(run: Run, resolve: (path: string) => string | null): Promise<ZpoolFacts | null> {
  if (!existsSync('/dev/zfs')) return null
  const [list, status] = await Promise.all([
    run('zpool', ['list', '-Hp', '-o', 'name,size,allocated,free,health']),
    run('zpool', ['status', '-P', '-L']),
  ])
  const facts = parseZpool(list.stdout, status.stdout, resolve)
  return facts.pools.length ? facts : null
}

export function parseZpool(list: string, status: string, resolve: (path: string) => string | null): ZpoolFacts {
  const sizes = new Map(list.split('\n').map((line) => [line.split('\t')[0] ?? '', line.split('\t')]))
  const found = parseStatus(status)
  const names = new Set([...found.keys(), ...[...sizes.keys()].filter((name) => name && !/^\s/.test(name))])
  return {
    pools: [...names].map((name) => {
      const row = sizes.get(name)
      const pool = found.get(name)
      return {
        name,
        state: pool?.state ?? row?.[4] ?? null,
        sizeBytes: whole(row?.[1]),
        allocatedBytes: whole(row?.[2]),
        freeBytes: whole(row?.[3]),
        devices: (pool?.devices ?? []).map((device) => ({ ...device, device: resolve(device.path) })),
      }
    }),
  }
}

const whole = (value: string | undefined): number | null => (value && /^\d+$/.test(value) ? Number(value) : null)

/** Groups of devices, and the headings of the classes: no devices themselves. */
const GROUP = /^(mirror|raidz\d?|draid\S*|spare|replacing|logs?|cache|spares|special|dedup|indirect)(-\d+)?$/

function parseStatus(
  status: string,
): Map<string, { state: string | null; devices: { path: string; state: string | null }[] }> {
  const pools = new Map<string, { state: string | null; devices: { path: string; state: string | null }[] }>()
  let pool: { state: string | null; devices: { path: string; state: string | null }[] } | null = null
  let name = ''
  let inConfig = false
  for (const line of status.split('\n')) {
    const header = /^\s*(pool|state|config|errors):(.*)$/.exec(line)
    if (header?.[1] === 'pool') {
      name = header[2]?.trim() ?? ''
      pool = { state: null, devices: [] }
      pools.set(name, pool)
      inConfig = false
    } else if (header?.[1] === 'state' && pool && !inConfig) pool.state = header[2]?.trim() ?? null
    else if (header) inConfig = header[1] === 'config'
    else if (inConfig && pool) {
      const [device, state] = line.trim().split(/\s+/)
      if (!device || device === 'NAME' || device === name || GROUP.test(device)) continue
      pool.devices.push({ path: device, state: state ?? null })
    }
  }
  return pools
}
