import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { FastifyInstance } from 'fastify'
import { ROOT } from '../platform/root.ts'

const FILE = resolve(ROOT, 'agent/dist/agent.mjs')

/** The agent that this Vigie hands out, with the hash that the page "Add a machine" tells; null where it was not built. */
export function readAgent(): { text: Buffer; sha256: string } | null {
  try {
    const text = readFileSync(FILE)
    return { text, sha256: createHash('sha256').update(text).digest('hex') }
  } catch {
    return null
  }
}

export function serveAgent(app: FastifyInstance): void {
  app.get('/agent.mjs', async (_request, reply) => {
    const agent = readAgent()
    if (!agent)
      return reply
        .status(404)
        .send({ errors: [{ message: 'The agent is not built: npm run build', extensions: { code: 'NOT_FOUND' } }] })
    return reply.type('text/javascript').header('cache-control', 'no-cache').send(agent.text)
  })
}
