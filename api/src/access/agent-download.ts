import { createHash } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { resolve } from 'node:path'
import type { FastifyInstance } from 'fastify'
import { takesGzip } from '../http/takes-gzip.ts'
import { ROOT } from '../platform/root.ts'

const FILE = resolve(ROOT, 'agent/dist/agent.mjs')

/** The agent that this Vigie hands out, with the hash that the page "Add a machine" tells; null where it was not built. */
export function readAgent(): Agent | null {
  try {
    const { mtimeMs, size } = statSync(FILE)
    if (read?.mtimeMs === mtimeMs && read.text.length === size) return read
    const text = readFileSync(FILE)
    read = { mtimeMs, text, packed: gzipSync(text), sha256: createHash('sha256').update(text).digest('hex') }
    return read
  } catch {
    return null
  }
}

interface Agent {
  mtimeMs: number
  text: Buffer
  packed: Buffer
  sha256: string
}
/** Whoever asks for it shares one text. */
let read: Agent | null = null

export function serveAgent(app: FastifyInstance): void {
  app.get('/agent.mjs', async (request, reply) => {
    const agent = readAgent()
    if (!agent)
      return reply
        .status(404)
        .send({ errors: [{ message: 'The agent is not built: npm run build', extensions: { code: 'NOT_FOUND' } }] })
    reply.type('text/javascript').header('cache-control', 'no-cache').header('vary', 'accept-encoding')
    const accepted = request.headers['accept-encoding']
    return accepted !== undefined && takesGzip(accepted)
      ? reply.header('content-encoding', 'gzip').send(agent.packed)
      : reply.send(agent.text)
  })
}
