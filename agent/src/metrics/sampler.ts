import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { keepInFile, readKept } from '../host/kept-file.ts'
import type { MetricSample, MetricsFacts } from '../report/metrics.ts'
import { type CpuTimes, cpuPercent, readCpuTimes, readSample } from './sample.ts'

const MINUTE = 60_000
/** A day: what the server could not be told by then is given up, the oldest first. */
const MOST = 24 * 60

/** Samples how busy this machine is, and keeps the samples until a report takes them. */
export class Sampler {
  private samples: MetricSample[] = []
  private last: CpuTimes | null = null

  constructor(
    private readonly stateDir: string,
    private readonly proc = '/proc',
  ) {}

  /** Once a minute until it is stopped. */
  run(stopped: AbortSignal): void {
    const timer = setInterval(() => void this.sample(), MINUTE)
    timer.unref()
    stopped.addEventListener('abort', () => clearInterval(timer))
  }

  async sample(now = new Date()): Promise<void> {
    const read = (name: string): Promise<string> => readFile(join(this.proc, name), 'utf8').catch(() => '')
    const times = readCpuTimes(await read('stat'))
    this.samples.push({
      at: now.toISOString(),
      ...readSample(await read('meminfo'), await read('loadavg')),
      cpuPercent: cpuPercent(this.last ?? (await this.kept()), times),
    })
    this.last = times
    this.samples = this.samples.slice(-MOST)
  }

  /** What was sampled since a report took it last, and how it is now. */
  async take(): Promise<MetricsFacts> {
    await this.sample()
    const { samples } = this
    this.samples = []
    if (this.last) await keepInFile(join(this.stateDir, 'metrics.json'), this.last)
    return { samples }
  }

  /** Of the report before, where each is made by an agent of its own: the percentage then is of the time between them. */
  private async kept(): Promise<CpuTimes | null> {
    const { busy, total } = (await readKept(join(this.stateDir, 'metrics.json'))) ?? {}
    return typeof busy === 'number' && typeof total === 'number' ? { busy, total } : null
  }
}
