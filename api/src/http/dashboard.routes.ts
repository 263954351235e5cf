import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import fastifyStatic from '@fastify/static'
import type { FastifyInstance } from 'fastify'
import { ROOT } from '../platform/root.ts'
import { nothingAt } from './http-error.ts'

const FOLDER = resolve(ROOT, 'dashboard/dist')

/** The dashboard's files; every other page address is answered with its start page, for its router knows them. */
export function serveDashboard(app: FastifyInstance): void {
  const built = existsSync(resolve(FOLDER, 'index.html'))
  if (built) {
    app.register(fastifyStatic, {
      root: FOLDER,
      wildcard: false,
      // As the build wrote them (dashboard/precompress.ts).
      preCompressed: true,
      setHeaders: (response, path) => {
        // Names of built files hold their hash; the start page must be asked for anew.
        response.header('cache-control', path.includes('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache')
      },
    })
  }
  app.setNotFoundHandler((request, reply) => {
    const page =
      request.method === 'GET' && request.headers.accept?.includes('text/html') && !request.url.startsWith('/api/')
    if (page && built) return reply.header('cache-control', 'no-cache').sendFile('index.html')
    throw nothingAt(request.url)
  })
}
