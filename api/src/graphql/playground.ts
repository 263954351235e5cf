import { promisify } from 'node:util'
import { createGunzip, gzip } from 'node:zlib'
import type { FastifyInstance } from 'fastify'

// GraphiQL is one page of 9 MB with inline script and blob workers.
const POLICY =
  "default-src 'self' 'unsafe-inline' 'unsafe-eval' blob: data:; connect-src 'self' ws: wss:; object-src 'none'; frame-ancestors 'none'"

/** The page where questions are tried. It is made once, and kept packed: who asks for it often shares one text. */
export function servePlayground(app: FastifyInstance): void {
  let packed: Promise<Buffer> | null = null
  // Compressed once: 9 MB for each who asks would be a second of the processor, and what he does not read stays in memory.
  app.get('/graphql', { compress: false }, async (request, reply) => {
    const page = await (packed ??= pack().catch((error: unknown) => {
      packed = null
      throw error
    }))
    reply.header('content-security-policy', POLICY).header('vary', 'accept-encoding').type('text/html')
    if (/\bgzip\b/.test(request.headers['accept-encoding'] ?? '')) {
      return reply.header('content-encoding', 'gzip').send(page)
    }
    const gunzip = createGunzip()
    gunzip.end(page)
    return reply.send(gunzip)
  })
}

async function pack(): Promise<Buffer> {
  const { renderGraphiQL } = await import('@graphql-yoga/render-graphiql')
  return promisify(gzip)(renderGraphiQL({ title: 'Vigie', endpoint: '/graphql', subscriptionsProtocol: 'WS' }))
}
