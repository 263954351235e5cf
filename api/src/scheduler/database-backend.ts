import {
  type AgendaBackend,
  computeJobState,
  datefields,
  type JobParameters,
  type JobRepository,
  type JobsOverview,
  type JobsQueryOptions,
  type JobsResult,
  type RemoveJobsOptions,
  toJobId,
} from 'agenda'
import type { Expression, ExpressionBuilder, SqlBool } from 'kysely'
import type { EntityManager } from '../database/database.ts'
import { type Dialect, dialectOf } from '../database/dialect.ts'
import { type Engine, engineOf } from '../database/engine.ts'
import { findRows, insertRows, type Row, updateRow } from '../database/rows.ts'
import { type Tables, tables } from '../database/tables.ts'
import { inTransaction } from '../database/transaction.ts'
import { newId } from '../platform/id.ts'
import { ScheduledJob } from './scheduled-job.entity.ts'

// Agenda's store where there is no MongoDB: Vigie's own database. One table; what jobs are looked up by are columns, the
// rest is their document. Each step that decides who runs a job is one statement or one transaction.

type Condition = (eb: ExpressionBuilder<Tables, 'ScheduledJob'>) => Expression<SqlBool>

const allOf =
  (conditions: readonly Condition[]): Condition =>
  (eb) =>
    eb.and(conditions.map((condition) => condition(eb)))

interface Options {
  lastModifiedBy?: string
}

export class DatabaseBackend implements AgendaBackend {
  readonly name: Engine['name']
  readonly ownsConnection = false
  readonly repository: JobRepository

  constructor(em: EntityManager) {
    this.name = engineOf(em).name
    this.repository = new DatabaseJobRepository(em)
  }

  async connect(): Promise<void> {}
  async disconnect(): Promise<void> {}
}

class DatabaseJobRepository implements JobRepository {
  private readonly dialect: Dialect

  constructor(private readonly em: EntityManager) {
    this.dialect = dialectOf(em)
  }

  async connect(): Promise<void> {}

  async queryJobs(options: JobsQueryOptions = {}): Promise<JobsResult> {
    const { state, includeDisabled = true, sort, skip = 0, limit = 0, search } = options
    const where = this.conditionsOf(options)
    if (search) where.push((eb) => this.dialect.contains(eb.ref('name'), search))
    if (!includeDisabled) where.push((eb) => eb.not(eb.ref('disabled')))
    const now = new Date()
    const found = (await this.select(where))
      .map((job) => ({ ...job, _id: job._id as NonNullable<typeof job._id>, state: computeJobState(job, now) }))
      .filter((job) => !state || (state === 'paused' ? job.disabled === true : job.state === state))
    const order = Object.entries(sort ?? { nextRunAt: 'desc', lastRunAt: 'desc' }) as [keyof JobParameters, string][]
    found.sort((a, b) => {
      for (const [field, direction] of order) {
        const difference = compare(a[field], b[field])
        if (difference !== 0) return direction === 'asc' ? difference : -difference
      }
      return 0
    })
    return { jobs: found.slice(skip, limit > 0 ? skip + limit : undefined), total: found.length }
  }

  async getJobsOverview(): Promise<JobsOverview[]> {
    const overviews = new Map<string, JobsOverview>()
    const now = new Date()
    for (const job of await this.select([])) {
      const counts = { running: 0, scheduled: 0, queued: 0, completed: 0, failed: 0, repeating: 0, paused: 0 }
      const overview = overviews.get(job.name) ?? { name: job.name, total: 0, ...counts }
      overviews.set(job.name, overview)
      overview.total += 1
      overview[computeJobState(job, now)] += 1
      if (job.disabled) overview.paused += 1
    }
    return [...overviews.values()]
  }

  async getDistinctJobNames(): Promise<string[]> {
    const jobs = await tables(this.em).selectFrom('ScheduledJob').select('name').distinct().execute()
    return jobs.map(({ name }) => name)
  }

  async getJobById(id: string): Promise<JobParameters | null> {
    return (await this.select([(eb) => eb('id', '=', id)]))[0] ?? null
  }

  async getQueueSize(): Promise<number> {
    const { count } = await tables(this.em)
      .selectFrom('ScheduledJob')
      .select((eb) => eb.fn.countAll<number>().as('count'))
      .where('nextRunAt', '<', Date.now())
      .executeTakeFirstOrThrow()
    return count
  }

  async removeJobs(options: RemoveJobsOptions): Promise<number> {
    const named = this.conditionsOf(options)
    // Nothing named means nothing, never everything.
    if (named.length === 0) return 0
    const { numDeletedRows } = await tables(this.em)
      .deleteFrom('ScheduledJob')
      .where(allOf(named))
      .executeTakeFirstOrThrow()
    return Number(numDeletedRows)
  }

  disableJobs(options: RemoveJobsOptions): Promise<number> {
    return this.setDisabled(options, true)
  }

  enableJobs(options: RemoveJobsOptions): Promise<number> {
    return this.setDisabled(options, false)
  }

  private async setDisabled(options: RemoveJobsOptions, disabled: boolean): Promise<number> {
    const named = this.conditionsOf(options)
    if (named.length === 0) return 0
    const { numUpdatedRows } = await tables(this.em)
      .updateTable('ScheduledJob')
      .set({ disabled })
      .where(allOf(named))
      .where('disabled', '=', !disabled)
      .executeTakeFirstOrThrow()
    return Number(numUpdatedRows)
  }

  async purgeAllJobs(): Promise<number> {
    const { numDeletedRows } = await tables(this.em).deleteFrom('ScheduledJob').executeTakeFirstOrThrow()
    return Number(numDeletedRows)
  }

  async saveJob<DATA = unknown>(job: JobParameters<DATA>, options: Options | undefined): Promise<JobParameters<DATA>> {
    const { unique, uniqueOpts, ...stored } = job
    if (uniqueOpts?.debounce) throw new Error('Debounced jobs need MongoDB: set MONGODB_URL')
    const saved = await inTransaction(this.em, async (em) => {
      const known = await this.known(em, job, unique)
      if (job._id && !known) return job
      if (known && unique && uniqueOpts?.insertOnly && !job._id) return known
      const merged = { ...stored, lastModifiedBy: options?.lastModifiedBy } as JobParameters
      // A job that is due must not be put off by a process that starts: its time is written only where it is made.
      const isDue = known && !job._id && job.type === 'single' && job.nextRunAt && job.nextRunAt <= new Date()
      if (isDue) merged.nextRunAt = known.nextRunAt
      const row = toRow({ ...merged, _id: known?._id ?? toJobId(newId()) })
      if (known) await updateRow(em, ScheduledJob, row.id, row)
      else await insertRows(em, ScheduledJob, [row])
      return fromRow(row)
    })
    return saved as JobParameters<DATA>
  }

  async saveJobState(job: JobParameters, options: Options | undefined): Promise<void> {
    const state = {
      lastRunAt: job.lastRunAt ?? null,
      progress: job.progress ?? null,
      failReason: job.failReason ?? null,

      failCount: job.failCount ?? null,
      failedAt: job.failedAt ?? null,
      lastFinishedAt: job.lastFinishedAt ?? null,
      lastModifiedBy: options?.lastModifiedBy ?? null,
    }
    const { numUpdatedRows } = await tables(this.em)
      .updateTable('ScheduledJob')
      .set((eb) => ({
        nextRunAt: time(job.nextRunAt),
        lockedAt: time(job.lockedAt),
        document: this.dialect.patched(eb.ref('document'), state),
      }))
      .where('id', '=', String(job._id))
      .where('name', '=', job.name)
      .executeTakeFirstOrThrow()
    if (numUpdatedRows !== 1n) throw new Error(`The job ${job._id} (${job.name}) is not in the store any more`)
  }

  async lockJob(job: JobParameters, options: Options | undefined): Promise<JobParameters | undefined> {
    if (!job._id) return undefined
    const isAsItWas: Condition = (eb) =>
      eb.and([
        eb('id', '=', String(job._id)),
        eb('name', '=', job.name),
        eb('lockedAt', 'is', null),
        eb.not(eb.ref('disabled')),
        eb('nextRunAt', 'is not distinct from', time(job.nextRunAt)),
      ])
    return this.lock(isAsItWas, new Date(), options)
  }

  async unlockJob(job: JobParameters): Promise<void> {
    await tables(this.em)
      .updateTable('ScheduledJob')
      .set({ lockedAt: null })
      .where('id', '=', String(job._id))
      // One that is being run has no next time, and stays locked.
      .where('nextRunAt', 'is not', null)
      .execute()
  }

  async unlockJobs(jobIds: readonly string[]): Promise<void> {
    if (jobIds.length === 0) return
    await tables(this.em)
      .updateTable('ScheduledJob')
      .set({ lockedAt: null })
      .where('id', 'in', jobIds.map(String))
      .execute()
  }

  getNextJobToRun(
    jobName: string,
    nextScanAt: Date,
    lockDeadline: Date,
    now: Date | undefined,
    options: Options | undefined,
  ): Promise<JobParameters | undefined> {
    const isFree: Condition = (eb) =>
      eb.and([
        eb('name', '=', jobName),
        eb.not(eb.ref('disabled')),
        eb.or([
          eb.and([eb('lockedAt', 'is', null), eb('nextRunAt', '<=', nextScanAt.getTime())]),
          eb('lockedAt', '<=', lockDeadline.getTime()),
        ]),
      ])
    const isNext: Condition = (eb) =>
      eb(
        'id',
        '=',
        eb
          .selectFrom('ScheduledJob')
          .select('id')
          .where(isFree)
          .orderBy('nextRunAt', (order) => order.asc().nullsFirst())
          .orderBy('priority', 'desc')
          .limit(1),
      )
    // PostgreSQL may find the next one while another process is taking it: then it is not free any more.
    return this.lock(allOf([isNext, isFree]), now ?? new Date(), options)
  }

  private async lock(where: Condition, at: Date, options: Options | undefined): Promise<JobParameters | undefined> {
    const by = { lastModifiedBy: options?.lastModifiedBy ?? null }
    const locked = await tables(this.em)
      .updateTable('ScheduledJob')
      .set((eb) => ({ lockedAt: at.getTime(), document: this.dialect.patched(eb.ref('document'), by) }))
      .where(where)
      .returningAll()
      .executeTakeFirst()
    return locked && fromRow(locked)
  }

  private async select(where: readonly Condition[], em = this.em): Promise<JobParameters[]> {
    return (await findRows(em, ScheduledJob, (query) => query.where(allOf(where)))).map(fromRow)
  }

  /** The job that a save is about: by its id, as the only one of its name, or by what makes it unique. */
  private async known(
    em: EntityManager,
    job: JobParameters,
    unique: object | undefined,
  ): Promise<JobParameters | null> {
    const where: Condition[] = [(eb) => eb('name', '=', job.name)]
    if (job._id) where.push((eb) => eb('id', '=', String(job._id)))
    else if (job.type === 'single') where.push(this.equals(['type'], 'single'))
    else if (unique) for (const [path, value] of Object.entries(unique)) where.push(this.matches(path, value))
    else return null
    return (await this.select(where, em))[0] ?? null
  }

  /** What makes a job unique is a column, or a part of its document, whose path is written with dots. */
  private matches(path: string, value: unknown): Condition {
    const column = COLUMNS.find((one) => one === path)
    if (!column) return this.equals(path.split('.'), value)
    const wanted = value instanceof Date ? value.getTime() : (value as number | null)
    return (eb) => eb(column, 'is not distinct from', wanted)
  }

  private equals(path: readonly string[], value: unknown): Condition {
    return (eb) => this.dialect.holds(eb.ref('document'), path, value)
  }

  private conditionsOf({ id, ids, name, names, notNames, data }: RemoveJobsOptions & JobsQueryOptions): Condition[] {
    const where: Condition[] = []
    if (id) where.push((eb) => eb('id', '=', String(id)))
    else if (ids?.length) where.push((eb) => eb('id', 'in', ids.map(String)))
    if (name) where.push((eb) => eb('name', '=', name))
    else if (names?.length) where.push((eb) => eb('name', 'in', names))
    else if (notNames?.length) where.push((eb) => eb('name', 'not in', notNames))
    if (data !== undefined) where.push(...this.partsOf(['data'], data))
    return where
  }

  /** An object is matched by the fields that it names. */
  private partsOf(path: readonly string[], data: unknown): Condition[] {
    return typeof data === 'object' && data !== null && !Array.isArray(data)
      ? Object.entries(data).flatMap(([key, value]) => this.partsOf([...path, key], value))
      : [this.equals(path, data)]
  }
}

const COLUMNS = ['nextRunAt', 'lockedAt', 'priority'] as const

const time = (date: Date | null | undefined): number | null => (date ? new Date(date).getTime() : null)

function toRow({ _id, name, nextRunAt, lockedAt, priority, disabled, ...document }: JobParameters): Row<ScheduledJob> {
  return {
    id: String(_id),
    name,
    nextRunAt: time(nextRunAt),
    lockedAt: time(lockedAt),
    priority,
    disabled: disabled ?? false,
    // As it is read again.
    document: JSON.parse(JSON.stringify(document)) as Record<string, unknown>,
  }
}

function fromRow({ id, name, priority, nextRunAt, lockedAt, disabled, document }: Row<ScheduledJob>): JobParameters {
  const present: Record<string, unknown> = {}
  for (const [field, value] of Object.entries(document)) {
    if (value === null) continue
    present[field] = typeof value === 'string' && DATES.has(field) ? new Date(value) : value
  }
  return {
    ...(present as unknown as JobParameters),
    _id: toJobId(id),
    name,
    priority,
    nextRunAt: nextRunAt === null ? null : new Date(nextRunAt),
    ...(lockedAt === null ? {} : { lockedAt: new Date(lockedAt) }),
    ...(disabled ? { disabled } : {}),
  }
}
const DATES = new Set<string>(datefields)

function compare(a: unknown, b: unknown): number {
  const [x, y] = [a ?? null, b ?? null].map((value) => (value instanceof Date ? value.getTime() : value)) as [
    never,
    never,
  ]
  if (x === y) return 0
  if (x === null) return -1
  if (y === null) return 1
  return x < y ? -1 : 1
}
