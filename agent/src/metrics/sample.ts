import type { MetricSample } from '../report/metrics.ts'

/** How long all processors have worked, and how long there was, since the start (proc(5), /proc/stat). */
export interface CpuTimes {
  busy: number
  total: number
}

export function readCpuTimes(stat: string): CpuTimes | null {
  const line = /^cpu {1,4}([\d ]{1,400})$/m.exec(stat)?.[1]
  if (!line) return null
  // user nice system idle iowait irq softirq steal; what guests use is in user already.
  const [user = 0, nice = 0, system = 0, idle = 0, iowait = 0, irq = 0, softirq = 0, steal = 0] = line
    .trim()
    .split(' ')
    .map(Number)
  const busy = user + nice + system + irq + softirq + steal
  return { busy, total: busy + idle + iowait }
}

/** Null where the counters began anew, or do not move: it was restarted, or there is nothing between the two. */
export function cpuPercent(before: CpuTimes | null, after: CpuTimes | null): number | null {
  if (!before || !after) return null
  const [busy, total] = [after.busy - before.busy, after.total - before.total]
  if (total <= 0 || busy < 0) return null
  return Math.min(100, Math.round((busy / total) * 1000) / 10)
}

/** What a sample tells of memory and load, from /proc/meminfo and /proc/loadavg. */
export function readSample(meminfo: string, loadavg: string): Omit<MetricSample, 'at' | 'cpuPercent'> {
  const bytes = (name: string): number | null => {
    const kib = new RegExp(`^${name}:\\s+(\\d{1,15}) kB$`, 'm').exec(meminfo)?.[1]
    return kib === undefined ? null : Number(kib) * 1024
  }
  const [one, five] = loadavg.split(' ')
  const load = (text: string | undefined): number | null => (/^\d+\.\d+$/.test(text ?? '') ? Number(text) : null)
  const [swap, free] = [bytes('SwapTotal'), bytes('SwapFree')]
  return {
    load1: load(one),
    load5: load(five),
    memoryBytes: bytes('MemTotal'),
    // Linux before 3.14 does not tell it; what is free alone would look like no memory at all.
    availableBytes: bytes('MemAvailable'),
    swapBytes: swap,
    swapUsedBytes: swap === null || free === null ? null : Math.max(0, swap - free),
  }
}
