import { Ending, ExitStatus } from '../exit-status.ts'
import { pause } from '../platform/pause.ts'
import type { Executor } from './executor.ts'

/** Seconds: after a round that failed, then longer and longer; and where the server knows of no actions at all. */
const FIRST_WAIT = 2
const LONGEST_WAIT = 60
const NO_ACTIONS = 3600
const LEAST_ROUND_MS = 1000

export interface Working {
  say: (line: string) => void
  /** Calls when there may be something to ask for. */
  listen: (wake: () => void) => { stop(): void }
  stopped: AbortSignal
}

/** Asks for work again and again until it is stopped. Whatever fails, the next round begins where this one was. */
export async function work(
  executor: Pick<Executor, 'round' | 'mayAct'>,
  { say, listen, stopped }: Working,
): Promise<void> {
  let wake: () => void = () => undefined
  /** A hint came while a round was under way: what it is about may have missed it. */
  let isWoken: boolean
  let hints: { stop(): void } | null = null
  stopped.addEventListener('abort', () => hints?.stop())
  let wait = FIRST_WAIT
  let said = ''
  while (!stopped.aborted) {
    const begunAt = performance.now()
    isWoken = false
    let seconds: number
    try {
      seconds = await executor.round()
      wait = FIRST_WAIT
      said = ''
    } catch (error) {
      const isTooOld = error instanceof Ending && error.status === ExitStatus.INCOMPATIBLE
      seconds = isTooOld ? NO_ACTIONS : wait
      wait = Math.min(LONGEST_WAIT, wait * 2)
      // Every second of an outage it would be the same line.
      const line = `Asking for work: ${(error as Error).message}`
      if (line !== said && !isTooOld) say(line)
      said = line
    }
    // Where its owner lets it do nothing, nobody has to wait for it: a connection is kept for those that act.
    if (executor.mayAct)
      hints ??= listen(() => {
        isWoken = true
        wake()
      })
    else {
      hints?.stop()
      hints = null
    }
    if (!isWoken) {
      const waiting = pause(seconds * 1000, stopped)
      wake = waiting.cancel
      await waiting
    }
    // However many hints come.
    await pause(Math.max(0, LEAST_ROUND_MS - (performance.now() - begunAt)), stopped)
  }
}
