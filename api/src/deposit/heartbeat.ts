import { SECOND } from '../platform/clock.ts'
import type { Log } from '../platform/log.ts'

/** Tells somebody outside that Vigie is awake: who watches the watchman. A failure is logged, without the address. */
export async function sendHeartbeat(url: string, log: Log): Promise<void> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(10 * SECOND), redirect: 'follow' })
    await response.body?.cancel()
    if (!response.ok) log.warn({ status: response.status }, 'The heartbeat was refused')
  } catch (error) {
    const { name, cause } = error as Error & { cause?: { code?: string } }
    log.warn({ error: cause?.code ?? name }, 'The heartbeat could not be sent')
  }
}
