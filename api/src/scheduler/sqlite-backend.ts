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
import { type RawBuilder, sql } from 'kysely'
import type { EntityManager } from '../database/database.ts'
import { all } from '../database/seek.ts'
import { newId } from '../platform/id.ts'

// Agenda's store where there is no MongoDB: Vigie's own SQLite. One table; what jobs are looked up by are columns, the
// rest is their document. Each step that decides who runs a job is one statement, atomic for every process on the file.

interface Stored {
  id: string
  name: string
  next_run_at: number | null
  locked_at: number | null
  priority: number
  disabled: number
  document: string
}

type Condition = RawBuilder<unknown>
interface Options {
  lastModifiedBy?: string
}

export class SqliteBackend implements AgendaBackend {
  readonly name = 'SQLite'
  readonly ownsConnection = false
  readonly repository: JobRepository

  constructor(em: EntityManager) {
    this.repository = new SqliteJobRepository(em)
  }

  async connect(): Promise<void> {}
  async disconnect(): Promise<void> {}
}

class SqliteJobRepository implements JobRepository {
  constructor(private readonly em: EntityManager) {}

  async connect(): Promise<void> {}

  async queryJobs(options: JobsQueryOptions = {}): Promise<JobsResult> {
    const { state, includeDisabled = true, sort, skip = 0, limit = 0, search } = options
    const where = conditionsOf({ ...options, ...(options.id ? { id: options.id } : {}) })
    if (search) where.push(sql`instr(lower(name), ${search.toLowerCase()}) > 0`)
    if (!includeDisabled) where.push(sql`disabled = 0`)
    const now = new Date()
    const found = (await this.select(sql`where ${all(where)}`))
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
    for (const job of await this.select(sql``)) {
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
    const { rows } = await sql<{ name: string }>`select distinct name from scheduled_job`.execute(this.em.getKysely())
    return rows.map(({ name }) => name)
  }

  async getJobById(id: string): Promise<JobParameters | null> {
    return (await this.select(sql`where id = ${id}`))[0] ?? null
  }

  async getQueueSize(): Promise<number> {
    const { rows } = await sql<{ n: number }>`select count(*) as n from scheduled_job
      where next_run_at < ${Date.now()}`.execute(this.em.getKysely())
    return rows[0]?.n ?? 0
  }

  removeJobs(options: RemoveJobsOptions): Promise<number> {
    return this.changeAll(options, (where) => sql`delete from scheduled_job where ${where} returning id`)
  }

  disableJobs(options: RemoveJobsOptions): Promise<number> {
    return this.changeAll(
      options,
      (where) => sql`update scheduled_job set disabled = 1 where ${where} and disabled = 0 returning id`,
    )
  }

  enableJobs(options: RemoveJobsOptions): Promise<number> {
    return this.changeAll(
      options,
      (where) => sql`update scheduled_job set disabled = 0 where ${where} and disabled = 1 returning id`,
    )
  }

  async purgeAllJobs(): Promise<number> {
    const { rows } = await sql`delete from scheduled_job returning id`.execute(this.em.getKysely())
    return rows.length
  }

  async saveJob<DATA = unknown>(job: JobParameters<DATA>, options: Options | undefined): Promise<JobParameters<DATA>> {
    const { unique, uniqueOpts, ...stored } = job
    if (uniqueOpts?.debounce) throw new Error('Debounced jobs need MongoDB: set MONGODB_URL')
    const saved = await this.em.fork().transactional(async (em) => {
      const own = em as EntityManager
      const known = await this.known(own, job, unique)
      if (job._id && !known) return job
      if (known && unique && uniqueOpts?.insertOnly && !job._id) return known
      const merged = { ...stored, lastModifiedBy: options?.lastModifiedBy } as JobParameters
      // A job that is due must not be put off by a process that starts: its time is written only where it is made.
      const isDue = known && !job._id && job.type === 'single' && job.nextRunAt && job.nextRunAt <= new Date()
      if (isDue) merged.nextRunAt = known.nextRunAt
      const row = toRow({ ...merged, _id: known?._id ?? toJobId(newId()) })
      await sql`insert into scheduled_job (id, name, next_run_at, locked_at, priority, disabled, document)
        values (${row.id}, ${row.name}, ${row.next_run_at}, ${row.locked_at}, ${row.priority}, ${row.disabled}, ${row.document})
        on conflict (id) do update set name = excluded.name, next_run_at = excluded.next_run_at,
          locked_at = excluded.locked_at, priority = excluded.priority, disabled = excluded.disabled,
          document = excluded.document`.execute(own.getKysely())
      return fromRow(row)
    })
    return saved as JobParameters<DATA>
  }

  async saveJobState(job: JobParameters, options: Options | undefined): Promise<void> {
    const state = JSON.stringify({
      lastRunAt: job.lastRunAt ?? null,
      progress: job.progress ?? null,
      failReason: job.failReason ?? null,

      failCount: job.failCount ?? null,
      failedAt: job.failedAt ?? null,
      lastFinishedAt: job.lastFinishedAt ?? null,
      lastModifiedBy: options?.lastModifiedBy ?? null,
    })
    const { rows } =
      await sql`update scheduled_job set next_run_at = ${time(job.nextRunAt)}, locked_at = ${time(job.lockedAt)},
        document = json_patch(document, ${state}) where id = ${String(job._id)} and name = ${job.name} returning id`.execute(
        this.em.getKysely(),
      )
    if (rows.length !== 1) throw new Error(`The job ${job._id} (${job.name}) is not in the store any more`)
  }

  async lockJob(job: JobParameters, options: Options | undefined): Promise<JobParameters | undefined> {
    if (!job._id) return undefined
    return this.lock(
      sql`id = ${String(job._id)} and name = ${job.name} and locked_at is null and disabled = 0
        and next_run_at is ${time(job.nextRunAt)}`,
      new Date(),
      options,
    )
  }

  async unlockJob(job: JobParameters): Promise<void> {
    // One that is being run has no next time, and stays locked.
    await sql`update scheduled_job set locked_at = null where id = ${String(job._id)} and next_run_at is not null`.execute(
      this.em.getKysely(),
    )
  }

  async unlockJobs(jobIds: readonly string[]): Promise<void> {
    if (jobIds.length === 0) return
    await sql`update scheduled_job set locked_at = null where id in (${sql.join(jobIds.map(String))})`.execute(
      this.em.getKysely(),
    )
  }

  getNextJobToRun(
    jobName: string,
    nextScanAt: Date,
    lockDeadline: Date,
    now: Date | undefined,
    options: Options | undefined,
  ): Promise<JobParameters | undefined> {
    return this.lock(
      sql`id = (select id from scheduled_job where name = ${jobName} and disabled = 0
        and ((locked_at is null and next_run_at <= ${nextScanAt.getTime()}) or locked_at <= ${lockDeadline.getTime()})
        order by next_run_at, priority desc limit 1)`,
      now ?? new Date(),
      options,
    )
  }

  private async lock(where: Condition, at: Date, options: Options | undefined): Promise<JobParameters | undefined> {
    const by = JSON.stringify({ lastModifiedBy: options?.lastModifiedBy ?? null })
    const { rows } = await sql<Stored>`update scheduled_job set locked_at = ${at.getTime()},
      document = json_patch(document, ${by}) where ${where} returning *`.execute(this.em.getKysely())
    return rows[0] ? fromRow(rows[0]) : undefined
  }

  private async select(where: Condition): Promise<JobParameters[]> {
    const { rows } = await sql<Stored>`select * from scheduled_job ${where}`.execute(this.em.getKysely())
    return rows.map(fromRow)
  }

  private async changeAll(options: RemoveJobsOptions, statement: (where: Condition) => Condition): Promise<number> {
    const where = conditionsOf(options)
    // Nothing named means nothing, never everything.
    if (where.length === 0) return 0
    return (await statement(all(where)).execute(this.em.getKysely())).rows.length
  }

  /** The job that a save is about: by its id, as the only one of its name, or by what makes it unique. */
  private async known(
    em: EntityManager,
    job: JobParameters,
    unique: object | undefined,
  ): Promise<JobParameters | null> {
    const where: Condition[] = [sql`name = ${job.name}`]
    if (job._id) where.push(sql`id = ${String(job._id)}`)
    else if (job.type === 'single') where.push(sql`document ->> 'type' = 'single'`)
    else if (unique) for (const [path, value] of Object.entries(unique)) where.push(matches(path, value))
    else return null
    const { rows } = await sql<Stored>`select * from scheduled_job where ${all(where)} limit 1`.execute(em.getKysely())
    return rows[0] ? fromRow(rows[0]) : null
  }
}

const COLUMNS = new Map([
  ['nextRunAt', 'next_run_at'],
  ['lockedAt', 'locked_at'],
  ['priority', 'priority'],
])

/** What makes a job unique is a column, or a part of its document. */
const matches = (path: string, value: unknown): Condition => {
  const column = COLUMNS.get(path)
  if (!column) return equals(path, value)
  return sql`${sql.ref(column)} is ${value instanceof Date ? value.getTime() : (value as number | null)}`
}

/** Part of a document that equals a value; a path is written with dots. */
const equals = (path: string, value: unknown): Condition =>
  // Of one kind as well: in SQLite 1 and true are the same.
  sql`(json_extract(document, ${`$.${path}`}) is json_extract(${JSON.stringify([value])}, '$[0]')
    and json_type(document, ${`$.${path}`}) is json_type(${JSON.stringify([value])}, '$[0]'))`

function conditionsOf({ id, ids, name, names, notNames, data }: RemoveJobsOptions & JobsQueryOptions): Condition[] {
  const where: Condition[] = []
  if (id) where.push(sql`id = ${String(id)}`)
  else if (ids?.length) where.push(sql`id in (${sql.join(ids.map(String))})`)
  if (name) where.push(sql`name = ${name}`)
  else if (names?.length) where.push(sql`name in (${sql.join(names)})`)
  else if (notNames?.length) where.push(sql`name not in (${sql.join(notNames)})`)
  if (data !== undefined) where.push(...dataConditions('data', data))
  return where
}

/** An object is matched by the fields that it names. */
const dataConditions = (path: string, data: unknown): Condition[] =>
  typeof data === 'object' && data !== null && !Array.isArray(data)
    ? Object.entries(data).flatMap(([key, value]) => dataConditions(`${path}.${key}`, value))
    : [equals(path, data)]

const time = (date: Date | null | undefined): number | null => (date ? new Date(date).getTime() : null)

function toRow({ _id, name, nextRunAt, lockedAt, priority, disabled, ...document }: JobParameters): Stored {
  return {
    id: String(_id),
    name,
    next_run_at: time(nextRunAt),
    locked_at: time(lockedAt),
    priority,
    disabled: disabled ? 1 : 0,
    document: JSON.stringify(document),
  }
}

function fromRow(row: Stored): JobParameters {
  const document = JSON.parse(row.document) as Record<string, unknown>
  for (const field of datefields) {
    if (typeof document[field] === 'string') document[field] = new Date(document[field])
  }
  const present = Object.fromEntries(Object.entries(document).filter(([, value]) => value !== null))
  return {
    ...(present as unknown as JobParameters),
    _id: toJobId(row.id),
    name: row.name,
    priority: row.priority,
    nextRunAt: row.next_run_at === null ? null : new Date(row.next_run_at),
    ...(row.locked_at === null ? {} : { lockedAt: new Date(row.locked_at) }),
    ...(row.disabled ? { disabled: true } : {}),
  }
}

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
