import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { keepInFile, readKept } from '../host/kept-file.ts'
import type { MetricSample, MetricsFacts } from '../report/metrics.ts'
import { type CpuTimes, cpuPercent, readCpuTimes, readSample } from './sample.ts'

const MINUTE = 60_000
/** A day: what the server could not be told by then is given up, the oldest first. */
const MOST = 24 * 60
/** Within less the counters say little of how busy a machine is, after more they say it of another day. */
const SHORTEST = 20_000
const LONGEST = 2 * 60 * MINUTE

/** Where the counters of the processors stood at one time of one run of the machine. */
interface Mark extends CpuTimes {
  at: number
  boot: string
}

/** Samples how busy this machine is, and keeps the samples until a report takes them. */
export class Sampler {
  private samples: MetricSample[] = []
  private last: Mark | null = null

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
    const boot = (await read('sys/kernel/random/boot_id')).trim()
    const mark = times && { ...times, at: now.getTime(), boot }
    const facts = readSample(await read('meminfo'), await read('loadavg'))
    const before = this.last ?? (await this.kept())
    const sample = {
      at: now.toISOString(),
      ...facts,
      cpuPercent: isNear(before, mark) ? cpuPercent(before, mark) : null,
    }
    this.last = mark
    this.samples = [...this.samples, sample].slice(-MOST)
  }

  /** What was sampled since a report took it last; where that is nothing of this minute, how it is now. */
  async take(now = new Date()): Promise<MetricsFacts> {
    const newest = this.samples[this.samples.length - 1]
    if (!newest || now.getTime() - Date.parse(newest.at) >= MINUTE) await this.sample(now)
    const { samples } = this
    this.samples = []
    if (this.last) await keepInFile(join(this.stateDir, 'metrics.json'), this.last)
    return { samples }
  }

  /** Of the report before, where each is made by an agent of its own: the percentage then is of the time between them. */
  private async kept(): Promise<Mark | null> {
    const { busy, total, at, boot } = (await readKept(join(this.stateDir, 'metrics.json'))) ?? {}
    const isMark = [busy, total, at].every((value) => typeof value === 'number') && typeof boot === 'string'
    return isMark ? ({ busy, total, at, boot } as Mark) : null
  }
}

/** Whether what lies between them is a time of which a percentage says something. */
function isNear(before: Mark | null, after: Mark | null): boolean {
  if (!before || !after || before.boot !== after.boot) return false
  const elapsed = after.at - before.at
  return elapsed >= SHORTEST && elapsed <= LONGEST
}
