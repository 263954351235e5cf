import { posix } from 'node:path'
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
  /** Of when its content is, the earliest that it may be: when it was due, its run began, or it had arrived. */
  at: Date
  freshUntil: Date | null
}

/** One path of a machine that jobs protect. Each of them may hold another part of it: what all of them have counts. */
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
    const found = ids.map((id) => proven.get(id) ?? null)
    const oldest = found.includes(null) ? null : (found.toSorted(byTime)[0] ?? null)
    const ends = found.flatMap((each) => each?.freshUntil ?? [])
    return {
      machine,
      path: posix.resolve(path),
      jobs: ids,
      proven: oldest,
      provenAt: oldest?.at ?? null,
      freshUntil: oldest && ends.length ? new Date(Math.min(...ends.map((end) => end.getTime()))) : null,
    }
  })
}

const byTime = (a: Proven | null, b: Proven | null): number => (a?.at.getTime() ?? 0) - (b?.at.getTime() ?? 0)

/** Of each job its newest backup that was proven and lies in the vault, found from the newest on. */
export async function newestProven(em: EntityManager, jobs: readonly Row<ExpectedJob>[]): Promise<Map<string, Proven>> {
  if (jobs.length === 0) return new Map()
  const rows = await tables(em)
    .selectFrom('BackupEntry')
    .leftJoin('BackupRun', 'BackupRun.id', 'BackupEntry.bestRun')
    .select([
      'BackupEntry.id as id',
      'BackupEntry.job as job',
      'BackupEntry.expectedAt as expectedAt',
      'BackupEntry.arrivedAt as arrivedAt',
      'BackupRun.startedAt as startedAt',
    ])
    .where('BackupEntry.id', 'in', (eb) =>
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
    rows.flatMap(({ id, job, expectedAt, arrivedAt, startedAt }) => {
      const plan = byId.get(job)
      if (!plan) return []
      const times = [expectedAt, arrivedAt, startedAt].flatMap((time) => time?.getTime() ?? [])
      const at = new Date(Math.min(...times))
      return [[job, { entry: id, job, at, freshUntil: freshUntil(plan, expectedAt) }] as const]
    }),
  )
}

/** Until the next backup after it must be here. */
function freshUntil(job: Row<ExpectedJob>, expectedAt: Date): Date | null {
  const next = nextDue(job, expectedAt)
  return next && new Date(next.getTime() + job.graceMinutes * MINUTE)
}
