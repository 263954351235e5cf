import { setImmediate } from 'node:timers/promises'
import { FileState } from '../backups/backup-file.entity.ts'
import type { ExpectedJob } from '../backups/expected-job.entity.ts'
import { goodInVault } from '../backups/in-vault.ts'
import { type JobConditions, JobOrder } from '../backups/job-list.ts'
import type { JobsService } from '../backups/jobs.service.ts'
import type { EntityManager } from '../database/database.ts'
import { literal } from '../database/literal.ts'
import type { Row } from '../database/rows.ts'
import { tables } from '../database/tables.ts'
import { InvalidInputError } from '../platform/errors.ts'
import type { Page, PageArgs } from '../platform/page.ts'
import { keepsEverything, type KeepRules, planRetention } from './retention.ts'

/** What rules would do with the good backups of one job. */
export interface RetentionOfJob {
  job: Row<ExpectedJob>
  keepsEverything: boolean
  keptCount: number
  /** Of what lies in the vault. */
  keptBytes: number
  goneCount: number
  goneBytes: number
  /** When the oldest that stays was due; null = none is there. */
  oldestKept: Date | null
}

/** All backups of so many jobs are planned for one answer. */
export const LARGEST = 100

interface GoodBackup {
  id: string
  expectedAt: Date
  protected: boolean
}

/** What the rules of many jobs keep, or what others would: nothing is deleted here. */
export class RetentionService {
  constructor(
    private readonly em: EntityManager,
    private readonly jobs: JobsService,
  ) {}

  /** By company, city, agent and database. Null = the rules that each job has. */
  async list({
    filter,
    rules,
    ...page
  }: PageArgs & { filter?: JobConditions | null; rules: KeepRules | null }): Promise<Page<RetentionOfJob>> {
    if (page.first > LARGEST)
      throw new InvalidInputError('first', `must be at most ${LARGEST}`, 'Ask for less and follow endCursor.')
    const jobs = await this.jobs.list({
      ...page,
      filter: filter ?? null,
      orderBy: JobOrder.NAME,
      reverse: false,
      includeArchived: false,
    })
    const ids = jobs.nodes.map(({ id }) => id)
    const nodes: RetentionOfJob[] = []
    if (ids.length) {
      const [good, sizes] = await Promise.all([this.goodOf(ids), this.sizesOf(ids)])
      for (const job of jobs.nodes) {
        nodes.push(planOf(job, rules ?? job, good.get(job.id) ?? [], sizes))
        // Years of a job take milliseconds: others are answered between two of them.
        await setImmediate()
      }
    }
    return {
      nodes,
      pageInfo: jobs.pageInfo,
      get totalCount() {
        return jobs.totalCount
      },
    }
  }

  /** The good backups that can be got back, as retention counts them. */
  private async goodOf(jobs: readonly string[]): Promise<Map<string, GoodBackup[]>> {
    const rows = await tables(this.em)
      .selectFrom('BackupEntry')
      .select(['id', 'job', 'expectedAt', 'protected'])
      .where(goodInVault(jobs))
      .execute()
    const byJob = new Map<string, GoodBackup[]>()
    for (const { job, ...backup } of rows) {
      const own = byJob.get(job)
      if (own) own.push(backup)
      else byJob.set(job, [backup])
    }
    return byJob
  }

  /** What the files of each entry take in the vault: what goes with it. */
  private async sizesOf(jobs: readonly string[]): Promise<Map<string, number>> {
    const rows = await tables(this.em)
      .selectFrom('BackupFile')
      .select((eb) => ['entry', eb.fn.sum<number>('size').as('size')])
      .where('job', 'in', jobs)
      .where('state', '=', literal(FileState.VAULT))
      .where('entry', 'is not', null)
      .groupBy('entry')
      .execute()
    return new Map(rows.map(({ entry, size }) => [entry as string, Number(size)]))
  }
}

function planOf(
  job: Row<ExpectedJob>,
  rules: KeepRules,
  good: readonly GoodBackup[],
  sizes: ReadonlyMap<string, number>,
): RetentionOfJob {
  const plan = planRetention(good, rules, job.timeZone)
  const kept = plan.filter((each) => each.rules.length > 0).map(({ backup }) => backup)
  const gone = plan.filter((each) => each.rules.length === 0).map(({ backup }) => backup)
  const bytesOf = (backups: readonly GoodBackup[]): number =>
    backups.reduce((sum, { id }) => sum + (sizes.get(id) ?? 0), 0)
  return {
    job,
    keepsEverything: keepsEverything(rules),
    keptCount: kept.length,
    keptBytes: bytesOf(kept),
    goneCount: gone.length,
    goneBytes: bytesOf(gone),
    oldestKept: kept.at(-1)?.expectedAt ?? null,
  }
}
