import { pause } from '../platform/pause.ts'
import type { Delivery } from './deliver.ts'

export interface Rhythm {
  everyMs: number
  smartEveryMs: number
  /** Between 0 and 1: where in its jitter this machine lies, so that a fleet does not report in one instant. */
  random: () => number
}

export interface Watch {
  rhythm: Rhythm
  report: (smart: boolean) => Promise<Delivery>
  /** Runs beside the reports; it resolves with true when it found something that should be told soon. */
  measure: () => Promise<boolean>
  say: (lines: string[]) => void
  stopped: AbortSignal
}

/**
 * Reports again and again until it is stopped; S.M.A.R.T. only when it is due, and one report never beside another.
 * The monotonic clock decides: one that is set, backwards or forwards, changes nothing.
 */
export async function watch({ rhythm, report, measure, say, stopped }: Watch): Promise<void> {
  const { everyMs, smartEveryMs, random } = rhythm
  let smartDueAt = -Infinity
  let measuring: Promise<boolean> | null = null
  while (!stopped.aborted) {
    const startedAt = performance.now()
    const smart = startedAt >= smartDueAt
    // Slightly less than the hour, so that jitter does not make every second round skip it.
    if (smart) smartDueAt = startedAt + smartEveryMs - everyMs / 2
    say(await lines(() => report(smart)))
    if (stopped.aborted) return
    measuring ??= measure().catch(() => false)
    const waited = pause(Math.max(1000, everyMs * (0.95 + 0.1 * random()) - (performance.now() - startedAt)), stopped)
    const found = await Promise.race([measuring, waited.then(() => null)])
    if (found !== null) measuring = null
    // New sizes are told with the next report, which need not wait for its turn the first time.
    if (found !== true) await waited
    else waited.cancel()
  }
}

async function lines(report: () => Promise<Delivery>): Promise<string[]> {
  try {
    return (await report()).lines
  } catch (error) {
    // A full disk, say: the next round may fare better, and the service must not end for it.
    return [`The report failed: ${error instanceof Error ? error.message : String(error)}`]
  }
}
