/** While reports arrive, reading waits this many times as long as it has just worked. */
const PAUSE_PER_WORK = 1
/** Reports count as arriving for this long after the last one: the next may wait in its socket, unseen. */
const ARRIVING_FOR_MS = 250
/** A reader that never says that it is done must not keep the others waiting for ever. */
const LONGEST_TURN_MS = 30_000

/**
 * Shares the one thread between reports and readers: reports must not wait behind pages. Questions are answered one at
 * a time, for SQLite answers them one at a time anyway; and while reports are being recorded, a pause as long as the
 * work follows each answer. Nothing is refused, and without reports nothing waits.
 */
export class FairShare {
  private lastReportAt = -Infinity
  private busy = false
  private readonly waiting: (() => void)[] = []

  async report<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } finally {
      this.lastReportAt = performance.now()
    }
  }

  /** Resolves when it is the reader's turn, with what must be called when it is done. */
  async turn(): Promise<() => void> {
    if (this.busy) await new Promise<void>((resolve) => this.waiting.push(resolve))
    this.busy = true
    const startedAt = performance.now()
    let isDone = false
    const done = (): void => {
      if (isDone) return
      isDone = true
      clearTimeout(guard)
      const now = performance.now()
      const worked = now - startedAt
      if (now - this.lastReportAt < ARRIVING_FOR_MS) setTimeout(() => this.next(), worked * PAUSE_PER_WORK)
      else this.next()
    }
    const guard = setTimeout(done, LONGEST_TURN_MS)
    guard.unref()
    return done
  }

  private next(): void {
    const reader = this.waiting.shift()
    if (reader) reader()
    else this.busy = false
  }
}
