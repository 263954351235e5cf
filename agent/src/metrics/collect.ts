import { readMounts } from '../host/mounts.ts'
import { MachineKind } from '../report/machine-kind.ts'
import type { MetricsFacts } from '../report/metrics.ts'
import type { Sampler } from './sampler.ts'

/**
 * How busy this machine was. A container sees the numbers of its host; LXC its own, where lxcfs stands before them, but for
 * the load (lxcfs(1), --enable-loadavg, is off by default). Null = what there is to read is not this machine's.
 */
export async function collectMetrics(
  sampler: Pick<Sampler, 'take'>,
  kind: MachineKind,
  mounts: readonly { mountpoint: string }[] = readMounts(),
): Promise<MetricsFacts | null> {
  if (kind === MachineKind.CONTAINER) return null
  if (kind !== MachineKind.LXC) return sampler.take()
  const isOwn = ['/proc/meminfo', '/proc/stat'].every((file) => mounts.some(({ mountpoint }) => mountpoint === file))
  if (!isOwn) return null
  const { samples } = await sampler.take()
  return { samples: samples.map((sample) => ({ ...sample, load1: null, load5: null })) }
}
