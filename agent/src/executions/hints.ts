import { createClient } from 'graphql-ws'
import { WebSocket } from 'ws'
import { AgentWorkWaitsDocument } from '../gql/graphql.ts'
import type { Settings } from '../settings.ts'
import { VERSION } from '../version.ts'

/** Longer than the server takes to start anew. */
const LONGEST_WAIT_MS = 60_000
/** A hint says nothing: a server that says more is none of ours. */
const LONGEST_HINT = 16 * 1024

/** Its limits, and who asks. */
class Quiet extends WebSocket {
  constructor(url: string, protocols: string | string[]) {
    super(url, protocols, {
      perMessageDeflate: false,
      maxPayload: LONGEST_HINT,
      handshakeTimeout: 10_000,
      headers: { 'user-agent': `vigie-agent/${VERSION}` },
    })
    // What is to be done about it, ws has done before it tells.
    this.on('error', () => undefined)
  }
}

/**
 * Hears that there is something to ask for, so that nobody waits for the next question: a hint, and never the work itself.
 * Whatever becomes of the connection, the agent asks by itself as well.
 */
export function listenForWork({ server, token }: Settings, wake: () => void): { stop(): void } {
  const client = createClient({
    url: `${server.replace(/^http/, 'ws')}/graphql`,
    webSocketImpl: Quiet,
    connectionParams: { authorization: `Bearer ${token}` },
    // A server that is away is asked again, less and less often; one that refuses too: it may be another tomorrow.
    retryAttempts: Infinity,
    shouldRetry: () => true,
    retryWait: (count) =>
      new Promise((resolve) => setTimeout(resolve, Math.min(LONGEST_WAIT_MS, 1000 * 2 ** Math.min(count, 6))).unref()),
    keepAlive: 30_000,
  })
  client.subscribe(
    { query: AgentWorkWaitsDocument.toString() },
    { next: () => wake(), error: () => undefined, complete: () => undefined },
  )
  return { stop: () => void client.dispose() }
}
