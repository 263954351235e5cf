import type DataLoader from 'dataloader'
import type { Expression, ExpressionBuilder } from 'kysely'
import type { EntityManager } from '../database/database.ts'
import { groupLoader, rowLoader } from '../database/loader.ts'
import type { Transact, Transaction } from '../events/outbox.ts'
import { findRows, insertRows, type Row, requireRow, selectRows, updateRow } from '../database/rows.ts'
import { dialectOf } from '../database/dialect.ts'
import { ranked } from '../database/ranked.ts'
import { inOrder, seekPage } from '../database/seek.ts'
import { type Tables, tables } from '../database/tables.ts'
import { InvalidInputError, NotFoundError } from '../platform/errors.ts'
import { EventCause, EventType } from '../events/event.entity.ts'
import { type Clock, DAY } from '../platform/clock.ts'
import { newId } from '../platform/id.ts'
import { type Page, readIds } from '../platform/page.ts'
import type { TagChange } from '../tags/tag.ts'
import { retag, spelled } from '../tags/tagged.ts'
import { Severity } from '../reasons/reason.ts'
import { BackupEntry } from './backup-entry.entity.ts'
import { BackupStatus, GOOD, STATUS_RANK, statusOfRank } from './backup-status.ts'
import { ExpectedJob, Protection } from './expected-job.entity.ts'
import type { ExpectedJobChange, ExpectedJobInput } from './expected-job.input.ts'
import { withMachineIds } from './named-machines.ts'
import { draftJob, type JobDraft } from './job-draft.ts'
import type { Roots } from '../config/config.ts'
import { localDay, type Offset, offsetsOf } from './local-days.ts'
import { type JobQuery, jobsThat, orderOfJobs } from './job-list.ts'
import { type JobPreview, previewOf } from './job-preview.ts'
import { adoptUndeclared, refuseTaken, refuseUnknownMachines, replan, writeProtections } from './job-writes.ts'
import type { KEEPS } from './job-fields.ts'
import { Proof } from './proof.ts'
import { nextDue } from './schedule.ts'

/** How far the clock of a place is ahead of UTC at a due time, in milliseconds. */
const offsetAt = (eb: ExpressionBuilder<Tables, 'BackupEntry'>, [first, ...changes]: readonly Offset[]) =>
  changes.reduce<Expression<number>>(
    (before, { from, offset }) =>
      eb.case().when('expectedAt', '>=', new Date(from)).then(eb.lit(offset)).else(before).end(),
    eb.lit(first?.offset ?? 0),
  )

/** Where a job stands in lists that begin with the worst. */
export const standingOf = (job: Pick<Row<ExpectedJob>, 'active' | 'currentStatus'>): number =>
  job.active ? 5 - STATUS_RANK[job.currentStatus] : 10

/** Days since 1970, UTC. */
interface JobDay {
  job: string
  day: number
  status: BackupStatus
  proof: Proof | null
  /** Of the largest good backup, as measured. */
  size: number | null
}

export class JobsService {
  constructor(
    private readonly em: EntityManager,
    private readonly transact: Transact,
    private readonly clock: Clock,
    private readonly roots: Roots,
  ) {}

  private readonly byId = rowLoader<string, Row<ExpectedJob>>(
    (ids) => selectRows(this.em, ExpectedJob, 'id', ids),
    (job) => job.id,
  )

  private readonly protections = groupLoader<string, Row<Protection>>(
    (ids) => selectRows(this.em, Protection, 'job', ids),
    (protection) => protection.job,
  )

  private readonly newestGood = rowLoader<string, { job: string; entry: Row<BackupEntry> }>(
    (jobIds) => this.loadNewestGood(jobIds),
    ({ job }) => job,
  )

  /** One loader for each number of days that is asked for: a page asks for one. */
  private readonly days = new Map<string, { last: number[]; loader: DataLoader<string, JobDay[]> }>()

  /** The numbers of the last days in a zone, and what loads them. */
  private daysIn(count: number, timeZone: string): { last: number[]; loader: DataLoader<string, JobDay[]> } {
    const key = `${count} ${timeZone}`
    const known = this.days.get(key)
    if (known) return known
    const now = this.clock().getTime()
    const offsets = offsetsOf(timeZone, now - (count + 1) * DAY, now + DAY)
    const today = localDay(now, offsets)
    const last = Array.from({ length: count }, (_, index) => today - count + 1 + index)
    const loader = groupLoader<string, JobDay>(
      (jobIds) => this.loadDays(jobIds, last[0] ?? today, offsets),
      (day) => day.job,
    )
    const days = { last, loader }
    this.days.set(key, days)
    return days
  }

  list({ filter, orderBy, reverse, includeArchived, ...page }: JobQuery): Promise<Page<Row<ExpectedJob>>> {
    const query = jobsThat(this.em, filter, { includeArchived })
    return seekPage(this.em, { query, ...orderOfJobs(orderBy, reverse) }, page, (ids: string[]) => this.loadAll(ids))
  }

  async loadAll(ids: readonly string[]): Promise<Row<ExpectedJob>[]> {
    if (ids.length === 0) return []
    const jobs = inOrder(ids, await selectRows(this.em, ExpectedJob, 'id', ids))
    for (const job of jobs) this.byId.prime(job.id, job)
    return jobs
  }

  async load(id: string): Promise<Row<ExpectedJob>> {
    const job = await this.byId.load(id)
    if (!job) throw new NotFoundError('expected job', `the id ${id}`)
    return job
  }

  protectionsOf(jobId: string): Promise<Row<Protection>[]> {
    return this.protections.load(jobId)
  }

  /** The worst status of each of the last days in a zone, today last; null = nothing was due. */
  async strip(jobId: string, count: number, timeZone: string): Promise<(BackupStatus | null)[]> {
    return (await this.lastDays(jobId, count, timeZone)).map((day) => day?.status ?? null)
  }

  /** How far the good backups of each of the last days are proven, the least; null = nothing good was due. */
  async stripProof(jobId: string, count: number, timeZone: string): Promise<(Proof | null)[]> {
    return (await this.lastDays(jobId, count, timeZone)).map((day) => day?.proof ?? null)
  }

  /** What the largest good backup of each of the last days measured, in bytes; null = none was good, or measured. */
  async stripSize(jobId: string, count: number, timeZone: string): Promise<(number | null)[]> {
    return (await this.lastDays(jobId, count, timeZone)).map((day) => day?.size ?? null)
  }

  /** The newest good backup of a job, by its due time; null = none was good yet. */
  async lastGood(jobId: string): Promise<Row<BackupEntry> | null> {
    const found = await this.newestGood.load(jobId)
    return found?.entry ?? null
  }

  private async lastDays(jobId: string, count: number, timeZone: string): Promise<(JobDay | null)[]> {
    const { last, loader } = this.daysIn(count, timeZone)
    const known = new Map((await loader.load(jobId)).map((day) => [day.day, day]))
    return last.map((day) => known.get(day) ?? null)
  }

  private async loadNewestGood(jobIds: readonly string[]): Promise<{ job: string; entry: Row<BackupEntry> }[]> {
    // One step along the index of each job's entries: the history behind costs nothing.
    const newest = await tables(this.em)
      .selectFrom('ExpectedJob')
      .select((eb) =>
        eb
          .selectFrom('BackupEntry')
          .select('BackupEntry.id')
          .whereRef('BackupEntry.job', '=', 'ExpectedJob.id')
          .where('BackupEntry.status', 'in', GOOD)
          .orderBy('BackupEntry.expectedAt', 'desc')
          .limit(1)
          .as('entry'),
      )
      .where('ExpectedJob.id', 'in', jobIds)
      .execute()
    const entries = await selectRows(
      this.em,
      BackupEntry,
      'id',
      newest.map(({ entry }) => entry ?? undefined),
    )
    return entries.map((entry) => ({ job: entry.job, entry }))
  }

  private async loadDays(jobIds: readonly string[], first: number, offsets: readonly Offset[]): Promise<JobDay[]> {
    const { milliseconds, quotient } = dialectOf(this.em)
    const proofs = Object.values(Proof)
    const proofRanks = Object.fromEntries(proofs.map((proof, rank) => [proof, rank]))
    const rows = await tables(this.em)
      .selectFrom('BackupEntry')
      .select((eb) => [
        'job',
        quotient(eb(milliseconds(eb.ref('expectedAt')), '+', offsetAt(eb, offsets)), DAY).as('day'),
        eb.fn.max<number>(ranked(eb.ref('status'), STATUS_RANK)).as('worst'),
        eb.fn.min<number | null>(ranked(eb.ref('proof'), proofRanks)).as('least'),
        eb.fn.max<number | null>('measuredSize').filterWhere('status', 'in', GOOD).as('size'),
      ])
      .where('job', 'in', jobIds)
      // No zone is more than a day away from UTC: what is before the first day is not asked for by its number.
      .where('expectedAt', '>=', new Date((first - 1) * DAY))
      .groupBy(['job', 'day'])
      .execute()
    return rows.map(({ job, day, worst, least, size }) => ({
      job,
      day,
      status: statusOfRank(worst),
      proof: least === null ? null : (proofs[least] ?? null),
      size: size === null ? null : Number(size),
    }))
  }

  /** How many jobs in service have each status; paused ones apart. */
  async counts(): Promise<{ status: BackupStatus; count: number; unproven: number }[]> {
    const rows = await tables(this.em)
      .selectFrom('ExpectedJob')
      .select((eb) => [
        'currentStatus as status',
        eb.fn.countAll<number>().as('count'),
        eb.fn.countAll<number>().filterWhere('currentProof', 'in', [Proof.SAID, Proof.ARRIVED]).as('unproven'),
      ])
      .where('archivedAt', 'is', null)
      .where('active', '=', true)
      .groupBy('currentStatus')
      .execute()
    return Object.values(BackupStatus).map((status) => ({
      status,
      count: rows.find((row) => row.status === status)?.count ?? 0,
      unproven: rows.find((row) => row.status === status)?.unproven ?? 0,
    }))
  }

  /** What a job would mean, before it is saved: nothing is stored. */
  async preview(input: ExpectedJobInput): Promise<JobPreview> {
    return previewOf(draftJob(await withMachineIds(this.em, input), null, this.roots), this.clock())
  }

  async create(input: ExpectedJobInput, actor: string | null): Promise<Row<ExpectedJob>> {
    const [job] = await this.store([{ input, before: null }], actor)
    return job as Row<ExpectedJob>
  }

  async update(id: string, input: ExpectedJobChange, actor: string | null): Promise<Row<ExpectedJob>> {
    const before = await this.load(id)
    const [job] = await this.store([{ input, before }], actor)
    return job as Row<ExpectedJob>
  }

  /** All of them are stored, or none; each over what it is in this very moment. */
  async store(
    wanted: { input: ExpectedJobChange; before: Row<ExpectedJob> | null }[],
    actor: string | null,
  ): Promise<Row<ExpectedJob>[]> {
    const now = this.clock()
    const ids = await this.transact(this.em, async ({ em, tell }) => {
      const stored: string[] = []
      const known = await selectRows(
        em,
        ExpectedJob,
        'id',
        wanted.flatMap(({ before }) => before?.id ?? []),
      )
      const current = new Map(known.map((job) => [job.id, job]))
      for (const { input: asked, before: seen } of wanted) {
        const input = await withMachineIds(em, asked)
        const before = seen && (current.get(seen.id) ?? seen)
        if (before?.archivedAt) throw new InvalidInputError('id', 'is a retired job', 'Make a new one.')
        const drafted = draftJob(input, before, this.roots)
        const draft = input.tags?.length ? { ...drafted, tags: await spelled(em, drafted.tags) } : drafted
        await refuseTaken(em, draft, before?.id ?? null)
        await refuseUnknownMachines(em, draft, input.protects ?? [])
        const job = before ? changed(before, draft, now) : fresh(draft, now)
        if (before?.active && !draft.active) {
          // Paused within the grace: nothing of it is missing any more.
          await awaitNoMore(em, job.id)
        }
        if (before) await replan(em, before, draft, tell)
        if (before) await updateRow(em, ExpectedJob, job.id, job)
        else await insertRows(em, ExpectedJob, [job as Row<ExpectedJob>])
        if (input.protects !== undefined) await writeProtections(em, job.id, input.protects ?? [])
        await adoptUndeclared(em, job.id, draft)
        tell.jobs.add(job.id)
        tell.event({
          type: before ? EventType.JOB_CHANGED : EventType.JOB_CREATED,
          severity: Severity.INFO,
          at: now,
          cause: EventCause.USER,
          actor,
          job: job.id,
          machine: draft.machine,
          facts: { name: `${draft.agentId}/${draft.databaseName}`, active: draft.active },
        })
        stored.push(job.id)
      }
      return stored
    })
    return this.reload(ids)
  }

  /**
   * Retires jobs; their history and their files stay. All of them or, where one is unknown, none. Errors: NOT_FOUND,
   * BAD_USER_INPUT for more than a page.
   */
  async archive(ids: readonly string[], actor: string | null): Promise<Row<ExpectedJob>[]> {
    const wanted = readIds(ids)
    await this.transact(this.em, async (transaction) => {
      for (const id of wanted) await this.retire(transaction, id, actor)
    })
    return this.reload(wanted)
  }

  private async retire({ em, tell }: Transaction, id: string, actor: string | null): Promise<void> {
    const at = this.clock()
    const job = await requireRow(em, ExpectedJob, id, 'expected job')
    if (job.archivedAt) return
    await updateRow(em, ExpectedJob, id, { archivedAt: at, nextDueAt: null })
    await tables(em)
      .updateTable('BackupRun')
      .set({ isOpen: false })
      .where('job', '=', id)
      .where((eb) => eb.ref('isOpen'))
      .execute()
    await awaitNoMore(em, id)
    tell.jobs.add(id)
    tell.event({
      type: EventType.JOB_ARCHIVED,
      severity: Severity.INFO,
      at,
      cause: EventCause.USER,
      actor,
      job: id,
      facts: { name: `${job.agentId}/${job.databaseName}` },
    })
  }

  /** Pauses several jobs, or takes them up again; all or, where one is unknown or is retired, none. Errors: as archive. */
  setActive(ids: readonly string[], active: boolean, actor: string | null): Promise<Row<ExpectedJob>[]> {
    return this.changeAll(ids, { active }, actor)
  }

  /** Gives several jobs rules of retention in place of their own. As setActive. */
  setRules(
    ids: readonly string[],
    rules: Pick<ExpectedJobChange, (typeof KEEPS)[number]>,
    actor: string | null,
  ): Promise<Row<ExpectedJob>[]> {
    return this.changeAll(ids, rules, actor)
  }

  private async changeAll(
    ids: readonly string[],
    input: ExpectedJobChange,
    actor: string | null,
  ): Promise<Row<ExpectedJob>[]> {
    const wanted = readIds(ids)
    const jobs = await Promise.all(wanted.map((id) => this.load(id)))
    // Those that are so already have nothing to tell; whether one is retired is asked where it is written.
    const others = jobs.filter(
      (job) => job.archivedAt || Object.entries(input).some(([name, value]) => job[name as keyof typeof job] !== value),
    )
    await this.store(
      others.map((before) => ({ input, before })),
      actor,
    )
    return this.reload(wanted)
  }

  /** Gives tags to several jobs and takes others away; all or, where one is unknown, none. Errors: as archive. */
  async tag(ids: readonly string[], change: TagChange): Promise<Row<ExpectedJob>[]> {
    const wanted = readIds(ids)
    await this.transact(this.em, async ({ em, tell }) => {
      for (const id of await retag(em, 'ExpectedJob', wanted, change)) tell.jobs.add(id)
    })
    return this.reload(wanted)
  }

  private reload(ids: readonly string[]): Promise<Row<ExpectedJob>[]> {
    for (const id of ids) this.byId.clear(id)
    return this.loadAll(ids)
  }

  /** The job in service of an agent and a database. */
  async ofAgent(agentId: string, databaseName: string): Promise<Row<ExpectedJob> | null> {
    const [job] = await findRows(this.em, ExpectedJob, (query) =>
      query.where('agentId', '=', agentId).where('databaseName', '=', databaseName).where('archivedAt', 'is', null),
    )
    return job ?? null
  }
}

/** Nothing of a job that is not judged yet can be missing any more. */
const awaitNoMore = (em: EntityManager, job: string) =>
  tables(em)
    .updateTable('BackupEntry')
    .set({ awaited: false })
    .where('job', '=', job)
    .where('judgedAt', 'is', null)
    .execute()

function fresh(draft: JobDraft, now: Date): Row<ExpectedJob> {
  const currentStatus = BackupStatus.UNKNOWN
  return {
    id: newId(),
    ...draft,

    currentStatus,
    standing: standingOf({ active: draft.active, currentStatus }),
    statusOf: null,
    lastCheckedAt: null,
    nextDueAt: draft.active ? nextDue(draft, now) : null,
    lastSuccessfulBackupAt: null,
    lastFailedBackupAt: null,
    previousSuccessfulHash: null,
    previousFingerprint: null,
    currentProof: null,
    badInARow: 0,
    createdAt: now,
    archivedAt: null,
  }
}

function changed(before: Row<ExpectedJob>, draft: JobDraft, now: Date): Partial<Row<ExpectedJob>> & { id: string } {
  const otherSchedule = before.cron !== draft.cron || before.timeZone !== draft.timeZone
  const awakened = draft.active && !before.active
  const nextDueAt = !draft.active ? null : otherSchedule || awakened ? nextDue(draft, now) : before.nextDueAt
  return { id: before.id, ...draft, nextDueAt, standing: standingOf({ ...draft, currentStatus: before.currentStatus }) }
}
