import { promisify } from 'node:util'
import { createGunzip, gzip } from 'node:zlib'
import type { FastifyInstance } from 'fastify'
import { httpError } from '../http/http-error.ts'
import { takesGzip } from '../http/takes-gzip.ts'

// GraphiQL is one page of 9 MB with inline script and blob workers.
const POLICY =
  "default-src 'self' 'unsafe-inline' 'unsafe-eval' blob: data:; connect-src 'self' ws: wss:; object-src 'none'; frame-ancestors 'none'"

/** Unpacking streams of clients that take no gzip, at a time: each holds a megabyte for whoever reads slowly. */
const MOST_UNPACKED = 10

/** The page where questions are tried. It is made once, and kept packed: who asks for it often shares one text. */
export function servePlayground(app: FastifyInstance): void {
  let packed: Promise<Buffer> | null = null
  let unpacked = 0
  app.get('/graphql', async (request, reply) => {
    const page = await (packed ??= pack().catch((error: unknown) => {
      packed = null
      throw error
    }))
    reply.header('content-security-policy', POLICY).header('vary', 'accept-encoding').type('text/html')
    if (takesGzip(request.headers['accept-encoding'])) return reply.header('content-encoding', 'gzip').send(page)
    if (unpacked >= MOST_UNPACKED)
      throw httpError(503, 'BUSY', 'Too many ask for this page without gzip. Ask with Accept-Encoding: gzip')
    unpacked += 1
    reply.raw.once('close', () => (unpacked -= 1))
    const gunzip = createGunzip()
    gunzip.end(page)
    return reply.send(gunzip)
  })
}

async function pack(): Promise<Buffer> {
  const { renderGraphiQL } = await import('@graphql-yoga/render-graphiql')
  return promisify(gzip)(renderGraphiQL({ title: 'Vigie', endpoint: '/graphql', subscriptionsProtocol: 'WS' }))
}
