import { Worker } from 'node:worker_threads'
import type { Log } from './log.ts'
import { threadScript } from './root.ts'

/**
 * A thread that ends this process where its main loop has stood still for so many seconds. Nothing else can: requests,
 * timers and signals are all heard by that loop. SQLite's journal makes good what was under way.
 */
export function startWatchdog(log: Log, limitSeconds: number): void {
  const beats = new Int32Array(new SharedArrayBuffer(4))
  setInterval(() => Atomics.add(beats, 0, 1), 500).unref()
  const worker = new Worker(threadScript('platform/watchdog-thread'), {
    workerData: { beats, limitSeconds },
    // It needs nothing that was loaded into the main thread.
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 2 },
  })
  worker.on('error', (error) => log.error({ err: error }, 'Nobody watches whether the main loop stands still'))
  worker.unref()
}
