// What a server of a bench is asked, and how much it works for that.
import { readFileSync } from 'node:fs'
import type { Call } from './load.ts'
import type { BenchServer } from './server.ts'

/** One answer, which has to be a good one. */
export async function send({ url, token }: BenchServer, { path, body, headers }: Call): Promise<string> {
  const answer = await fetch(`${url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}`, ...headers },
    body: body as never,
  })
  const text = await answer.text()
  if (answer.status !== 200 || text.includes('"errors"')) throw new Error(text.slice(0, 300))
  return text
}

/** Seconds of a core that the server has worked (proc(5): utime and stime, in hundredths). */
export function worked(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / 100
}
