import { Agenda, type AgendaBackend } from 'agenda'
import { MongoBackend } from '@agendajs/mongo-backend'
import { MongoClient } from 'mongodb'
import { ConfigError } from '../config.ts'
import type { EntityManager } from '../database/database.ts'
import { SECOND } from '../platform/clock.ts'
import type { Log } from '../platform/log.ts'
import { SqliteBackend } from './sqlite-backend.ts'
import type { Task } from './tasks.ts'

export interface Scheduler {
  /** Whether Agenda reaches its store; what it cannot do meanwhile is done when it is back. */
  health(): { store: 'MongoDB' | 'SQLite'; ok: boolean; detail: string | null }
  /** When each task runs next. */
  nextRuns(): Promise<Record<string, Date | null>>
  stop(): Promise<void>
}

interface Options {
  em: EntityManager
  mongoUrl: string | null
  log: Log
  tasks: readonly Task[]
  /** How often Agenda looks for what is due. */
  processEveryMs?: number
}

/** How long a start waits for MongoDB before it says that it is not there. */
const PATIENCE_MS = 10 * SECOND

/** Agenda rings; each task decides by Vigie's own database what there is to do. */
export async function startScheduler({
  em,
  mongoUrl,
  log,
  tasks,
  processEveryMs = 5 * SECOND,
}: Options): Promise<Scheduler> {
  const mongo = mongoUrl === null ? null : await connectMongo(mongoUrl)
  const backend: AgendaBackend = mongo ? new MongoBackend({ mongo: mongo.db() }) : new SqliteBackend(em)
  const agenda = new Agenda({ backend, processEvery: processEveryMs, defaultLockLifetime: 10 * 60 * SECOND })
  let failure: string | null = null
  const store = mongo ? 'MongoDB' : 'SQLite'
  // Agenda tells of a store that is away each time that it looks: the log tells of it once, and once when it is back.
  const away = (error: Error): void => {
    if (failure === null) log.error({ err: error, store }, 'The scheduler cannot reach its store; it goes on trying')
    failure = error.message
  }
  const back = (): void => {
    if (failure !== null) log.info({ store }, 'The scheduler reaches its store again')
    failure = null
  }
  agenda.on('error', away)
  agenda.on('fail', (error: Error | string, job: { attrs?: { name: string } }) =>
    log.error({ err: error, task: job.attrs?.name }, 'A task failed; it runs again at its next time'),
  )
  for (const task of tasks) {
    agenda.define(
      task.name,
      async (job) => {
        back()
        // A long task tells that it lives, so that no other process takes it over.
        const alive = setInterval(() => void job.touch().catch(away), 60 * SECOND)
        try {
          await task.run()
        } finally {
          clearInterval(alive)
        }
      },
      { concurrency: 1, lockLimit: 1 },
    )
  }
  await agenda.start()
  for (const task of tasks) {
    const timezone = task.timeZone ? { timezone: task.timeZone } : {}
    await agenda.every(task.every, task.name, undefined, { skipImmediate: !task.atStart, ...timezone })
  }
  // What an earlier version scheduled and this one does not know would wait for ever.
  await agenda.cancel({ notNames: tasks.map(({ name }) => name) })
  const probe = mongo ? setInterval(() => void mongo.db().command({ ping: 1 }).then(back, away), 10 * SECOND) : null
  probe?.unref()
  return {
    health: () => ({ store, ok: failure === null, detail: failure }),
    nextRuns: async () => {
      const { jobs } = await agenda.queryJobs()
      return Object.fromEntries(jobs.map((job) => [job.name, job.nextRunAt ?? null]))
    },
    stop: async () => {
      if (probe) clearInterval(probe)
      await agenda.drain({ timeout: 15 * SECOND }).catch(away)
      await mongo?.close().catch(() => undefined)
    },
  }
}

/** Agenda would wait for ever for a store that is not there: so it is asked first, and its answer ends the start. */
async function connectMongo(url: string): Promise<MongoClient> {
  const reason = (error: unknown): string =>
    // Messages of the driver may repeat the address; a password in it must not reach the log.
    (error as Error).message.replaceAll(/\/\/[^@/\s]*@/g, '//…@')
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
