import { existsSync } from 'node:fs'
import { Unavailable } from '../inventory/section.ts'
import type { Run } from '../platform/command.ts'
import type { ZpoolFacts } from '../report/storage.ts'

/** Null where ZFS is not loaded or holds no pool. A container sees its host's /sys, but not its /dev/zfs. `resolve` finds the kernel's name behind a path. */
export async function collectZpool(run: Run, resolve: (path: string) => string | null): Promise<ZpoolFacts | null> {
  if (!existsSync('/dev/zfs')) return null
  const [list, status] = await Promise.all([
    run('zpool', ['list', '-Hp', '-o', 'name,size,allocated,free,health']),
    run('zpool', ['status', '-P', '-L', '-v']),
  ])
  // A pool that cannot be asked for is not a pool that is gone.
  for (const { status: ended, stderr } of [list, status])
    if (ended !== 0) throw new Unavailable('FAILED', `zpool ended with ${ended}: ${stderr.slice(0, 200)}`)
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
        dataErrors: pool?.dataErrors ?? null,
        damagedFiles: pool?.damagedFiles ?? [],
        scanErrors: pool?.scanErrors ?? null,
      }
    }),
  }
}

const whole = (value: string | undefined): number | null => (value && /^\d+$/.test(value) ? Number(value) : null)

/** Groups of devices, and the headings of the classes: no devices themselves. */
const GROUP = /^(mirror|raidz\d?|draid\S*|spare|replacing|logs?|cache|spares|special|dedup|indirect)(-\d+)?$/

type Device = ZpoolFacts['pools'][number]['devices'][number]

interface PoolStatus {
  state: string | null
  devices: Omit<Device, 'device'>[]
  dataErrors: number | null
  damagedFiles: string[]
  scanErrors: number | null
}

const MOST_FILES = 20

/** zpool-status(8): headings with a colon, the tree of devices below "config:", the damaged files below "errors:". */
function parseStatus(status: string): Map<string, PoolStatus> {
  const pools = new Map<string, PoolStatus>()
  let pool: PoolStatus | null = null
  let name = ''
  let part = ''
  /** The class whose heading stands above: spare, cache or log; null = data. */
  let use: string | null = null
  /** The mirror or raidz whose heading stands above, at the second level. */
  let group: string | null = null
  /** How deep the heading of a replacement stands, below which old and new are one member; null = not below one. */
  let replacing: number | null = null
  for (const line of status.split('\n')) {
    const header = /^ {0,3}(pool|state|status|action|see|scan|config|errors):(.*)$/.exec(line)
    if (header) {
      const words = (header[2] ?? '').trim()
      part = header[1] ?? ''
      if (part === 'pool') {
        name = words
        pool = { state: null, devices: [], dataErrors: null, damagedFiles: [], scanErrors: null }
        pools.set(name, pool)
      } else if (part === 'state' && pool) pool.state = words
      else if (part === 'scan' && pool)
        pool.scanErrors = greater(pool.scanErrors, count(/ with (\d+) errors/.exec(words)?.[1]))
      else if (part === 'errors' && pool) {
        if (/^No known data errors/.test(words)) pool.dataErrors = 0
        else if (/^List of errors unavailable/.test(words)) pool.dataErrors = 1
        else pool.dataErrors = count(/^(\d+) data errors?/.exec(words)?.[1])
      }
    } else if (part === 'config' && pool) {
      const [device, state, read, write, checksum] = line.trim().split(/\s+/)
      if (device === name) use = null
      const indent = indentOf(line)
      if (indent <= SECOND_LEVEL) group = device && GROUP.test(device) ? device : null
      if (replacing !== null && indent <= replacing) replacing = null
      if (/^(replacing|spare)-\d+$/.test(device ?? '')) replacing = indent
      const isBeingFilled = replacing !== null || line.includes('(resilvering)')
      const heading = /^(log|cache|spare)s?$/.exec(device ?? '')?.[1]
      if (heading && !state) use = heading
      else if (/^(special|dedup)$/.test(device ?? '') && !state) use = null
      if (!device || device === 'NAME' || device === name || GROUP.test(device)) continue
      const errors = { read: count(read), write: count(write), checksum: count(checksum) }
      pool.devices.push({
        path: device,
        state: state ?? null,
        errors,
        use,
        group: isBeingFilled ? null : (group ?? device),
      })
    } else if (part === 'errors' && pool && line.trim()) {
      pool.dataErrors = (pool.damagedFiles.length ? (pool.dataErrors ?? 0) : 0) + 1
      if (pool.damagedFiles.length < MOST_FILES) pool.damagedFiles.push(line.trim().slice(0, 1000))
    }
  }
  return pools
}

/** The pool stands behind a tab, or eight blanks; each level two blanks deeper. */
const indentOf = (line: string): number => line.replace(/^\t/, ' '.repeat(8)).search(/\S/)
const SECOND_LEVEL = 10

const greater = (one: number | null, other: number | null): number | null =>
  one === null ? other : Math.max(one, other ?? 0)

const UNITS = ['', 'K', 'M', 'G', 'T']
/** "0", "12", and "1.2K" as zpool shortens it; null for words such as "was /dev/sdb1". */
function count(word: string | undefined): number | null {
  const [, digits, unit = ''] = /^(\d{1,15}(?:\.\d{1,3})?)([KMGT]?)$/.exec(word ?? '') ?? []
  return digits === undefined ? null : Math.round(Number(digits) * 1000 ** UNITS.indexOf(unit))
}
