import { join } from 'node:path'
import type { AddressInfo } from 'node:net'
import { serveAgent } from './access/agent-download.ts'
import { authenticate } from './access/authenticate.ts'
import type { Caller } from './access/caller.ts'
import { Quota } from './access/quota.ts'
import { signInRoutes } from './access/sign-in.routes.ts'
import { type Addresses, AlertOpener } from './alerts/alert-opener.ts'
import { DeliveryService, domainOf } from './alerts/delivery.ts'
import { createMailer } from './alerts/mailer.ts'
import type { Config, Roots } from './config/config.ts'
import type { Orm } from './database/database.ts'
import { sendHeartbeat } from './deposit/heartbeat.ts'
import { ExecutionLogs } from './executions/execution-log.ts'
import { Scanner, type ScannerOptions } from './deposit/scanner.ts'
import { type Transact, transactAndTell, transactTogether } from './events/outbox.ts'
import { serveQueries } from './graphql/apollo.ts'
import type { Context, Works } from './graphql/context.ts'
import { Spending } from './graphql/cost.ts'
import { loadChanges } from './graphql/load-changes.ts'
import { servePlayground } from './graphql/playground.ts'
import { createSchema } from './graphql/schema.ts'
import { serveSubscriptions } from './graphql/subscriptions.ts'
import { serveDashboard } from './http/dashboard.routes.ts'
import { healthRoutes, type PartHealth } from './http/health.routes.ts'
import { createServer, DEADLINES } from './http/server.ts'
import { ingestRoute } from './inventory/ingest.route.ts'
import { csvRoutes } from './exports/csv.route.ts'
import type { Batch, ChangeFeed } from './platform/changes.ts'
import type { Clock } from './platform/clock.ts'
import { FairShare } from './platform/fair-share.ts'
import type { Log } from './platform/log.ts'
import { createServices, type Parts, type Services } from './services.ts'

export interface AppOptions {
  config: Config
  orm: Orm
  clock: Clock
  log: Log
  changes: ChangeFeed
  deadlines?: typeof DEADLINES
  /** How long a scan waits for files that are being read, in milliseconds. */
  scanPatience?: number
  threadOf?: ScannerOptions['threadOf']
}

export interface App {
  url: string
  transact: Transact
  roots: Roots
  scanner: Scanner
  opener: AlertOpener
  delivery: DeliveryService
  addresses: Addresses
  executionLogs: ExecutionLogs
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
  const { config, orm, clock, log, changes, deadlines = DEADLINES, scanPatience, threadOf } = options
  const share = new FairShare()
  const transact = transactAndTell(changes)
  const executionLogs = new ExecutionLogs(join(config.dataDir, 'executions'))
  const parts: Parts = {
    transact,
    transactReports: transactTogether(changes),
    clock,
    share,
    quota: new Quota(config.tokenDailyMib, clock),
    publicUrl: config.publicUrl,
    roots: config.roots,
    vaultMachine: config.vaultMachine,
    executionLogs,
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
    ...(threadOf ? { threadOf } : {}),
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
  const message = { language: config.language, timeZone: config.timeZone, baseUrl: config.publicUrl ?? '', clock }
  const delivery = new DeliveryService({
    em: orm.em,
    transact,
    clock,
    log,
    webhook: config.webhook,
    message,
    placesOn: (em) => createServices(em, parts).places,
    mailer: config.mail ? createMailer(config.mail) : null,
    mailDomain: domainOf(config.mail?.sender ?? null),
  })
  scanner.afterScan = async (sawEverything) => {
    await opener.run()
    if (sawEverything && config.heartbeatUrl) await sendHeartbeat(config.heartbeatUrl, log)
  }
  const works: Works = { scanner, delivery, schedule: { nextRuns: async () => ({}) } }
  const services = (): Services => createServices(orm.em.fork(), parts)
  changes.loadWith((topic, ids) => loadChanges(services(), topic, ids))
  const schema = createSchema(changes.pubSub)

  const server = await createServer(config, log, deadlines)
  const subscriptions = serveSubscriptions(server.server, {
    schema,
    publicUrl: config.publicUrl,
    authenticate: async (request, params) => {
      const token = params?.['authorization'] ?? params?.['Authorization']
      return authenticate(services().access, typeof token === 'string' ? token : undefined, request.headers.cookie)
    },
    ended: (callers) => services().access.ended(callers),
    contextOf: sharedContexts(services, works),
    log,
  })
  const queries = await serveQueries(server, { schema, services, works, share, log })
  servePlayground(server)
  signInRoutes(server, { config, services })
  ingestRoute(server, { config, services })
  serveAgent(server)
  csvRoutes(server, { services, share })
  serveDashboard(server)
  const watched = new Map<string, PartHealth>([['scanner', () => scanner.health()]])
  healthRoutes(server, orm, watched)

  await server.listen({ host: config.host, port: config.port })
  const { port, family, address } = server.server.address() as AddressInfo
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
    executionLogs,
    attach: (schedule) => (works.schedule = schedule),
    watch: (name, health) => watched.set(name, health),
    services,
    subscribers: subscriptions.count,
    disconnectAll: subscriptions.cutAll,
    stop: async () => {
      await scanner.stop()
      await delivery.stop()
      await subscriptions.stop()
      await queries.stop()
      await server.close()
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
