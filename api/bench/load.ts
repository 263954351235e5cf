import { Agent, request } from 'node:http'

export interface Figures {
  count: number
  failed: number
  seconds: number
  perSecond: number
  p50: number
  p99: number
}

export function figuresOf(latencies: number[], failed: number, seconds: number): Figures {
  const sorted = Float64Array.from(latencies).sort()
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN
  return {
    count: latencies.length,
    failed,
    seconds,
    perSecond: latencies.length / seconds,
    p50: at(0.5),
    p99: at(0.99),
  }
}

export interface Call {
  path: string
  body: Buffer
  headers?: Record<string, string>
}

/** Clients that ask again and again, each after its answer, until the time is up. */
export async function load(
  url: string,
  token: string,
  clients: number,
  seconds: number,
  next: (index: number) => Call,
): Promise<Figures> {
  const agent = new Agent({ keepAlive: true, maxSockets: clients })
  const latencies: number[] = []
  let failed = 0
  let index = 0
  const end = performance.now() + seconds * 1000
  const startedAt = performance.now()
  const client = async (): Promise<void> => {
    while (performance.now() < end) {
      const call = next(index++)
      const before = performance.now()
      const answer = await post(agent, url, token, call)
      latencies.push(performance.now() - before)
      if (answer.status !== 200 || answer.text.includes('"errors"')) {
        failed += 1
        if (failed === 1) console.error('  first failure:', answer.status, answer.text.slice(0, 300))
      }
    }
  }
  await Promise.all(Array.from({ length: clients }, client))
  agent.destroy()
  return figuresOf(latencies, failed, (performance.now() - startedAt) / 1000)
}

function post(
  agent: Agent,
  url: string,
  token: string,
  { path, body, headers = {} }: Call,
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      `${url}${path}`,
      {
        method: 'POST',
        agent,
        headers: {
          authorization: `Bearer ${token}`,
          'content-type': 'application/json',
          'content-length': body.length,
          ...headers,
        },
      },
      (response) => {
        let text = ''
        response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk.length < 100_000 ? chunk : ''))
        response.once('end', () => resolve({ status: response.statusCode ?? 0, text }))
      },
    )
    outgoing.once('error', reject)
    outgoing.end(body)
  })
}
