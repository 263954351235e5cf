import 'reflect-metadata'
import { AlertBell } from './alerts/alert-bell.ts'
import { type App, startApp } from './app.ts'
import { startLocalAgent } from './access/local-agent.ts'
import { type Config, ConfigError, readConfig } from './config/config.ts'
import { demoConfig } from './demo/demo-config.ts'
import { readDemoMark } from './access/demo-mark.ts'
import { startDemoLife } from './demo/life.ts'
import { openDatabase } from './database/database.ts'
import { engineOf } from './database/engine.ts'
import { endLease } from './deposit/lease.ts'
import { migrate } from './database/migrate.ts'
import { DomainError } from './platform/errors.ts'
import { openSchedulerStore, startScheduler } from './scheduler/scheduler.ts'
import { tasksOf } from './tasks.ts'
import { ChangeFeed } from './platform/changes.ts'
import { MINUTE, SECOND, systemClock } from './platform/clock.ts'
import { createLog } from './platform/log.ts'
import { startWatchdog } from './platform/watchdog.ts'
import { startTrouble } from './start-trouble.ts'

/** Something went wrong that nobody had foreseen (EX_SOFTWARE of sysexits(3)). */
const EXIT_BROKEN = 70
/** One turn of the database that has kept others waiting for so long will never end. */
const GIVE_UP_AFTER = 2 * MINUTE

async function main(given: Config): Promise<void> {
  const log = createLog(given.logLevel)
  const orm = await openDatabase(given.database)
  const engine = engineOf(orm)
  const fail = (error: unknown): void => {
    log.fatal({ err: error }, 'Vigie has to end; what started it starts it anew')
    engine.closeAtOnce()
    process.exit(EXIT_BROKEN)
  }
  process.on('uncaughtException', fail)
  const lock = await engine.lock(fail)
  const migrated = await migrate(orm)
  // The lock proves that whoever held the lease is gone, also a container whose name was another.
  await endLease(orm.em.fork())
  if (migrated.length) log.info({ migrations: migrated }, 'The database was brought up to date')
  const isDemo = (await readDemoMark(orm.em)) !== null
  const config = isDemo ? demoConfig(given) : given
  const changes = new ChangeFeed((error) => log.error({ err: error }, 'A change could not be told'))
  const store = await openSchedulerStore(orm.em, config.mongoUrl)
  const app = await startApp({ config, orm, clock: systemClock, log, changes })
  const { scanner, opener, delivery, addresses, executionLogs, transact } = app
  // A scan opens its alerts itself when it ends: those of one agent are then one message.
  const open = { run: async () => (scanner.endsSoon ? undefined : opener.run()) }
  const bell = new AlertBell(open, (error) => log.error({ err: error }, 'Alerts could not be opened at once'))
  changes.onNoted('events', () => bell.ring())
  let isStopping = false
  const work = { orm, transact, clock: systemClock, log, config }
  const dependencies = { ...work, scanner, opener, delivery, addresses, executionLogs, isStopping: () => isStopping }
  await delivery.takeUp()
  const scheduler = await startScheduler({ store, log, tasks: tasksOf(dependencies) })
  app.attach(scheduler)
  app.watch('scheduler', scheduler.health)
  if (config.mailOff) log.warn(`Mail is off: ${config.mailOff}`)
  else if (!config.adminRecipient)
    log.warn('ADMIN_EMAIL_RECIPIENT is not set: of disks, machines and Vigie itself nobody is told by mail')
  const agent = config.localAgent
    ? await startLocalAgent({ url: app.url, access: app.services().access, log }, config)
    : null
  const demo = isDemo ? startDemoLife({ app, orm, clock: systemClock, log }) : null

  const stop = async (signal: string): Promise<void> => {
    // A terminal sends Ctrl-C to the whole group, and npm start hands it on once more.
    if (isStopping) return
    isStopping = true
    log.info({ signal }, 'Stopping')
    setTimeout(() => process.exit(1), 20_000).unref()
    agent?.stop()
    await demo?.stop()
    bell.stop()
    delivery.halt()
    await scanner.stop()
    await scheduler.stop()
    await app.stop()
    await engine.settle(orm.em)
    await orm.close()
    await lock.release()
    process.exit(0)
  }
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void stop(signal))
  const watch = setInterval(() => {
    if (engine.heldFor > GIVE_UP_AFTER) fail(new Error('The database has stood still for two minutes'))
  }, 5 * SECOND)
  watch.unref()
  startWatchdog(log, GIVE_UP_AFTER / SECOND)
  await greet(app, config.publicUrl)
}

/** The last line is the link, alone: scripts read it. A journal keeps what it is told, so that a link is no word for it. */
async function greet(app: App, publicUrl: string | null): Promise<void> {
  const url = publicUrl ?? app.url
  // Set by systemd where stdout leads to the journal (systemd.exec(5)).
  if (process.env['JOURNAL_STREAM'])
    return console.log(`Vigie is on watch at ${url}; for a sign-in link: vigie access link`)
  const { access } = app.services()
  await access.endLinks()
  const link = await access.createLink()
  console.log(`Vigie is on watch at ${url}`)
  console.log('Sign in within a day with this link; it works once:')
  console.log(`${url}/sign-in#${link}`)
}

let config: Config | null = null
try {
  config = readConfig(process.env)
  await main(config)
} catch (error) {
  const known = error instanceof DomainError
  const trouble = known ? error.message : config && startTrouble(error, config)
  console.error(trouble ? `vigie: ${trouble}` : error)
  if (error instanceof ConfigError) console.error('vigie: settings come from the environment; .env.example lists them.')
  process.exit(trouble ? 2 : 1)
}
