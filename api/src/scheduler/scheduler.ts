import { hostname } from 'node:os'
import { Agenda, type AgendaBackend } from 'agenda'
import type { MongoClient } from 'mongodb'
import { ConfigError } from '../config/config.ts'
import type { EntityManager } from '../database/database.ts'
import type { Engine } from '../database/engine.ts'
import { tables } from '../database/tables.ts'
import { makeScannerRow, SCANNER_ROW } from '../deposit/scanner-row.ts'
import { HOUR, MINUTE, SECOND } from '../platform/clock.ts'
import { newId } from '../platform/id.ts'
import type { Log } from '../platform/log.ts'
import { DatabaseBackend } from './database-backend.ts'
import type { Task } from './task.ts'

export interface Scheduler {
  /** Whether Agenda reaches its store; what it cannot do meanwhile is done when it is back. */
  health(): { store: StoreName; ok: boolean; detail: string | null }
  /** When each task runs next. */
  nextRuns(): Promise<Record<string, Date | null>>
  stop(): Promise<void>
}

type StoreName = 'MongoDB' | Engine['name']

export interface SchedulerStore {
  name: StoreName
  backend: AgendaBackend
  /** Throws where the store is away. */
  ping(): Promise<void>
  /** Whether no other process can be on it: then what is locked is what a process left that is no more. */
  isOwn: boolean
  close(): Promise<void>
}

interface Options {
  store: SchedulerStore
  log: Log
  tasks: readonly Task[]
  /** How often Agenda looks for what is due. */
  processEveryMs?: number
  /** How often times that cannot be are looked for. */
  mendEveryMs?: number
}

/** How long a start waits for MongoDB before it says that it is not there. */
const PATIENCE_MS = 10 * SECOND
/** A process that died leaves its locks for so long; one that lives renews them. */
const LOCK_MS = 2 * MINUTE
const TOUCH_MS = 30 * SECOND
/** How long a stop waits for tasks that run; Agenda also counts those that it has only locked ahead of time. */
const STOP_PATIENCE_MS = 6 * SECOND

/** Opens Agenda's store, or says clearly why not: before Vigie listens. */
export async function openSchedulerStore(em: EntityManager, mongoUrl: string | null): Promise<SchedulerStore> {
  if (mongoUrl === null) {
    const backend = new DatabaseBackend(em)
    return {
      name: backend.name,
      backend,
      isOwn: true,
      ping: async () => void (await em.execute('select 1')),
      close: async () => undefined,
    }
  }
  // Only who uses MongoDB pays for its driver: 15 MB of memory.
  const [mongo, { MongoBackend }] = await Promise.all([connectMongo(mongoUrl), import('@agendajs/mongo-backend')])
  return {
    name: 'MongoDB',
    isOwn: false,
    // Names of tasks are the same for every Vigie: two on one database would take each other's.
    backend: new MongoBackend({ mongo: mongo.db(), collection: await collectionOf(em) }),
    ping: async () => void (await mongo.db().command({ ping: 1 })),
    close: () => mongo.close(),
  }
}

/** The collection of this Vigie's jobs. Its id is made at the first use, and kept: a copy of the database that is put back goes on with the same schedule. */
export async function collectionOf(em: EntityManager): Promise<string> {
  const own = em.fork()
  await makeScannerRow(own)
  const { instanceId } = await tables(own)
    .updateTable('Scanner')
    .set((eb) => ({ instanceId: eb.fn.coalesce('instanceId', eb.val(newId())) }))
    .where('id', '=', SCANNER_ROW)
    .returning('instanceId')
    .executeTakeFirstOrThrow()
  return `vigie_jobs_${instanceId}`
}

/** Agenda rings; each task decides by Vigie's own database what there is to do. */
export async function startScheduler({
  store,
  log,
  tasks,
  processEveryMs = 5 * SECOND,
  mendEveryMs = MINUTE,
}: Options): Promise<Scheduler> {
  const agenda = new Agenda({
    backend: store.backend,
    processEvery: processEveryMs,
    defaultLockLifetime: LOCK_MS,
    // Locks carry it: they are given back by it.
    name: `vigie ${hostname()} ${process.pid} ${newId()}`,
  })
  const running = new Set<string>()
  const isOwn = ({ lastModifiedBy }: { lastModifiedBy?: string }): boolean =>
    store.isOwn || lastModifiedBy === agenda.attrs.name
  const health = watchHealth(store, log, () => {
    // What was locked when the store went away, and never began, need not wait for its lock to run out.
    unlock(agenda, (job) => isOwn(job) && !running.has(job.name)).catch(health.away)
  })
  agenda.on('error', health.away)
  agenda.on('fail', (error: Error | string, job: { attrs?: { name: string } }) =>
    log.error({ err: error, task: job.attrs?.name }, 'A task failed; it runs again at its next time'),
  )
  for (const task of tasks) {
    agenda.define(
      task.name,
      async (job) => {
        health.back()
        running.add(task.name)
        // A long task tells that it lives, so that no other process takes it over.
        const alive = setInterval(() => void job.touch().catch(health.away), TOUCH_MS)
        try {
          await task.run()
        } finally {
          running.delete(task.name)
          clearInterval(alive)
        }
      },
      { concurrency: 1 },
    )
  }
  await agenda.ready
  if (store.isOwn) await unlock(agenda, () => true)
  // What an earlier version scheduled and this one does not know would wait for ever.
  await agenda.cancel({ notNames: tasks.map(({ name }) => name) })
  for (const task of tasks) await schedule(agenda, task)
  await agenda.start()
  const mending = setInterval(() => void mend(agenda, tasks, running).catch(health.away), mendEveryMs)
  mending.unref()
  return {
    health: health.state,
    nextRuns: async () => {
      const { jobs } = await agenda.queryJobs()
      return Object.fromEntries(jobs.map((job) => [job.name, job.nextRunAt ?? null]))
    },
    stop: async () => {
      health.stop()
      clearInterval(mending)
      await agenda.drain({ timeout: STOP_PATIENCE_MS }).catch(health.away)
      // Agenda locks a little ahead of time: what it had not begun is given back at once.
      await unlock(agenda, isOwn).catch(health.away)
      await store.close().catch(() => undefined)
    },
  }
}

/** Writes when a task runs. One that is known keeps its next time, and its lock where another process runs it. */
async function schedule(agenda: Agenda, task: Task): Promise<void> {
  const { jobs } = await agenda.queryJobs({ name: task.name })
  const known = jobs[0]
  const timezone = task.timeZone ?? null
  if (
    known &&
    !isBeyond(task, known.nextRunAt) &&
    String(known.repeatInterval) === String(task.every) &&
    (known.repeatTimezone ?? null) === timezone
  ) {
    const mayRing = task.atStart && !known.lockedAt && known.nextRunAt && known.nextRunAt > new Date()
    if (mayRing) await agenda.db.saveJobState({ ...known, nextRunAt: new Date() }, { lastModifiedBy: 'start' })
    return
  }
  // Another interval comes into force now, not when the old one is over.
  if (known) await agenda.cancel({ name: task.name })
  await agenda.every(task.every, task.name, undefined, {
    skipImmediate: !task.atStart,
    ...(timezone === null ? {} : { timezone }),
  })
}

/** The longest time until a task runs again: those by the clock run daily, and a day may have 25 hours. */
const longest = ({ every }: Task): number => (typeof every === 'number' ? every : 25 * HOUR)

/** A next time that the task's own rhythm cannot have made: the clock was ahead when it was written. */
const isBeyond = (task: Task, at: Date | null | undefined): boolean =>
  Boolean(at && at.getTime() > Date.now() + longest(task) + MINUTE)

/** A clock that was ahead and was set right leaves times that nobody would live to see: they are made anew. */
async function mend(agenda: Agenda, tasks: readonly Task[], running: ReadonlySet<string>): Promise<void> {
  const { jobs } = await agenda.queryJobs()
  for (const task of tasks) {
    const job = jobs.find(({ name }) => name === task.name)
    if (!job || running.has(task.name)) continue
    if (job.lockedAt && job.lockedAt.getTime() > Date.now() + MINUTE) await agenda.db.unlockJobs([job._id])
    if (isBeyond(task, job.nextRunAt)) await schedule(agenda, task)
  }
}

async function unlock(
  agenda: Agenda,
  isLeft: (job: { name: string; lastModifiedBy?: string }) => boolean,
): Promise<void> {
  const { jobs } = await agenda.queryJobs()
  const left = jobs.filter((job) => job.lockedAt && isLeft(job))
  await agenda.db.unlockJobs(left.map((job) => job._id))
}

/** Agenda tells of a store that is away each time that it looks: the log tells of it once, and once when it is back. */
function watchHealth(store: SchedulerStore, log: Log, onReturn: () => void) {
  let failure: string | null = null
  const away = (error: Error): void => {
    if (failure === null)
      log.error({ err: error, store: store.name }, 'The scheduler cannot reach its store; it goes on trying')
    failure = error.message
  }
  const back = (): void => {
    if (failure === null) return
    failure = null
    log.info({ store: store.name }, 'The scheduler reaches its store again')
    onReturn()
  }
  const probe = setInterval(() => void store.ping().then(back, away), 10 * SECOND)
  probe.unref()
  return {
    away,
    back,
    stop: () => clearInterval(probe),
    state: () => ({ store: store.name, ok: failure === null, detail: failure }),
  }
}

/** Agenda would wait for ever for a store that is not there: so it is asked first, and its answer ends the start. */
async function connectMongo(url: string): Promise<MongoClient> {
  const reason = (error: unknown): string =>
    // Messages of the driver may repeat the address; a password in it must not reach the log.
    (error as Error).message.replaceAll(/\/\/[^@/\s]*@/g, '//…@')
  const { MongoClient } = await import('mongodb')
  let client: MongoClient
  try {
    client = new MongoClient(url, { serverSelectionTimeoutMS: PATIENCE_MS, connectTimeoutMS: PATIENCE_MS })
  } catch (error) {
    throw new ConfigError('MONGODB_URL', `is not understood (${reason(error)})`)
  }
  try {
    await client.connect()
    await client.db().command({ ping: 1 })
    return client
  } catch (error) {
    await client.close().catch(() => undefined)
    throw new ConfigError('MONGODB_URL', `MongoDB does not answer (${reason(error)})`)
  }
}
