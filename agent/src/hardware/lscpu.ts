import type { HardwareFacts } from '../report/hardware.ts'

type CpuFacts = Pick<HardwareFacts, 'cpuModel' | 'sockets' | 'cores' | 'threads'>

interface Entry {
  field?: unknown
  data?: unknown
  children?: unknown
}

/** `lscpu --json` (util-linux): a list of fields; since 2.37 some stand below others. */
export function parseLscpu(text: string): CpuFacts {
  const json = JSON.parse(text) as { lscpu?: unknown } | null
  const fields = new Map<string, string>()
  const waiting: unknown[] = Array.isArray(json?.lscpu) ? [...json.lscpu] : []
  for (let entry = waiting.shift(); entry; entry = waiting.shift()) {
    const { field, data, children } = entry as Entry
    if (typeof field === 'string' && typeof data === 'string' && !fields.has(field)) fields.set(field, data)
    if (Array.isArray(children)) waiting.push(...children)
  }
  const whole = (name: string): number | null => {
    const value = Number(fields.get(name))
    return Number.isInteger(value) && value > 0 ? value : null
  }
  // ARM tells clusters where there are no sockets.
  const sockets = whole('Socket(s):') ?? whole('Cluster(s):')
  const perSocket = whole('Core(s) per socket:') ?? whole('Core(s) per cluster:')
  return {
    // "-" is what lscpu prints where it found nothing.
    cpuModel: fields.get('Model name:')?.replace(/^-$/, '').slice(0, 255) || null,
    sockets,
    cores: sockets !== null && perSocket !== null ? sockets * perSocket : null,
    threads: whole('CPU(s):'),
  }
}
