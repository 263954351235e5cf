import type { EntityManager } from '../database/database.ts'
import { literal } from '../database/literal.ts'
import { type Row, selectRows } from '../database/rows.ts'
import { tables } from '../database/tables.ts'
import { GOOD } from '../backups/backup-status.ts'
import { ExpectedJob, Protection } from '../backups/expected-job.entity.ts'
import { inVault } from '../backups/in-vault.ts'
import { Proof } from '../backups/proof.ts'
import { nextDue } from '../backups/schedule.ts'
import { MINUTE } from '../platform/clock.ts'
import type { PathCopy } from './place-verdict.ts'

/** A proven backup that can be got back. */
export interface Proven {
  entry: string
  job: string
  /** Of when its content is: when it was due, or had arrived where that was before. */
  at: Date
  freshUntil: Date | null
}

/** One path of a machine that jobs protect, and the best copy of it. */
export interface ProtectedPath extends PathCopy {
  machine: string
  jobs: string[]
  proven: Proven | null
}

/** What the jobs in service protect on these machines, by machine and path. */
export async function protectedPaths(em: EntityManager, machineIds: readonly string[]): Promise<ProtectedPath[]> {
  const protections = await selectRows(em, Protection, 'machine', machineIds)
  const named = await selectRows(em, ExpectedJob, 'id', [...new Set(protections.map(({ job }) => job))])
  const jobs = named.filter(({ archivedAt }) => archivedAt === null)
  const inService = new Map(jobs.map((job) => [job.id, job]))
  const proven = await newestProven(em, jobs)
  const paths = Map.groupBy(
    protections.filter(({ job }) => inService.has(job)),
    ({ machine, path }) => `${machine}:${path}`,
  )
  return [...paths.values()].map((same) => {
    const [{ machine, path }] = same as [Row<Protection>]
    const ids = same.map(({ job }) => job)
    const best = ids.flatMap((id) => proven.get(id) ?? []).toSorted((a, b) => b.at.getTime() - a.at.getTime())[0]
    return {
      machine,
      path,
      jobs: ids,
      proven: best ?? null,
      provenAt: best?.at ?? null,
      freshUntil: best?.freshUntil ?? null,
    }
  })
}

/** Of each job its newest backup that was proven and lies in the vault, found from the newest on. */
async function newestProven(em: EntityManager, jobs: readonly Row<ExpectedJob>[]): Promise<Map<string, Proven>> {
  if (jobs.length === 0) return new Map()
  const rows = await tables(em)
    .selectFrom('BackupEntry')
    .select(['id', 'job', 'expectedAt', 'arrivedAt'])
    .where('id', 'in', (eb) =>
      eb
        .selectFrom('ExpectedJob')
        .select((job) =>
          job
            .selectFrom('BackupEntry as entry')
            .innerJoin('BackupFile', 'BackupFile.id', 'entry.file')
            .select('entry.id')
            .whereRef('entry.job', '=', 'ExpectedJob.id')
            .where('entry.proof', '=', literal(Proof.INTACT))
            .where('entry.status', 'in', GOOD)
            .where(inVault)
            .orderBy('entry.expectedAt', 'desc')
            .limit(1)
            .as('newest'),
        )
        .where(
          'ExpectedJob.id',
          'in',
          jobs.map(({ id }) => id),
        ),
    )
    .execute()
  const byId = new Map(jobs.map((job) => [job.id, job]))
  return new Map(
    rows.flatMap(({ id, job, expectedAt, arrivedAt }) => {
      const plan = byId.get(job)
      if (!plan) return []
      const at = arrivedAt && arrivedAt < expectedAt ? arrivedAt : expectedAt
      return [[job, { entry: id, job, at, freshUntil: freshUntil(plan, expectedAt) }] as const]
    }),
  )
}

/** Until the next backup after it must be here. */
function freshUntil(job: Row<ExpectedJob>, expectedAt: Date): Date | null {
  const next = nextDue(job, expectedAt)
  return next && new Date(next.getTime() + job.graceMinutes * MINUTE)
}
