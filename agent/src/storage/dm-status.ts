import type { Run } from '../platform/command.ts'
import type { LvmFacts } from '../report/storage.ts'

/**
 * What the kernel's device mapper knows by itself (dmsetup(8), status): how full thin pools are, and which legs of raids are
 * dead. No disk is read for it, so both are told as they are while LVM itself is left in peace.
 */
export async function withKernelStatus(facts: LvmFacts, run: Run): Promise<LvmFacts> {
  const types = facts.logicalVolumes.map(({ type }) => type ?? '')
  const ask = (target: string): Promise<string> =>
    run('dmsetup', ['status', '--target', target]).then(
      ({ stdout, status }) => (status === 0 ? stdout : ''),
      () => '',
    )
  const pools = parseThinStatus(types.includes('thin-pool') ? await ask('thin-pool') : '')
  const dead = parseRaidStatus(types.some((type) => type.startsWith('raid')) ? await ask('raid') : '')
  const logicalVolumes = facts.logicalVolumes.map((volume) => {
    const name = `${escaped(volume.volumeGroup)}-${escaped(volume.name)}`
    // What LVM says of it is more.
    const health = volume.health ?? (dead.has(name) ? 'refresh needed' : null)
    return { ...volume, health, ...(pools.get(`${name}-tpool`) ?? pools.get(name)) }
  })
  return { ...facts, logicalVolumes }
}

/**
 * The raids of which a leg is dead, by "vg-lv: 0 204800 raid raid1 2 AD 204800/204800 idle 0 0 -": A and a live, D is dead
 * (Documentation/admin-guide/device-mapper/dm-raid.rst).
 */
export function parseRaidStatus(text: string): Set<string> {
  const dead = new Set<string>()
  for (const line of text.split('\n')) {
    const [, name, legs = ''] = /^(\S+): \d+ \d+ raid \S+ \d+ ([AaD-]+)(?: |$)/.exec(line) ?? []
    if (name && legs.includes('D')) dead.add(name)
  }
  return dead
}

type Use = Pick<LvmFacts['logicalVolumes'][number], 'dataPercent' | 'metadataPercent'>

/**
 * "vg-pool-tpool: 0 204800 thin-pool 1 12/1024 256/1600 …": transaction, metadata used/total, data used/total, in blocks
 * (thin-provisioning.rst there).
 */
export function parseThinStatus(text: string): Map<string, Use> {
  const pools = new Map<string, Use>()
  for (const line of text.split('\n')) {
    const [, name, metadata, metadataAll, data, dataAll] =
      /^(\S+): \d+ \d+ thin-pool \d+ (\d+)\/(\d+) (\d+)\/(\d+)(?: |$)/.exec(line) ?? []
    if (!name) continue
    pools.set(name, { dataPercent: percent(data, dataAll), metadataPercent: percent(metadata, metadataAll) })
  }
  return pools
}

const percent = (used: string | undefined, all: string | undefined): number | null =>
  Number(all) > 0 ? Math.round((10_000 * Number(used)) / Number(all)) / 100 : null

/** In names of the device mapper a hyphen stands between volume group and volume; one of their own is doubled. */
const escaped = (name: string): string => name.replaceAll('-', '--')
