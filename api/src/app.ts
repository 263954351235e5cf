import type { IncomingMessage } from 'node:http'
import { join } from 'node:path'
import type { AddressInfo } from 'node:net'
import { constants } from 'node:zlib'
import { ApolloServer } from '@apollo/server'
import { ApolloServerPluginCacheControlDisabled } from '@apollo/server/plugin/disabled'
import { fastifyApolloDrainPlugin, fastifyApolloHandler } from '@as-integrations/fastify'
import fastifyCompress from '@fastify/compress'
import fastifyCookie from '@fastify/cookie'
import fastifyRateLimit from '@fastify/rate-limit'
import { GraphQLError } from 'graphql'
import Fastify, {
  LogController,
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
} from 'fastify'
import { type Addresses, AlertOpener } from './alerts/alert-opener.ts'
import { DeliveryService, domainOf } from './alerts/delivery.ts'
import { createMailer } from './alerts/mailer.ts'
import { type Transact, transactAndTell } from './events/outbox.ts'
import { serveAgent } from './access/agent-download.ts'
import { authenticate, isOwnOrigin } from './access/authenticate.ts'
import type { Caller } from './access/caller.ts'
import { Quota } from './access/quota.ts'
import { signInRoutes } from './access/sign-in.routes.ts'
import type { Roots } from './backups/job-draft.ts'
import type { Config } from './config.ts'
import { type Context, createServices, type Parts, type Services, type Works } from './context.ts'
import type { Orm } from './database/database.ts'
import { sendHeartbeat } from './deposit/heartbeat.ts'
import { ScanOutcome } from './deposit/scan.entity.ts'
import { Scanner } from './deposit/scanner.ts'
import { formatError } from './platform/format-error.ts'
import { healthRoutes, type PartHealth } from './health.routes.ts'
import { DomainError, ForbiddenError, UnauthenticatedError } from './errors.ts'
import { ingestRoute } from './inventory/ingest.route.ts'
import { checkCost, checkTexts, MAX_TOKENS, Spending } from './limits.ts'
import { serveDashboard } from './overview/dashboard.routes.ts'
import { readBodies } from './platform/bodies.ts'
import type { Batch, ChangeFeed } from './platform/changes.ts'
import { type Clock, SECOND } from './platform/clock.ts'
import { FairShare } from './platform/fair-share.ts'
import type { Log } from './platform/log.ts'
import { parsedQuestions } from './platform/parsed-questions.ts'
import { loadChanges } from './events/load-changes.ts'
import { servePlayground } from './playground.ts'
import { createSchema } from './schema.ts'
import { serveSubscriptions } from './subscriptions.ts'

export const BODY_LIMIT = 8 * 1024 * 1024
/** How slow a client may be before it is cut off, in milliseconds. */
export const DEADLINES = {
  /** From the first byte of a request to the end of its headers. */
  headers: 15 * SECOND,
  /** … to the end of its body. */
  request: 60 * SECOND,
  /** Without reading a byte of an answer that is under way. */
  answer: 30 * SECOND,
}

export interface AppOptions {
  config: Config
  orm: Orm
  clock: Clock
  log: Log
  changes: ChangeFeed
  deadlines?: typeof DEADLINES
  /** How long a scan waits for files that are being read, in milliseconds. */
  scanPatience?: number
}

export interface App {
  url: string
  transact: Transact
  roots: Roots
  scanner: Scanner
  opener: AlertOpener
  delivery: DeliveryService
  addresses: Addresses
  /** The scheduler, once it stands: pages tell when the next scan is. */
  attach(schedule: Works['schedule']): void
  /** What /readyz tells beside the database. */
  watch(name: string, health: PartHealth): void
  services(): Services
  /** How many WebSockets are open. */
  subscribers(): number
  /** Cuts every WebSocket, as a network does. */
  disconnectAll(): void

  stop(): Promise<void>
}

/** Composes database, schema, HTTP and WebSocket, and listens. Tests start the same. */
export async function startApp(options: AppOptions): Promise<App> {
  const { config, orm, clock, log, changes, deadlines = DEADLINES, scanPatience } = options
  const share = new FairShare()
  const transact = transactAndTell(changes)
  const parts: Parts = {
    transact,
    clock,
    share,
    quota: new Quota(config.tokenDailyMib, clock),
    publicUrl: config.publicUrl,
    roots: config.roots,
    settings: config,
  }
  const scanner = new Scanner({
    em: orm.em,
    transact,
    clock,
    log,
    roots: config.roots,
    intervalMinutes: config.scannerIntervalMinutes,
    temporaryFolder: join(config.dataDir, 'tmp'),
    ...(scanPatience === undefined ? {} : { patienceMs: scanPatience }),
  })
  await scanner.prepare()
  const addresses: Addresses = {
    mailIsOn: config.mail !== null,
    adminRecipient: config.adminRecipient,
    webhookHost: config.webhook ? new URL(config.webhook.url).host : null,
  }
  const opener = new AlertOpener(orm.em, transact, clock, addresses)
  await opener.prepare()
  // Links in mails lead to the address that is known once Vigie listens.
  const message = { language: config.language, timeZone: config.timeZone, baseUrl: config.publicUrl ?? '' }
  const delivery = new DeliveryService({
    em: orm.em,
    transact,
    clock,
    log,
    webhook: config.webhook,
    message,
    mailer: config.mail ? createMailer(config.mail) : null,
    mailDomain: domainOf(config.mail?.sender ?? null),
  })
  scanner.afterScan = async (outcome) => {
    await opener.run()
    if (outcome === ScanOutcome.DONE && config.heartbeatUrl) await sendHeartbeat(config.heartbeatUrl, log)
  }
  const works: Works = { scanner, delivery, schedule: { nextRuns: async () => ({}) } }
  const services = (): Services => createServices(orm.em.fork(), parts)
  changes.loadWith((topic, ids) => loadChanges(services(), topic, ids))
  const schema = createSchema(changes.pubSub)

  const app: FastifyInstance = Fastify({
    loggerInstance: log as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: BODY_LIMIT,
    // Bodies are read field by field and never merged into other objects: scanning 250 kB for __proto__ guards nothing.
    onProtoPoisoning: 'ignore',
    onConstructorPoisoning: 'ignore',
    trustProxy: config.trustedProxies.length ? [...config.trustedProxies] : false,
    forceCloseConnections: 'idle',
    // Who sends slower than this, or sends nothing, is cut off.
    requestTimeout: deadlines.request,
    http: { headersTimeout: deadlines.headers, connectionsCheckingInterval: Math.min(5 * SECOND, deadlines.headers) },
  })
  await app.register(fastifyCookie)
  // Who does not read the answer is cut off: it is kept in memory for him.
  app.addHook('onSend', async (request) => void request.raw.socket.setTimeout(deadlines.answer))
  app.addHook('onRequest', async (request, reply) => {
    // A question that came before the answer to the one before it was read: its work may take longer.
    request.raw.socket.setTimeout(0)
    securityHeaders(reply)
    if (request.method !== 'GET' && request.method !== 'HEAD' && !isOwnOrigin(request.raw, config)) {
      return refuse(reply, 403, new ForbiddenError('Requests from pages of other sites are refused.'))
    }
    return undefined
  })
  readBodies(app)
  await app.register(fastifyRateLimit, { global: false })
  // Text shrinks to a fifth; the quickest of brotli is as small as gzip's usual.
  await app.register(fastifyCompress, {
    // Bodies are unpacked by bodies.ts, which counts while it does.
    threshold: 1024,
    encodings: ['br', 'gzip'],
    globalDecompression: false,
    brotliOptions: { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } },
  })
  app.setErrorHandler((error: Error & { statusCode?: number; code?: string }, request, reply) => {
    if (isDatabaseAway(error)) return refuse(reply.header('retry-after', '5'), 503, error)
    // Who went before the end of what they sent is not answered, and is no failure of ours.
    const isGone = request.raw.destroyed || error.code === 'ERR_STREAM_PREMATURE_CLOSE'
    const status = error.statusCode ?? (isGone ? 400 : 500)
    if (status >= 500) request.log.error({ err: error }, 'A request failed')
    const message =
      status >= 500
        ? 'Internal error; the log knows more.'
        : status === 413
          ? tooLarge(request.routeOptions.bodyLimit ?? BODY_LIMIT)
          : error.message
    return reply.status(status).send({
      errors: [
        { message, extensions: { code: error.code ?? (status < 500 ? 'BAD_REQUEST' : 'INTERNAL_SERVER_ERROR') } },
      ],
    })
  })

  const callers = new WeakMap<FastifyRequest, Caller>()
  const contexts = new WeakMap<FastifyRequest, Services>()
  const mustBeKnown = async (request: FastifyRequest, reply: FastifyReply): Promise<unknown> => {
    const forked = services()
    const caller = await authenticate(forked.access, request.headers.authorization, request.headers.cookie)
    if (!caller) return refuse(reply, 401, new UnauthenticatedError())
    contexts.set(request, forked)
    callers.set(request, caller)
    return undefined
  }

  const subscriptions = serveSubscriptions({
    schema,
    authenticate: async (request, params) => {
      const token = params?.['authorization'] ?? params?.['Authorization']
      return authenticate(services().access, typeof token === 'string' ? token : undefined, request.headers.cookie)
    },
    ended: (callers) => services().access.ended(callers),
    contextOf: sharedContexts(services, works),
    log,
  })
  app.server.on('upgrade', (request: IncomingMessage, socket, head) => {
    // Node hands the bare socket over: whoever is there may go at any instant, and an error that nobody hears ends the process.
    socket.on('error', () => socket.destroy())
    const path = URL.parse(request.url ?? '/', 'http://vigie')?.pathname
    if (path !== '/graphql' || !isOwnOrigin(request, config)) {
      socket.end(`HTTP/1.1 ${path === '/graphql' ? '403 Forbidden' : '404 Not Found'}\r\nConnection: close\r\n\r\n`)
      return
    }
    subscriptions.upgrade(request, socket as never, head)
  })

  const apollo = new ApolloServer<Context>({
    schema,
    introspection: true,
    csrfPrevention: true,
    cache: 'bounded',
    persistedQueries: false,
    documentStore: parsedQuestions(),
    parseOptions: { maxTokens: MAX_TOKENS },
    includeStacktraceInErrorResponses: false,
    stopOnTerminationSignals: false,
    formatError: formatError(log),
    plugins: [
      fastifyApolloDrainPlugin(app as never),
      // It would look at every field of every answer, for a header that nobody reads.
      ApolloServerPluginCacheControlDisabled(),
      {
        requestDidStart: async () => {
          let done: (() => void) | null = null
          return {
            didResolveOperation: async ({ document, request, operationName, operation }) => {
              asBadRequest(() => checkTexts(document, request.variables ?? {}))
              checkCost(schema, document, request.variables ?? {}, operationName ?? undefined)
              if (operation?.operation === 'query') done = await share.turn()
            },
            willSendResponse: async ({ response, contextValue }) => {
              done?.()
              const exceeded = contextValue.spending.exceeded
              if (!exceeded) return
              response.http.status = 400
              response.body = { kind: 'single', singleResult: { errors: [exceeded.toJSON()] } }
            },
          }
        },
      },
    ],
  })
  await apollo.start()
  app.post('/graphql', {
    config: { readsBody: true },
    onRequest: mustBeKnown,
    handler: fastifyApolloHandler(apollo, {
      context: async (request) => {
        const known = request as unknown as FastifyRequest
        const spending = new Spending()
        return { ...(contexts.get(known) as Services), ...works, caller: callers.get(known) as Caller, spending }
      },
    }) as never,
  })
  servePlayground(app)
  signInRoutes(app, { config, services })
  ingestRoute(app, { config, services, refuse })
  serveAgent(app)
  serveDashboard(app)
  const watched = new Map<string, PartHealth>([['scanner', () => scanner.health()]])
  healthRoutes(app, orm, watched)

  await app.listen({ host: config.host, port: config.port })
  const { port, family, address } = app.server.address() as AddressInfo
  const host = family === 'IPv6' ? `[${address}]` : address
  const url = `http://${host}:${port}`
  message.baseUrl ||= url
  return {
    url,
    transact,
    roots: config.roots,
    scanner,
    opener,
    delivery,
    addresses,
    attach: (schedule) => (works.schedule = schedule),
    watch: (name, health) => watched.set(name, health),
    services,
    subscribers: subscriptions.count,
    disconnectAll: subscriptions.cutAll,
    stop: async () => {
      await scanner.stop()
      await delivery.stop()
      await subscriptions.stop()
      await apollo.stop()
      await app.close()
      changes.stop()
    },
  }
}

/** One set of services for each batch of changes, whoever asks: what one client's answer loads, the next finds loaded. */
function sharedContexts(services: () => Services, works: Works): (batch: Batch, caller: Caller) => Context {
  const known = new WeakMap<Batch, Services>()
  return (batch, caller) => {
    const shared = known.get(batch) ?? services()
    known.set(batch, shared)
    return { ...shared, ...works, caller, spending: new Spending() }
  }
}

/** What is refused before anything of an operation is done is a bad request, whatever Apollo takes it for. */
function asBadRequest(check: () => void): void {
  try {
    check()
  } catch (error) {
    if (!(error instanceof DomainError)) throw error
    throw new GraphQLError(error.message, { extensions: { ...error.extensions, http: { status: 400 } } })
  }
}

/** MikroORM hands on what the database says in errors of its own, with all that they hold. */
function isDatabaseAway(error: Error): error is Error & { extensions: { code: string } } {
  const code = (error as { extensions?: { code?: unknown } }).extensions?.code
  return code === 'DATABASE_BUSY' || code === 'DATABASE_FULL'
}

const tooLarge = (limit: number): string =>
  limit < BODY_LIMIT
    ? `The body is larger than ${limit / 1024} KiB.`
    : 'The body is larger than 8 MiB after decompression. Send fewer sections, or fewer disks, at once.'

export type Refuse = typeof refuse
const refuse = (reply: FastifyReply, status: number, error: { message: string; extensions: object }): FastifyReply =>
  reply.status(status).send({ errors: [{ message: error.message, extensions: error.extensions }] })

const POLICY =
  "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
function securityHeaders(reply: FastifyReply): void {
  reply.header('content-security-policy', POLICY)
  reply.header('x-content-type-options', 'nosniff')
  reply.header('referrer-policy', 'no-referrer')
  reply.header('cross-origin-opener-policy', 'same-origin')
  reply.header('cross-origin-resource-policy', 'same-origin')
}
