import { sql } from 'kysely'
import type { EntityManager } from '../database/database.ts'
import { groupLoader, rowLoader } from '../database/loader.ts'
import { type Row, selectRows } from '../database/rows.ts'
import { all, inOrder, seekPage } from '../database/seek.ts'
import { fold } from '../platform/fold.ts'
import { NotFoundError } from '../platform/errors.ts'
import type { Clock } from '../platform/clock.ts'
import type { Page, PageArgs } from '../platform/page.ts'
import { BackupFile } from './backup-file.entity.ts'
import { BackupEntry } from './backup-entry.entity.ts'
import { BackupRun } from './backup-run.entity.ts'
import { type BackupStatus, EntryPhase } from './backup-status.ts'

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

  private readonly raws = rowLoader<string, { id: string; raw: string | null }>(
    async (ids) =>
      (
        await sql<{
          id: string
          raw: string | null
        }>`select id, raw from backup_run where id in (${sql.join(ids)})`.execute(this.em.getKysely())
      ).rows,
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
    const where = []
    if (filter?.jobId) where.push(sql`job_id = ${filter.jobId}`)
    if (filter?.status?.length) where.push(sql`status in (${sql.join(filter.status)})`)
    const ofJob = [
      ...(filter?.companyName ? [sql`fold(company_name) = ${fold(filter.companyName)}`] : []),
      ...(filter?.city ? [sql`fold(city) = ${fold(filter.city)}`] : []),
      ...(filter?.agentId ? [sql`agent_id = ${filter.agentId}`] : []),
    ]
    if (ofJob.length > 0) where.push(sql`job_id in (select id from expected_job where ${all(ofJob)})`)
    if (filter?.from) where.push(sql`expected_at >= ${filter.from.getTime()}`)
    if (filter?.to) where.push(sql`expected_at <= ${filter.to.getTime()}`)
    return seekPage<string, Row<BackupEntry>>(
      this.em,
      { from: sql`backup_entry`, where, order: [sql`expected_at`, sql`id`], direction: 'desc' },
      page,
      (ids) => this.loadAll(ids),
    )
  }

  /** The newest that is good, with a file that lies in the vault and was not found damaged. */
  async latestGood(jobId: string, before: Date | null): Promise<Row<BackupEntry> | null> {
    const { rows } = await sql<{ id: string }>`select e.id from backup_entry e join backup_file f on f.id = e.file_id
      where e.job_id = ${jobId} and e.status in ('SUCCESS', 'HASH_MISMATCH')
        and e.expected_at < ${(before ?? this.clock()).getTime()}
        and f.state = 'VAULT' and (f.intact is null or f.intact = 1)
      order by e.expected_at desc limit 1`.execute(this.em.getKysely())
    return rows[0] ? this.load(rows[0].id) : null
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
    return seekPage<string, Row<BackupRun>>(
      this.em,
      {
        from: sql`backup_run`,
        where: [sql`outcome <> 'ACCEPTED'`, sql`settled_at is null`],
        order: [sql`received_at`, sql`id`],
        direction: 'desc',
      },
      page,
      async (ids) => inOrder(ids, await selectRows(this.em, BackupRun, 'id', ids)),
    )
  }

  async rawOf(runId: string): Promise<string | null> {
    return (await this.raws.load(runId))?.raw ?? null
  }
}
