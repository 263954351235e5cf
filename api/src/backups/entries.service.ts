import type { EntityManager } from '../database/database.ts'
import { literal } from '../database/literal.ts'
import { groupLoader, rowLoader } from '../database/loader.ts'
import { findRows, type Row, selectRows } from '../database/rows.ts'
import { inOrder, seekPage } from '../database/seek.ts'
import { tables } from '../database/tables.ts'
import { fold } from '../platform/fold.ts'
import { NotFoundError } from '../platform/errors.ts'
import type { Clock } from '../platform/clock.ts'
import type { Page, PageArgs } from '../platform/page.ts'
import { BackupFile } from './backup-file.entity.ts'
import { BackupEntry } from './backup-entry.entity.ts'
import { BackupRun, RunOutcome } from './backup-run.entity.ts'
import { type BackupStatus, EntryPhase } from './backup-status.ts'
import { goodInVault } from './in-vault.ts'

export interface EntryQuery extends PageArgs {
  filter?: {
    jobId?: string | null
    status?: BackupStatus[] | null
    companyName?: string | null
    city?: string | null
    agentId?: string | null
    from?: Date | null
    to?: Date | null
  } | null
}

/** Reads what came of expected backups. */
export class EntriesService {
  constructor(
    private readonly em: EntityManager,
    private readonly clock: Clock,
  ) {}

  private readonly raws = rowLoader<string, { id: string; raw?: string | null | undefined }>(
    (ids) => tables(this.em).selectFrom('BackupRun').select(['id', 'raw']).where('id', 'in', ids).execute(),
    ({ id }) => id,
  )
  private readonly byId = rowLoader<string, Row<BackupEntry>>(
    (ids) => selectRows(this.em, BackupEntry, 'id', ids),
    (entry) => entry.id,
  )
  private readonly runById = rowLoader<string, Row<BackupRun>>(
    (ids) => selectRows(this.em, BackupRun, 'id', ids),
    (run) => run.id,
  )
  private readonly fileById = rowLoader<string, Row<BackupFile>>(
    (ids) => selectRows(this.em, BackupFile, 'id', ids),
    (file) => file.id,
  )
  private readonly runsOfEntry = groupLoader<string, Row<BackupRun>>(
    async (ids) =>
      (await selectRows(this.em, BackupRun, 'entry', ids)).sort(
        (a, b) => b.receivedAt.getTime() - a.receivedAt.getTime(),
      ),
    (run) => run.entry ?? '',
  )

  /** Newest first. */
  list({ filter, ...page }: EntryQuery): Promise<Page<Row<BackupEntry>>> {
    let query = tables(this.em).selectFrom('BackupEntry')
    if (filter?.jobId) query = query.where('job', '=', filter.jobId)
    if (filter?.status?.length) query = query.where('status', 'in', filter.status)
    if (filter?.from) query = query.where('expectedAt', '>=', filter.from)
    if (filter?.to) query = query.where('expectedAt', '<=', filter.to)
    const { companyName, city, agentId } = filter ?? {}
    if (companyName || city || agentId) {
      query = query.where('job', 'in', (eb) => {
        let jobs = eb.selectFrom('ExpectedJob').select('id')
        if (companyName) jobs = jobs.where((job) => job(job.fn('fold', ['companyName']), '=', fold(companyName)))
        if (city) jobs = jobs.where((job) => job(job.fn('fold', ['city']), '=', fold(city)))
        return agentId ? jobs.where('agentId', '=', agentId) : jobs
      })
    }
    return seekPage(this.em, { query, order: ['expectedAt', 'id'], direction: 'desc' }, page, (ids: string[]) =>
      this.loadAll(ids),
    )
  }

  /** The newest that is good, with a file that lies in the vault and was not found damaged. */
  async latestGood(jobId: string, before: Date | null): Promise<Row<BackupEntry> | null> {
    const [entry] = await findRows(this.em, BackupEntry, (query) =>
      query
        .where(goodInVault([jobId]))
        .where('expectedAt', '<', before ?? this.clock())
        .orderBy('expectedAt', 'desc')
        .limit(1),
    )
    return entry ?? null
  }

  /** The backup that its job expected before or after it; null = there is none. */
  async neighbour({ job, expectedAt }: Row<BackupEntry>, side: 'before' | 'after'): Promise<Row<BackupEntry> | null> {
    const [entry] = await findRows(this.em, BackupEntry, (query) =>
      query
        .where('job', '=', job)
        .where('expectedAt', side === 'before' ? '<' : '>', expectedAt)
        .orderBy('expectedAt', side === 'before' ? 'desc' : 'asc')
        .limit(1),
    )
    return entry ?? null
  }

  async loadAll(ids: readonly string[]): Promise<Row<BackupEntry>[]> {
    if (ids.length === 0) return []
    const entries = inOrder(ids, await selectRows(this.em, BackupEntry, 'id', ids))
    for (const entry of entries) this.byId.prime(entry.id, entry)
    return entries
  }

  async load(id: string): Promise<Row<BackupEntry>> {
    const entry = await this.byId.load(id)
    if (!entry) throw new NotFoundError('backup entry', `the id ${id}`)
    return entry
  }

  phase({ judgedAt, windowEndsAt }: Row<BackupEntry>): EntryPhase {
    if (judgedAt) return EntryPhase.JUDGED
    return this.clock() < windowEndsAt ? EntryPhase.DUE : EntryPhase.LATE
  }

  run(id: string | null): Promise<Row<BackupRun> | null> {
    return id ? this.runById.load(id) : Promise.resolve(null)
  }

  file(id: string | null): Promise<Row<BackupFile> | null> {
    return id ? this.fileById.load(id) : Promise.resolve(null)
  }

  runs(entryId: string): Promise<Row<BackupRun>[]> {
    return this.runsOfEntry.load(entryId)
  }

  /** Reports that belong to no expected backup, newest first: bad ones, and databases that nobody declared. */
  inbox(page: PageArgs): Promise<Page<Row<BackupRun>>> {
    const query = tables(this.em)
      .selectFrom('BackupRun')
      .where('outcome', '<>', literal(RunOutcome.ACCEPTED))
      .where('settledAt', 'is', null)
    return seekPage(this.em, { query, order: ['receivedAt', 'id'], direction: 'desc' }, page, async (ids: string[]) =>
      inOrder(ids, await selectRows(this.em, BackupRun, 'id', ids)),
    )
  }

  async rawOf(runId: string): Promise<string | null> {
    return (await this.raws.load(runId))?.raw ?? null
  }
}
