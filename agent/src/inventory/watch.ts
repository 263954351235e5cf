import type { Delivery } from './deliver.ts'

export interface Rhythm {
  everyMs: number
  smartEveryMs: number
  /** Between 0 and 1: where in its jitter this machine lies, so that a fleet does not report in one instant. */
  random: () => number
}

/** Reports again and again until it is stopped; S.M.A.R.T. only when it is due. One report is never begun beside another. */
export async function watch(
  { everyMs, smartEveryMs, random }: Rhythm,
  report: (smart: boolean) => Promise<Delivery>,
  say: (lines: string[]) => void,
  stopped: AbortSignal,
): Promise<void> {
  let smartDueAt = 0
  while (!stopped.aborted) {
    const startedAt = Date.now()
    const smart = startedAt >= smartDueAt
    // Slightly less than the hour, so that jitter does not make every second round skip it.
    if (smart) smartDueAt = startedAt + smartEveryMs - everyMs / 2
    say((await report(smart)).lines)
    const wait = everyMs * (0.95 + 0.1 * random()) - (Date.now() - startedAt)
    await pause(Math.max(1000, wait), stopped)
  }
}

const pause = (ms: number, stopped: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (stopped.aborted) return resolve()
    const timer = setTimeout(resolve, ms)
    stopped.addEventListener('abort', () => {
      clearTimeout(timer)
      resolve()
    })
  })
