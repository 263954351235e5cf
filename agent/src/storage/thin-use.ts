import type { Run } from '../platform/command.ts'
import type { LvmFacts } from '../report/storage.ts'

/**
 * How full thin pools are, by the kernel's device mapper alone (dmsetup(8), status; Documentation/admin-guide/device-mapper/
 * thin-provisioning.rst): no disk is read for it, so that a pool is told as it is while LVM itself is left in peace.
 */
export async function withThinUse(facts: LvmFacts, run: Run): Promise<LvmFacts> {
  if (!facts.logicalVolumes.some(({ type }) => type === 'thin-pool')) return facts
  const pools = await run('dmsetup', ['status', '--target', 'thin-pool']).then(
    ({ stdout, status }) => (status === 0 ? parseThinStatus(stdout) : new Map<string, Use>()),
    () => new Map<string, Use>(),
  )
  const logicalVolumes = facts.logicalVolumes.map((volume) => {
    const name = `${escaped(volume.volumeGroup)}-${escaped(volume.name)}`
    return { ...volume, ...(pools.get(`${name}-tpool`) ?? pools.get(name)) }
  })
  return { ...facts, logicalVolumes }
}

type Use = Pick<LvmFacts['logicalVolumes'][number], 'dataPercent' | 'metadataPercent'>

/** "vg-pool-tpool: 0 204800 thin-pool 1 12/1024 256/1600 …": transaction, metadata used/total, data used/total, in blocks. */
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
