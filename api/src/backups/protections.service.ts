import { posix } from 'node:path'
import type { EntityManager } from '../database/database.ts'
import { findRows, insertRows, type Row, requireRow } from '../database/rows.ts'
import { tables } from '../database/tables.ts'
import { EventCause, EventType } from '../events/event.entity.ts'
import type { Transact, Transaction } from '../events/outbox.ts'
import { Machine } from '../machines/machine.entity.ts'
import type { Clock } from '../platform/clock.ts'
import { InvalidInputError } from '../platform/errors.ts'
import { newId } from '../platform/id.ts'
import { Severity } from '../reasons/reason.ts'
import { ExpectedJob, Protection } from './expected-job.entity.ts'
import { readProtectedPath } from './job-writes.ts'

/** That the backups of a job hold a path of a machine. */
export interface Link {
  jobId: string
  machineId: string
  path: string
}

/** Says what one job protects, path by path: what else is known of it stays as it is. */
export class ProtectionsService {
  constructor(
    private readonly em: EntityManager,
    private readonly transact: Transact,
    private readonly clock: Clock,
  ) {}

  /** Said twice, it is said once. Errors: NOT_FOUND, BAD_USER_INPUT */
  link(link: Link, actor: string): Promise<void> {
    const path = posix.resolve(readProtectedPath('path', link.path))
    return this.transact(this.em, async (transaction) => {
      const { em } = transaction
      const job = await this.jobOf(em, link)
      await requireRow(em, Machine, link.machineId, 'machine')
      if ((await known(em, { ...link, path })).length > 0) return
      await insertRows(em, Protection, [{ id: newId(), job: job.id, machine: link.machineId, path }])
      this.tell(transaction, job, actor)
    })
  }

  /** Errors: NOT_FOUND, BAD_USER_INPUT where the job does not protect that path. */
  unlink(link: Link, actor: string): Promise<void> {
    return this.transact(this.em, async (transaction) => {
      const { em } = transaction
      const job = await this.jobOf(em, link)
      const rows = await known(em, link)
      if (rows.length === 0)
        throw new InvalidInputError('path', 'is not protected by this job', 'Ask protects of the job for its paths.')
      const ids = rows.map(({ id }) => id)
      await tables(em).deleteFrom('Protection').where('id', 'in', ids).execute()
      this.tell(transaction, job, actor)
    })
  }

  private async jobOf(em: EntityManager, { jobId }: Link): Promise<Row<ExpectedJob>> {
    const job = await requireRow(em, ExpectedJob, jobId, 'expected job')
    if (job.archivedAt) throw new InvalidInputError('jobId', 'is a retired job', 'Name one in service.')
    return job
  }

  private tell({ tell }: Transaction, job: Row<ExpectedJob>, actor: string): void {
    tell.jobs.add(job.id)
    tell.event({
      type: EventType.JOB_CHANGED,
      severity: Severity.INFO,
      at: this.clock(),
      cause: EventCause.USER,
      actor,
      job: job.id,
      machine: job.machine,
      facts: { name: `${job.agentId}/${job.databaseName}`, active: job.active },
    })
  }
}

/** The rows that say it; a form may have said it with a slash at its end. */
async function known(em: EntityManager, { jobId, machineId, path }: Link): Promise<Row<Protection>[]> {
  const rows = await findRows(em, Protection, (query) =>
    query.where('job', '=', jobId).where('machine', '=', machineId),
  )
  return rows.filter((row) => posix.resolve(row.path) === posix.resolve(path))
}
