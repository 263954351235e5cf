import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gunzipSync } from 'node:zlib'
import type { Order } from '../src/actions/order.ts'

export type Told = { operation: string; variables: Record<string, any> }
export type Sent = Order & { signature: string | null; isPlanWanted: boolean }

export const work = (orders: unknown[], more: object = {}) => ({ askAgainInSeconds: 1, orders, known: [], ...more })

/** A server that asks a machine for what a test says, and takes whatever it is told. */
export async function orderingServer() {
  const told: Told[] = []
  let answer: unknown = work([])
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      // It asks for hints as well, and is told that there are none.
      if (chunks.length === 0) return void response.writeHead(404).end()
      const { query, variables } = JSON.parse(gunzipSync(Buffer.concat(chunks)).toString()) as {
        query: string
        variables: Record<string, any>
      }
      const operation = /mutation (\w+)/.exec(query)?.[1] ?? ''
      told.push({ operation, variables })
      const data: Record<string, unknown> = {
        ReportInventory: {
          reportInventory: {
            id: variables['report']?.id,
            repeated: false,
            sections: [],
            notes: [],
            machine: { id: 'm' },
          },
        },
        AgentWork: { agentWork: answer },
        ClaimExecution: { claimExecution: true },
        AppendExecutionLog: {
          appendExecutionLog: (variables['offset'] ?? 0) + Buffer.byteLength(String(variables['text'] ?? '')),
        },
        FinishExecution: { finishExecution: { isTaken: true, logOffset: 0 } },
        ProposeExecution: { proposeExecution: true },
        RejectExecution: { rejectExecution: true },
      }
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify({ data: data[operation] }))
    })
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    told,
    /** What the server asks for from now on: a whole answer to agentWork. */
    say: (next: unknown): void => void (answer = next),
    close: (): void => {
      server.closeAllConnections()
      server.close()
    },
  }
}

export async function until<T>(look: () => T | Promise<T>, what: string, patience = 30_000): Promise<NonNullable<T>> {
  const end = Date.now() + patience
  for (;;) {
    const found = await look()
    if (found) return found as NonNullable<T>
    if (Date.now() > end) throw new Error(`Waited in vain for ${what}`)
    await new Promise((done) => setTimeout(done, 25))
  }
}
