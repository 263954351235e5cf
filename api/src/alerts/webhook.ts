import { createHmac } from 'node:crypto'
import type { Config } from '../config/config.ts'
import { SECOND } from '../platform/clock.ts'
import type { Sent } from './mailer.ts'

/**
 * Posts an alert as JSON. `Idempotency-Key` is the same for each repeat; `X-Vigie-Signature` is
 * `sha256=` and the HMAC-SHA-256 (RFC 2104) of `X-Vigie-Timestamp`, a dot, and the body, with WEBHOOK_SECRET.
 */
export async function postWebhook(
  { url, secret }: NonNullable<Config['webhook']>,
  { id, body, at }: { id: string; body: object; at: Date },
): Promise<Sent> {
  const text = JSON.stringify(body)
  const timestamp = at.toISOString()
  const signature = secret ? createHmac('sha256', secret).update(`${timestamp}.${text}`).digest('hex') : null
  try {
    const response = await fetch(url, {
      method: 'POST',
      redirect: 'error',
      signal: AbortSignal.timeout(15 * SECOND),
      headers: {
        'content-type': 'application/json',
        'user-agent': 'Vigie',
        'idempotency-key': id,
        'x-vigie-timestamp': timestamp,
        ...(signature ? { 'x-vigie-signature': `sha256=${signature}` } : {}),
      },
      body: text,
    })
    await response.body?.cancel()
    if (response.ok) return { outcome: 'SENT' }
    const error = `HTTP ${response.status}`
    return response.status === 410 ? { outcome: 'REFUSED', error } : { outcome: 'FAILED', error }
  } catch (error) {
    // The address may hold a secret: only the kind of failure is told.
    const { name, cause } = error as Error & { cause?: { code?: string } }
    return { outcome: 'FAILED', error: cause?.code ?? name }
  }
}
