import { Worker } from 'node:worker_threads'

interface Answer {
  id: number
  result?: unknown
  error?: { message: string; stack?: string | undefined; code?: string | undefined }
}

/** The one door to a worker thread: questions with answers. It starts at the first one, and again after it died. */
export class WorkerThread<Tasks extends Record<string, (order: never) => unknown>> {
  private worker: Worker | null = null
  private next = 0
  private readonly waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>()

  constructor(
    private readonly script: URL,
    private readonly memoryMb: number,
  ) {}

  ask<K extends keyof Tasks & string>(task: K, order: Parameters<Tasks[K]>[0]): Promise<Awaited<ReturnType<Tasks[K]>>> {
    const worker = this.running()
    const id = this.next++
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve: resolve as (value: unknown) => void, reject })
      worker.postMessage({ id, task, order })
    })
  }

  /** Ends it at once; whoever waits is told. */
  async stop(): Promise<void> {
    await this.worker?.terminate()
  }

  private running(): Worker {
    if (this.worker) return this.worker
    const worker = new Worker(this.script, {
      resourceLimits: { maxOldGenerationSizeMb: this.memoryMb, maxYoungGenerationSizeMb: 8 },
    })
    worker.on('message', ({ id, result, error }: Answer) => {
      const asked = this.waiting.get(id)
      this.waiting.delete(id)
      if (error) asked?.reject(Object.assign(new Error(error.message), { stack: error.stack, code: error.code }))
      else asked?.resolve(result)
    })
    let cause: Error | null = null
    worker.on('error', (error) => (cause = error as Error))
    worker.once('exit', () => {
      this.worker = null
      for (const { reject } of this.waiting.values()) reject(cause ?? new Error('The worker thread was stopped'))
      this.waiting.clear()
    })
    worker.unref()
    this.worker = worker
    return worker
  }
}
