import { SECOND } from '../platform/clock.ts'
import type { AlertOpener } from './alert-opener.ts'

/** What comes in one burst is opened and told together. */
const WAIT = 1.5 * SECOND

/**
 * Opens alerts soon after something happened, so that whoever looks at a page sees what needs them; the task that runs every
 * 15 seconds opens what this did not.
 */
export class AlertBell {
  private timer: NodeJS.Timeout | null = null
  private stopped = false

  constructor(
    private readonly opener: Pick<AlertOpener, 'run'>,
    private readonly onError: (error: unknown) => void,
    private readonly wait = WAIT,
  ) {}

  ring(): void {
    if (this.stopped) return
    this.timer ??= setTimeout(() => {
      this.timer = null
      this.opener.run().catch(this.onError)
    }, this.wait)
  }

  stop(): void {
    this.stopped = true
    if (this.timer) clearTimeout(this.timer)
  }
}
