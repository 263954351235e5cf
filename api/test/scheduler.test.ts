import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { existsSync, globSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MongoBackend } from '@agendajs/mongo-backend'
import { Agenda, type AgendaBackend, type JobParameters, type JobRepository } from 'agenda'
import { MongoClient } from 'mongodb'
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { ROOT } from '../src/platform/root.ts'
import { type EntityManager, openDatabase, type Orm } from '../src/database/database.ts'
import { migrate } from '../src/database/migrate.ts'
import { newId } from '../src/platform/id.ts'
import { createLog } from '../src/platform/log.ts'
import { collectionOf, openSchedulerStore, startScheduler } from '../src/scheduler/scheduler.ts'
import type { Task } from '../src/scheduler/task.ts'
import { DatabaseBackend } from '../src/scheduler/database-backend.ts'
import { apiForThisTest, until } from './start-api.ts'
import { onPostgresql, testDatabase } from './test-database.ts'

// One suite for Agenda's stores: what holds for MongoDB's backend holds for Vigie's own database, and the other way round.

interface Store {
  /** A connection of its own, as another process has it. */
  connect(): Promise<AgendaBackend>
  /** What another Agenda uses beside the first. */
  beside(first: AgendaBackend): Promise<AgendaBackend>
  /** What the scheduler is started with; it may be started again. */
  scheduler(): Promise<{ em: EntityManager; mongoUrl: string | null }>
  /** The id of no job. */
  unknownId: string
  /** Whether no other process can hold a lock of it. */
  isOwn: boolean
  close(): Promise<void>
}

async function openOwn(): Promise<Store> {
  const folder = mkdtempSync(join(tmpdir(), 'vigie-scheduler-'))
  const database = await testDatabase(folder)
  const connections: Orm[] = []
  const open = async () => {
    const orm = await openDatabase(database.address)
    connections.push(orm)
    return orm
  }
  await open()
  return {
    connect: async () => new DatabaseBackend((await open()).em),
    // One Vigie on one database (engine.ts). Two connections in one thread would wait for each other's transactions for ever.
    beside: async (first) => first,
    scheduler: async () => ({ em: (connections[0] as Orm).em, mongoUrl: null }),
    unknownId: newId(),
    isOwn: true,
    close: async () => {
      for (const orm of connections) await orm.close()
      await database.drop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

async function openMongo(server: string): Promise<Store> {
  const clients: MongoClient[] = []
  const database = `vigie_test_${newId().replaceAll('-', '')}`
  const open = async () => {
    const client = await new MongoClient(server, { serverSelectionTimeoutMS: 5000 }).connect()
    clients.push(client)
    return client.db(database)
  }
  const first = await open()
  const orm = await openDatabase({ file: ':memory:' })
  await migrate(orm)
  const collection = await collectionOf(orm.em)
  const connect = async () => new MongoBackend({ mongo: await open(), collection })
  return {
    connect,
    beside: connect,
    scheduler: async () => ({ em: orm.em, mongoUrl: `${server}/${database}` }),
    unknownId: '0123456789abcdef01234567',
    isOwn: false,
    close: async () => {
      await first.dropDatabase()
      for (const client of clients) await client.close()
      await orm.close()
    },
  }
}

/** MONGODB_TEST_URL, or a mongod from PATH or from the cache folder, started for these tests; null = there is none. */
function findMongod(): string | null {
  try {
    return execFileSync('which', ['mongod'], { encoding: 'utf8' }).trim()
  } catch {
    const cached = globSync('.cache/mongod/**/bin/mongod', { cwd: ROOT })[0]
    return cached ? join(ROOT, cached) : null
  }
}

const freePort = (): Promise<number> =>
  new Promise((done) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      server.close(() => done(port))
    })
  })

const given = process.env['MONGODB_TEST_URL']
const mongod = given ? null : findMongod()
const noMongo = !given && !mongod
if (noMongo) console.warn('Skipped: no MongoDB (MONGODB_TEST_URL, mongod on PATH, or .cache/mongod/**/bin/mongod)')

let mongoServer = given ?? ''
let mongoProcess: ChildProcess | null = null
let mongoFolder = ''
beforeAll(async () => {
  if (!mongod || !existsSync(mongod)) return
  const port = await freePort()
  mongoFolder = mkdtempSync(join(tmpdir(), 'vigie-mongod-'))
  mongoProcess = spawn(mongod, ['--dbpath', mongoFolder, '--port', String(port), '--bind_ip', '127.0.0.1'], {
    stdio: 'ignore',
  })
  mongoServer = `mongodb://127.0.0.1:${port}`
  await (await new MongoClient(mongoServer, { serverSelectionTimeoutMS: 20_000 }).connect()).close()
}, 30_000)
afterAll(async () => {
  if (!mongoProcess) return
  const ended = new Promise((done) => mongoProcess?.once('exit', done))
  mongoProcess.kill('SIGTERM')
  await ended
  rmSync(mongoFolder, { recursive: true, force: true })
})

const MINUTE = 60_000
const ago = (minutes: number): Date => new Date(Date.now() - minutes * MINUTE)
const ahead = (minutes: number): Date => new Date(Date.now() + minutes * MINUTE)
const jobOf = (changes: Partial<JobParameters> = {}): JobParameters => ({
  name: 'scan',
  priority: 0,
  nextRunAt: ago(1),
  type: 'normal',
  data: {},
  ...changes,
})

const stores = [
  { name: onPostgresql() ? 'PostgreSQL' : 'SQLite', open: openOwn, skip: false },
  { name: 'MongoDB', open: () => openMongo(mongoServer), skip: noMongo || onPostgresql() },
]
for (const { name: storeName, open, skip } of stores) {
  describe.skipIf(skip)(`Agenda’s jobs in ${storeName}`, () => {
    let store: Store
    let backend: AgendaBackend
    let jobs: JobRepository
    beforeEach(async () => {
      store = await open()
      backend = await store.connect()
      await backend.connect()
      jobs = backend.repository
      return () => store.close()
    })

    const save = (changes: Partial<JobParameters> = {}) => jobs.saveJob(jobOf(changes), undefined)
    const read = async (job: JobParameters) => (await jobs.getJobById(String(job._id))) as JobParameters
    const take = (options: { name?: string; scanAt?: Date; deadline?: Date } = {}) =>
      jobs.getNextJobToRun(
        options.name ?? 'scan',
        options.scanAt ?? new Date(),
        options.deadline ?? ago(10),
        undefined,
        undefined,
      )
    const names = async (options: Parameters<JobRepository['queryJobs']>[0]) =>
      (await jobs.queryJobs({ sort: { name: 'asc' }, ...options })).jobs.map(({ name }) => name)

    describe('A job that is saved', () => {
      test('gets an id and is found by it, as it was', async () => {
        const at = ahead(5)
        const saved = await save({ nextRunAt: at, priority: 10, data: { a: { b: 1 }, list: [1, 2] } })
        expect(await read(saved)).toMatchObject({
          name: 'scan',
          nextRunAt: at,
          priority: 10,
          type: 'normal',
          data: { a: { b: 1 }, list: [1, 2] },
        })
        expect((await read(saved)).lockedAt).toBeUndefined()
        expect(await jobs.getJobById(store.unknownId)).toBeNull()
      })

      test('again by its id is changed, not doubled', async () => {
        const saved = await save()
        await jobs.saveJob({ ...saved, priority: 5, nextRunAt: null }, { lastModifiedBy: 'me' })
        expect(await read(saved)).toMatchObject({ priority: 5, nextRunAt: null, lastModifiedBy: 'me' })
        expect((await jobs.queryJobs()).total).toBe(1)
      })

      test('again after it was removed does not come back', async () => {
        const saved = await save()
        await jobs.removeJobs({ id: String(saved._id) })
        expect(await jobs.saveJob(saved, undefined)).toMatchObject({ name: 'scan' })
        expect((await jobs.queryJobs()).total).toBe(0)
      })

      test('as the single one of its name stays one', async () => {
        const first = await save({ type: 'single', nextRunAt: ahead(10) })
        const second = await save({ type: 'single', nextRunAt: ahead(20), data: { changed: true } })
        expect(String(second._id)).toBe(String(first._id))
        expect((await jobs.queryJobs()).jobs).toMatchObject([{ data: { changed: true } }])
      })

      test('as the single one keeps its time where the new one is due at once, and takes a later one', async () => {
        const later = ahead(30)
        await save({ type: 'single', nextRunAt: later })
        expect(await save({ type: 'single', nextRunAt: new Date() })).toMatchObject({ nextRunAt: later })
        const evenLater = ahead(60)
        expect(await save({ type: 'single', nextRunAt: evenLater })).toMatchObject({ nextRunAt: evenLater })
      })

      test('as the single one anew loses the lock, the failure and the pause that it had', async () => {
        const job = await save({ type: 'single', nextRunAt: ago(1) })
        await take()
        await jobs.saveJobState({ ...(await read(job)), failCount: 2, failReason: 'no', failedAt: ago(1) }, undefined)
        await jobs.disableJobs({ name: 'scan' })
        await save({ type: 'single', nextRunAt: ahead(1) })
        const { lockedAt, failCount, failReason, failedAt, disabled } = await read(job)
        expect([lockedAt, failCount, failReason, failedAt, disabled]).toEqual(Array(5).fill(undefined))
      })

      test('with a unique field replaces its like, or is left out where it may only be inserted', async () => {
        const unique = { 'data.of': 7 }
        const first = await save({ unique, data: { of: 7, word: 'old' } })
        await save({ unique: { 'data.of': 8 }, data: { of: 8, word: 'other' } })
        const second = await save({ unique, data: { of: 7, word: 'new' } })
        const third = await save({ unique, uniqueOpts: { insertOnly: true }, data: { of: 7, word: 'newest' } })
        expect([second, third].map(({ _id }) => String(_id))).toEqual([String(first._id), String(first._id)])
        expect((await read(first)).data).toEqual({ of: 7, word: 'new' })
        expect((await jobs.queryJobs()).total).toBe(2)
      })

      test('with a unique time replaces its like', async () => {
        const at = ahead(5)
        await save({ unique: { nextRunAt: at }, nextRunAt: at })
        await save({ unique: { nextRunAt: at }, nextRunAt: at })
        expect((await jobs.queryJobs()).total).toBe(1)
      })

      test('after a run keeps what the run came to', async () => {
        const job = await save()
        const [ran, next] = [ago(0), ahead(15)]
        const state = {
          lastRunAt: ran,
          lastFinishedAt: ran,
          failedAt: ran,
          failCount: 1,
          failReason: 'why',
          progress: 7,
        }
        await jobs.saveJobState({ ...job, ...state, nextRunAt: next, lockedAt: ran }, { lastModifiedBy: 'me' })
        expect(await read(job)).toMatchObject({ ...state, nextRunAt: next, lockedAt: ran, lastModifiedBy: 'me' })
        await jobs.saveJobState({ ...job, nextRunAt: null }, undefined)
        const { lastRunAt, failReason, lockedAt, nextRunAt } = await read(job)
        expect([lastRunAt, failReason, lockedAt, nextRunAt]).toEqual([undefined, undefined, undefined, null])
      })

      test('after a run, but removed meanwhile, is an error', async () => {
        const job = await save()
        await jobs.removeJobs({ name: 'scan' })
        await expect(jobs.saveJobState(job, undefined)).rejects.toThrow(String(job._id))
      })
    })

    describe('The next job', () => {
      test('is the one due first, among those due together the one of the highest priority', async () => {
        const due = ago(5)
        await save({ nextRunAt: ago(1), data: { n: 3 }, priority: 20 })
        await save({ nextRunAt: due, data: { n: 2 }, priority: -10 })
        await save({ nextRunAt: due, data: { n: 1 }, priority: 10 })
        const order = [await take(), await take(), await take()].map((job) => (job?.data as { n: number }).n)
        expect(order).toEqual([1, 2, 3])
        expect(await take()).toBeUndefined()
      })

      test('is locked by whoever gets it', async () => {
        const job = await save()
        expect((await take())?.lockedAt).toBeInstanceOf(Date)
        expect((await read(job)).lockedAt).toBeInstanceOf(Date)
      })

      test('is none that is not due until the next look, is disabled, or has another name', async () => {
        await save({ nextRunAt: ahead(2) })
        await save({ nextRunAt: null })
        await save({ disabled: true })
        await save({ name: 'other' })
        expect(await take()).toBeUndefined()
        expect((await take({ scanAt: ahead(3) }))?.nextRunAt).toBeInstanceOf(Date)
      })

      test('is one whose lock has outlived its time, even while it has no next run', async () => {
        const job = await save()
        await jobs.saveJobState({ ...job, lockedAt: ago(9), nextRunAt: null }, undefined)
        expect(await take({ deadline: ago(10) })).toBeUndefined()
        expect(String((await take({ deadline: ago(8) }))?._id)).toBe(String(job._id))
      })

      test('goes to one of two that ask together', async () => {
        const second = await store.connect()
        await second.connect()
        await Promise.all(Array.from({ length: 40 }, (_, n) => save({ data: { n } })))
        const taken: number[] = []
        const drain = async (from: JobRepository) => {
          for (;;) {
            const job = await from.getNextJobToRun('scan', new Date(), ago(10), undefined, undefined)
            if (!job) return
            taken.push((job.data as { n: number }).n)
          }
        }
        await Promise.all([jobs, second.repository, jobs, second.repository].map(drain))
        expect(taken.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 40 }, (_, n) => n))
      })
    })

    describe('A lock', () => {
      test('is given once, for the time that was read, and not on a disabled job', async () => {
        const job = await save()
        expect(await jobs.lockJob({ ...job, nextRunAt: ahead(1) }, undefined)).toBeUndefined()
        await jobs.disableJobs({ name: 'scan' })
        expect(await jobs.lockJob(job, undefined)).toBeUndefined()
        await jobs.enableJobs({ name: 'scan' })
        expect((await jobs.lockJob(job, { lastModifiedBy: 'me' }))?.lockedAt).toBeInstanceOf(Date)
        expect(await jobs.lockJob(job, undefined)).toBeUndefined()
      })

      test('is given back for one job only while it has a next run, and for a list of jobs in any case', async () => {
        const job = await save()
        await jobs.lockJob(job, undefined)
        await jobs.unlockJob(job)
        expect((await read(job)).lockedAt).toBeUndefined()
        await jobs.saveJobState({ ...job, nextRunAt: null, lockedAt: new Date() }, undefined)
        await jobs.unlockJob({ ...job, nextRunAt: null })
        expect((await read(job)).lockedAt).toBeInstanceOf(Date)
        await jobs.unlockJobs([])
        await jobs.unlockJobs([job._id as never])
        expect((await read(job)).lockedAt).toBeUndefined()
      })
    })

    describe('Jobs are removed, disabled and enabled', () => {
      test.each([
        ['by name', { name: 'a' }, ['b', 'c']],
        ['by names', { names: ['a', 'c'] }, ['b']],
        ['by all names but some', { notNames: ['a', 'c'] }, ['a', 'c']],
        ['by a part of their data', { data: { of: { kind: 'x' } } }, ['c']],
        ['by nothing, which is none', {}, ['a', 'b', 'c']],
        ['by an empty list of names, which is none', { names: [] }, ['a', 'b', 'c']],
      ])('%s', async (_title, options, left) => {
        for (const [name, kind] of [
          ['a', 'x'],
          ['b', 'x'],
          ['c', 'y'],
        ] as const) {
          await save({ name, data: { of: { kind, more: 1 } } })
        }
        const count = 3 - left.length
        expect(await jobs.disableJobs(options)).toBe(count)
        expect(await jobs.disableJobs(options)).toBe(0)
        expect(await names({ includeDisabled: false })).toEqual(left)
        expect(await jobs.enableJobs(options)).toBe(count)
        expect(await names({ includeDisabled: false })).toEqual(['a', 'b', 'c'])
        expect(await jobs.removeJobs(options)).toBe(count)
        expect(await names({})).toEqual(left)
      })

      test('by id and ids', async () => {
        const saved = await Promise.all(['a', 'b', 'c'].map((name) => save({ name })))
        expect(await jobs.removeJobs({ id: store.unknownId })).toBe(0)
        expect(await jobs.removeJobs({ id: String(saved[0]?._id) })).toBe(1)
        expect(await jobs.removeJobs({ ids: saved.slice(1).map(({ _id }) => String(_id)) })).toBe(2)
      })

      test('all at once', async () => {
        await save({ name: 'a' })
        await save({ name: 'b' })
        expect(await jobs.purgeAllJobs()).toBe(2)
        expect((await jobs.queryJobs()).total).toBe(0)
      })
    })

    describe('A list of jobs', () => {
      beforeEach(async () => {
        await save({ name: 'due', nextRunAt: ago(5), priority: 1 })
        await save({ name: 'later', nextRunAt: ahead(5), priority: 3, data: { of: { kind: 'x' }, flag: true } })
        await save({ name: 'paused', nextRunAt: ahead(6), disabled: true, priority: 2 })
        await save({ name: 'repeating', nextRunAt: ahead(7), repeatInterval: '1 minute', priority: 2 })
        const running = await save({ name: 'Running', nextRunAt: null, priority: 0 })
        await jobs.saveJobState({ ...running, nextRunAt: null, lockedAt: ago(0), lastRunAt: ago(0) }, undefined)
        const failed = await save({ name: 'failed', nextRunAt: null, priority: 0 })
        await jobs.saveJobState({ ...failed, nextRunAt: null, failedAt: ago(3), lastRunAt: ago(3) }, undefined)
        const done = await save({ name: 'done', nextRunAt: null, priority: 0 })
        await jobs.saveJobState({ ...done, nextRunAt: null, lastFinishedAt: ago(2), lastRunAt: ago(2) }, undefined)
      })

      test.each([
        ['one name', { name: 'due' }, ['due']],
        ['some names', { names: ['due', 'done', 'nobody'] }, ['done', 'due']],
        ['a part of a name in any case', { search: 'RUN' }, ['Running']],
        ['a part of a name, never as a pattern', { search: '.*' }, []],
        ['a part of the data', { data: { of: { kind: 'x' } } }, ['later']],
        ['data that are true', { data: { flag: true } }, ['later']],
        ['data that are like true', { data: { flag: 1 } }, []],
        ['what is running', { state: 'running' as const }, ['Running']],
        ['what is due', { state: 'queued' as const }, ['due']],
        ['what failed', { state: 'failed' as const }, ['failed']],
        ['what repeats', { state: 'repeating' as const }, ['repeating']],
        ['what is done', { state: 'completed' as const }, ['done']],
        ['what is paused', { state: 'paused' as const }, ['paused']],
        ['what is not paused', { includeDisabled: false }, ['Running', 'done', 'due', 'failed', 'later', 'repeating']],
      ])('holds %s', async (_title, options, expected) => {
        expect(await names(options)).toEqual(expected)
        expect((await jobs.queryJobs(options)).total).toBe(expected.length)
      })

      test('is in the asked order, with nothing before something', async () => {
        expect(await names({ sort: { priority: 'desc', name: 'asc' } })).toEqual([
          'later',
          'paused',
          'repeating',
          'due',
          'Running',
          'done',
          'failed',
        ])
        expect((await names({ sort: { nextRunAt: 'asc' } })).slice(3)).toEqual(['due', 'later', 'paused', 'repeating'])
      })

      test('is by the next run and then by the last one, latest first, unless asked otherwise', async () => {
        expect((await jobs.queryJobs()).jobs.map(({ name }) => name)).toEqual([
          'repeating',
          'paused',
          'later',
          'due',
          'Running',
          'done',
          'failed',
        ])
      })

      test('comes in pages, with the number of all', async () => {
        const sort = { name: 'asc' } as const
        const page = await jobs.queryJobs({ sort, skip: 2, limit: 2 })
        expect(page.jobs.map(({ name }) => name)).toEqual(['due', 'failed'])
        expect(page.total).toBe(7)
        expect((await jobs.queryJobs({ sort, skip: 6 })).jobs).toHaveLength(1)
        expect((await jobs.queryJobs({ sort, skip: 9, limit: 2 })).jobs).toEqual([])
        const filtered = await jobs.queryJobs({ sort, state: 'completed', skip: 1, limit: 1 })
        expect(filtered).toEqual({ jobs: [], total: 1 })
      })

      test('is counted by name and state, and by what waits', async () => {
        await save({ name: 'due', nextRunAt: ahead(1) })
        const overview = await jobs.getJobsOverview()
        expect(overview.find(({ name }) => name === 'due')).toEqual({
          name: 'due',
          total: 2,
          running: 0,
          scheduled: 1,
          queued: 1,
          completed: 0,
          failed: 0,
          repeating: 0,
          paused: 0,
        })
        expect(overview.find(({ name }) => name === 'paused')).toMatchObject({ total: 1, scheduled: 1, paused: 1 })
        expect(await jobs.getQueueSize()).toBe(1)
        expect((await jobs.getDistinctJobNames()).toSorted()).toEqual(
          ['Running', 'done', 'due', 'failed', 'later', 'paused', 'repeating'].toSorted(),
        )
      })
    })

    describe('Agenda on it', () => {
      /** An Agenda as another process has it. */
      const agendaOf = async (options: { lockLifetime?: number } = {}): Promise<Agenda> => {
        const agenda = new Agenda({
          backend: await store.beside(backend),
          processEvery: 50,
          defaultLockLifetime: options.lockLifetime ?? 10 * MINUTE,
        })
        agenda.on('error', () => undefined)
        await agenda.ready
        onTestFinished(async () => void (await agenda.drain({ timeout: 2000 }).catch(() => undefined)))
        return agenda
      }

      test('runs each job once, though two processes ask', async () => {
        const ran: number[] = []
        const both = [await agendaOf(), await agendaOf()]
        for (const agenda of both) {
          agenda.define('work', async (job) => void ran.push((job.attrs.data as { n: number }).n), { concurrency: 5 })
          await agenda.start()
        }
        await Promise.all(Array.from({ length: 50 }, (_, n) => both[n % 2]?.now('work', { n })))
        await until(() => ran.length >= 50, 'fifty runs')
        await until(async () => (await jobs.queryJobs({ state: 'running' })).total === 0, 'the end of the runs')
        expect(ran.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, n) => n))
      })

      test('rings each tick once, though two processes wait for it', async () => {
        const ticks: number[] = []
        const both = [await agendaOf(), await agendaOf()]
        for (const agenda of both) {
          agenda.define('tick', async (job) => void ticks.push(job.attrs.lastRunAt?.getTime() ?? 0))
          await agenda.every(400, 'tick')
        }
        for (const agenda of both) await agenda.start()
        expect((await jobs.queryJobs()).total).toBe(1)
        await until(() => ticks.length >= 5, 'five ticks')
        const gaps = ticks.slice(1).map((time, index) => time - (ticks[index] ?? 0))
        expect(Math.min(...gaps)).toBeGreaterThan(250)
      })

      test('runs a job that a dead process had locked when the lock has outlived its time, not before', async () => {
        const job = await save({ name: 'work' })
        const died = new Date()
        await take({ name: 'work', scanAt: ahead(1) })
        const ran: number[] = []
        const agenda = await agendaOf({ lockLifetime: 600 })
        agenda.define('work', async () => void ran.push(Date.now()))
        await agenda.start()
        await until(() => ran.length > 0, 'the run after the crash')
        expect((ran[0] ?? 0) - died.getTime()).toBeGreaterThanOrEqual(595)
        await until(async () => !(await read(job)).lockedAt, 'the end of the run')
        expect(ran).toHaveLength(1)
      })

      test('does not put off a due job when a process starts', async () => {
        const due = ago(30)
        const saved = await save({ name: 'tick', type: 'single', nextRunAt: due, repeatInterval: 60 * MINUTE })
        const agenda = await agendaOf()
        await agenda.every(60 * MINUTE, 'tick')
        expect((await read(saved)).nextRunAt).toEqual(due)
      })

      test('runs at once a job that a dead process had locked, when it is scheduled anew at the start', async () => {
        await save({ name: 'tick', type: 'single', nextRunAt: ago(1), repeatInterval: 60 * MINUTE })
        await take({ name: 'tick' })
        let ran = 0
        const agenda = await agendaOf()
        agenda.define('tick', async () => void (ran += 1))
        await agenda.start()
        await agenda.every(60 * MINUTE, 'tick')
        await until(() => ran > 0, 'the run after the restart', 3000)
      })

      test('leaves out a disabled job until it is enabled', async () => {
        let [paused, other] = [0, 0]
        await save({ name: 'paused', disabled: true })
        const agenda = await agendaOf()
        agenda.define('paused', async () => void (paused += 1))
        agenda.define('other', async () => void (other += 1))
        await agenda.start()
        await agenda.every(50, 'other')
        await until(() => other >= 3, 'three looks')
        expect(paused).toBe(0)
        await agenda.enable({ name: 'paused' })
        await until(() => paused === 1, 'the run of the enabled job')
      })

      test('keeps a failure as one, and rings again at the next time', async () => {
        let runs = 0
        const agenda = await agendaOf()
        agenda.define('tick', async () => {
          runs += 1
          if (runs === 1) throw new Error('the first one fails')
        })
        await agenda.start()
        await agenda.every(100, 'tick')
        await until(() => runs >= 2, 'a second run')
        const [job] = (await jobs.queryJobs({ name: 'tick' })).jobs
        expect(job).toMatchObject({ failReason: 'the first one fails' })
      })

      test('forgets jobs that nobody knows any more', async () => {
        await save({ name: 'known' })
        await save({ name: 'of an older version' })
        const agenda = await agendaOf()
        expect(await agenda.cancel({ notNames: ['known'] })).toBe(1)
        expect((await jobs.queryJobs()).jobs.map(({ name }) => name)).toEqual(['known'])
      })
    })

    describe('The scheduler on it', () => {
      const log = createLog('silent')
      const taskOf = (changes: Partial<Task> = {}): Task => ({
        name: 'tick',
        every: 60 * MINUTE,
        atStart: false,
        run: async () => undefined,
        ...changes,
      })
      const started = async (tasks: Task[], processEveryMs = 50) => {
        const { em, mongoUrl } = await store.scheduler()
        const opened = await openSchedulerStore(em, mongoUrl)
        const scheduler = await startScheduler({ store: opened, log, tasks, processEveryMs, mendEveryMs: 50 })
        onTestFinished(() => scheduler.stop())
        return scheduler
      }
      const locked = async () => (await jobs.queryJobs({ state: 'running' })).jobs.map(({ name }) => name)

      test('runs at the start what shall run then, and tells when each task is next', async () => {
        let ran = 0
        const scheduler = await started([
          taskOf({ name: 'now', atStart: true, run: async () => void (ran += 1) }),
          taskOf({ name: 'nightly', every: '30 3 * * *', timeZone: 'Europe/Paris' }),
        ])
        await until(() => ran === 1, 'the run at the start')
        const next = await scheduler.nextRuns()
        expect(
          new Intl.DateTimeFormat('en-GB', { timeStyle: 'short', timeZone: 'Europe/Paris' }).format(
            next['nightly'] as Date,
          ),
        ).toBe('03:30')
      })

      test('runs after a restart what came due while it was away, also what does not run at every start', async () => {
        await (await started([taskOf()])).stop()
        const [job] = (await jobs.queryJobs()).jobs
        await jobs.saveJobState({ ...(job as JobParameters), nextRunAt: ago(30) }, undefined)
        let ran = 0
        await started([taskOf({ run: async () => void (ran += 1) })])
        await until(() => ran === 1, 'the missed run', 2000)
      })

      test.each([
        ['an interval', 60 * MINUTE, 60],
        ['a time of day', '30 3 * * *', 25 * 60],
      ])('forgets a next time that its clock wrote while it was ahead: %s', async (_, every, minutes) => {
        const scheduler = await started([taskOf({ every })])
        for (const wrong of [ahead(400 * 24 * 60), ahead(minutes + 120)]) {
          const [job] = (await jobs.queryJobs()).jobs
          await jobs.saveJobState({ ...(job as JobParameters), nextRunAt: wrong }, undefined)
          const next = async () => (await scheduler.nextRuns())['tick'] as Date
          await until(async () => (await next()) <= ahead(minutes + 1), 'a time that can be')
        }
        await scheduler.stop()
        const [job] = (await jobs.queryJobs()).jobs
        await jobs.saveJobState({ ...(job as JobParameters), nextRunAt: ahead(400 * 24 * 60) }, undefined)
        const again = await started([taskOf({ every })])
        expect((await again.nextRuns())['tick'] as Date).toBeInstanceOf(Date)
        expect(((await again.nextRuns())['tick'] as Date).getTime()).toBeLessThanOrEqual(ahead(minutes + 1).getTime())
      })

      test('takes over a shorter interval at the next start', async () => {
        const before = await started([taskOf({ every: 1440 * MINUTE, atStart: true })])
        await until(async () => ((await before.nextRuns())['tick'] ?? 0) > ahead(1000), 'the first run')
        await before.stop()
        const scheduler = await started([taskOf({ every: 5 * MINUTE, atStart: true })])
        expect(((await scheduler.nextRuns())['tick'] as Date).getTime()).toBeLessThanOrEqual(ahead(5).getTime())
      })

      test('leaves nothing locked that it had not begun when it is stopped', async () => {
        // Agenda locks ahead of time what is due before its next look.
        const scheduler = await started([taskOf({ every: 1500 })], 1000)
        await until(async () => (await locked()).length === 1, 'the lock ahead of time')
        await scheduler.stop()
        expect(await locked()).toEqual([])
      })

      test('runs at once after a crash what shall run at the start', async () => {
        await (await started([taskOf({ atStart: true })])).stop()
        const [job] = (await jobs.queryJobs()).jobs
        await jobs.saveJobState(
          { ...(job as JobParameters), nextRunAt: ago(1), lockedAt: ago(store.isOwn ? 0 : 3) },
          undefined,
        )
        let ran = 0
        await started([taskOf({ atStart: true, run: async () => void (ran += 1) })])
        await until(() => ran === 1, 'the run after the crash', 2000)
      })

      test('waits at its stop for a task that runs', async () => {
        const steps: string[] = []
        let finish = (): void => undefined
        const scheduler = await started([
          taskOf({
            atStart: true,
            run: async () => {
              steps.push('begun')
              await new Promise<void>((done) => (finish = done))
              steps.push('ended')
            },
          }),
        ])
        await until(() => steps.length === 1, 'the task')
        const stopped = scheduler.stop().then(() => steps.push('stopped'))
        finish()
        await stopped
        expect(steps).toEqual(['begun', 'ended', 'stopped'])
        expect(await locked()).toEqual([])
      })

      test('runs a task that failed again at its next time', async () => {
        let runs = 0
        await started([
          taskOf({
            every: 100,
            atStart: true,
            run: async () => {
              runs += 1
              if (runs === 1) throw new Error('the first one fails')
            },
          }),
        ])
        await until(() => runs >= 2, 'the second run')
      })
    })
  })
}

test('What degrades is told by /readyz, which stays ready while the database is', async () => {
  const api = await apiForThisTest()
  const ready = async () => {
    const response = await fetch(`${api.url}/readyz`)
    return { status: response.status, ...((await response.json()) as object) }
  }
  let ok = true
  api.app.watch('scheduler', () => ({ ok, detail: null }))
  expect(await ready()).toEqual({ status: 200, ok: true, database: 'ok', scanner: 'ok', scheduler: 'ok' })
  ok = false
  expect(await ready()).toEqual({
    status: 200,
    ok: true,
    database: 'ok',
    scanner: 'ok',
    scheduler: 'degraded',
    degraded: ['scheduler'],
  })
})

describe.skipIf(noMongo)('A MongoDB', () => {
  const start = (mongoUrl: string) => openSchedulerStore(null as never, mongoUrl)
  const SECRET = 'hunter2'

  test.each([
    ['nobody answers', `mongodb://vigie:${SECRET}@127.0.0.1:1/vigie`],
    ['the password holds a slash', `mongodb://vigie:${SECRET}/x@127.0.0.1:1/vigie`],
    ['the password holds an @', `mongodb://vigie:p@${SECRET}@127.0.0.1:1/vigie`],
    ['the password holds a percent sign', `mongodb://vigie:${SECRET}%zz@127.0.0.1:1/vigie`],
    ['the password holds a colon', `mongodb://vigie:x:${SECRET}@127.0.0.1:1/vigie`],
    ['an option is unknown', `mongodb://vigie:${SECRET}@127.0.0.1:1/vigie?nonsense=1`],
  ])('is asked first, and the start ends without its password where %s', async (_title, url) => {
    const error = await start(url).then(
      () => null,
      (reason: Error) => reason,
    )
    expect(error?.message).toMatch(/^MONGODB_URL: /)
    expect(error?.message).not.toContain(SECRET)
  })

  test('that goes away is told once, survived, and used again when it is back', async (context) => {
    if (!mongod) return context.skip('MONGODB_TEST_URL names a server that is not ours to stop')
    const [folder, port] = [mkdtempSync(join(tmpdir(), 'vigie-mongod-')), await freePort()]
    const run = async (): Promise<ChildProcess> => {
      const child = spawn(mongod, ['--dbpath', folder, '--port', String(port), '--bind_ip', '127.0.0.1'], {
        stdio: 'ignore',
      })
      await (await new MongoClient(`mongodb://127.0.0.1:${port}`).connect()).close()
      return child
    }
    let server = await run()
    onTestFinished(() => {
      server.kill('SIGKILL')
      rmSync(folder, { recursive: true, force: true })
    })
    const orm = await openDatabase({ file: ':memory:' })
    await migrate(orm)
    onTestFinished(() => orm.close())
    let runs = 0
    const lines: string[] = []
    const tellTale = {
      error: (_: object, text: string) => lines.push(text),
      info: (_: object, text: string) => lines.push(text),
    }
    const scheduler = await startScheduler({
      store: await openSchedulerStore(orm.em, `mongodb://127.0.0.1:${port}/vigie`),
      log: tellTale as never,
      processEveryMs: 100,
      tasks: [{ name: 'tick', every: 200, atStart: true, run: async () => void (runs += 1) }],
    })
    onTestFinished(() => scheduler.stop())
    await until(() => runs >= 2, 'two ticks')
    const ended = new Promise((done) => server.once('exit', done))
    server.kill('SIGKILL')
    await ended
    await until(() => !scheduler.health().ok, 'the word that it is away', 25_000)
    server = await run()
    const before = runs
    await until(() => scheduler.health().ok, 'the word that it is back', 25_000)
    await until(() => runs >= before + 3, 'ticks again', 25_000)
    expect(lines).toEqual([
      'The scheduler cannot reach its store; it goes on trying',
      'The scheduler reaches its store again',
    ])
  }, 90_000)
})

test.skipIf(noMongo)('Two Vigies on one MongoDB keep their tasks apart', async () => {
  const database = `vigie_test_${newId().replaceAll('-', '')}`
  const runs = { first: 0, second: 0 }
  const begin = async (who: keyof typeof runs) => {
    const orm = await openDatabase({ file: ':memory:' })
    await migrate(orm)
    const scheduler = await startScheduler({
      store: await openSchedulerStore(orm.em, `${mongoServer}/${database}`),
      log: createLog('silent'),
      processEveryMs: 100,
      tasks: [{ name: 'tick', every: 200, atStart: true, run: async () => void (runs[who] += 1) }],
    })
    onTestFinished(async () => {
      await scheduler.stop()
      await orm.close()
    })
  }
  await begin('first')
  await begin('second')
  await until(() => runs.first >= 3 && runs.second >= 3, 'three ticks of each', 20_000)
})
