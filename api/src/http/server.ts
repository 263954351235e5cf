import { createServer as createHttpServer, type RequestListener } from 'node:http'
import type { Socket } from 'node:net'
import { constants } from 'node:zlib'
import fastifyCompress from '@fastify/compress'
import fastifyCookie from '@fastify/cookie'
import fastifyRateLimit from '@fastify/rate-limit'
import Fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  LogController,
  type RouteOptions,
} from 'fastify'
import { LARGEST_BODY } from '@vigie/agent/report'
import type { Config } from '../config/config.ts'
import { SECOND } from '../platform/clock.ts'
import { ForbiddenError } from '../platform/errors.ts'
import type { Log } from '../platform/log.ts'
import { readBodies } from './bodies.ts'
import { isOwnOrigin } from './origin.ts'
import { refuse } from './refuse.ts'

/** How slow a client may be before it is cut off, in milliseconds. */
export const DEADLINES = {
  /** From the first byte of a request to the end of its headers. */
  headers: 15 * SECOND,
  /** … to the end of its body. */
  request: 60 * SECOND,
  /** Without reading a byte of an answer that is under way. */
  answer: 30 * SECOND,
}

const POLICY =
  "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

/** Text shrinks to a fifth; the quickest of brotli is as small as gzip's usual. For routes that know who asks. */
export const PACKED = {
  threshold: 1024,
  encodings: ['br', 'gzip'],
  brotliOptions: { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } },
} satisfies RouteOptions['compress']

/** How long a connection is kept for the next request: longer than proxies keep theirs. */
const IDLE = 72 * SECOND

/** Requests of one connection that are under way: no browser sends the next before the answer to the one before it. */
const MOST_AT_ONCE = 4

/** A server without routes: what is true of every request, whoever sends it and whatever it asks for. */
export async function createServer(
  { publicUrl, trustedProxies }: Pick<Config, 'publicUrl' | 'trustedProxies'>,
  log: Log,
  deadlines: typeof DEADLINES,
): Promise<FastifyInstance> {
  const server: FastifyInstance = Fastify({
    loggerInstance: log as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: LARGEST_BODY,
    // Bodies are read field by field and never merged into other objects: scanning 250 kB for __proto__ guards nothing.
    onProtoPoisoning: 'ignore',
    onConstructorPoisoning: 'ignore',
    trustProxy: trustedProxies.length ? [...trustedProxies] : false,
    forceCloseConnections: 'idle',
    serverFactory: (handler) =>
      createHttpServer(
        {
          // Who sends slower than this, or sends nothing, is cut off.
          requestTimeout: deadlines.request,
          headersTimeout: deadlines.headers,
          connectionsCheckingInterval: Math.min(5 * SECOND, deadlines.headers),
          keepAliveTimeout: IDLE,
        },
        oneAfterTheOther(handler),
      ),
  })
  await server.register(fastifyCookie)
  // Who does not read the answer is cut off: it is kept in memory for him.
  server.addHook('onSend', async (request) => void request.raw.socket.setTimeout(deadlines.answer))
  server.addHook('onRequest', async (request, reply) => {
    // A question that came before the answer to the one before it was read: its work may take longer.
    request.raw.socket.setTimeout(0)
    securityHeaders(reply)
    if (request.method !== 'GET' && request.method !== 'HEAD' && !isOwnOrigin(request.raw, publicUrl)) {
      return refuse(reply, 403, new ForbiddenError('Requests from pages of other sites are refused.'))
    }
    return undefined
  })
  readBodies(server)
  await server.register(fastifyRateLimit, { global: false })
  // Answers are packed where their route says so (PACKED): each takes a packer of its own, and whoever nobody knows could
  // ask for thousands. Pages lie packed beside their files.
  await server.register(fastifyCompress, { global: false, globalDecompression: false })
  answerErrors(server)
  return server
}

/** Before anything is made of a request: a thousand in one packet are cut off at the fifth. */
function oneAfterTheOther(handler: RequestListener): RequestListener {
  const underWay = new WeakMap<Socket, number>()
  return (request, response) => {
    const { socket } = request
    if (socket.destroyed) return
    const count = (underWay.get(socket) ?? 0) + 1
    underWay.set(socket, count)
    if (count > MOST_AT_ONCE) {
      socket.destroy()
      return
    }
    response.once('close', () => underWay.set(socket, (underWay.get(socket) ?? 1) - 1))
    handler(request, response)
  }
}

function answerErrors(server: FastifyInstance): void {
  server.setErrorHandler((error: Error & { statusCode?: number; code?: string }, request, reply) => {
    if (isDatabaseAway(error)) return refuse(reply.header('retry-after', '5'), 503, error)
    // Who went before the end of what they sent is not answered, and is no failure of ours.
    const isGone = request.raw.destroyed || error.code === 'ERR_STREAM_PREMATURE_CLOSE'
    const status = error.statusCode ?? (isGone ? 400 : 500)
    // Another one was meant and says what to do (503): a crowd of strangers must not fill the log with it.
    if (status === 500) request.log.error({ err: error }, 'A request failed')
    const message =
      status === 500
        ? 'Internal error; the log knows more.'
        : status === 413
          ? tooLarge(request.routeOptions.bodyLimit ?? LARGEST_BODY)
          : error.message
    const code = error.code ?? (status !== 500 ? 'BAD_REQUEST' : 'INTERNAL_SERVER_ERROR')
    return refuse(reply, status, { message, extensions: { code } })
  })
}

/** MikroORM hands on what the database says in errors of its own, with all that they hold. */
function isDatabaseAway(error: Error): error is Error & { extensions: { code: string } } {
  const code = (error as { extensions?: { code?: unknown } }).extensions?.code
  return typeof code === 'string' && ['DATABASE_BUSY', 'DATABASE_FULL', 'DATABASE_UNREACHABLE'].includes(code)
}

const tooLarge = (limit: number): string =>
  limit < LARGEST_BODY
    ? `The body is larger than ${limit / 1024} KiB.`
    : 'The body is larger than 8 MiB after decompression. Send fewer sections, or fewer disks, at once.'

function securityHeaders(reply: FastifyReply): void {
  reply.header('content-security-policy', POLICY)
  reply.header('x-content-type-options', 'nosniff')
  reply.header('referrer-policy', 'no-referrer')
  reply.header('cross-origin-opener-policy', 'same-origin')
  reply.header('cross-origin-resource-policy', 'same-origin')
}
