import { z } from 'zod'
import { machineName } from '../reasons/names.ts'
import { BackupStatus } from '../backups/backup-status.ts'
import type { ExpectedJob } from '../backups/expected-job.entity.ts'
import { JobOrder } from '../backups/job-list.ts'
import type { Row } from '../database/rows.ts'
import { ASKED, flag, several } from './asked.ts'
import type { CsvList, Sources } from './csv-list.ts'

const COLUMNS = [
  'agent',
  'database',
  'company',
  'city',
  'neighborhood',
  'tags',
  'active',
  'status',
  'proof',
  'bad_in_a_row',
  'last_good_at',
  'last_good_bytes',
  'last_failed_at',
  'next_due_at',
  'machine',
  'protects',
  'retired_at',
] as const

const shape = z.strictObject({
  ...ASKED,
  status: several(z.enum(BackupStatus)),
  companyName: z.string().max(200).optional(),
  city: z.string().max(200).optional(),
  agentId: z.string().max(200).optional(),
  active: flag.optional(),
  orderBy: z.enum(JobOrder).default(JobOrder.WORST_FIRST),
})

/** What `expectedJobs(filter, orderBy, reverse)` lists: how each job stands. How it is declared: exportExpectedJobs. */
export const JOBS_CSV: CsvList<z.infer<typeof shape>, Row<ExpectedJob>> = {
  name: 'backups',
  shape,
  columns: COLUMNS,
  page: ({ jobs }, { orderBy, reverse, language: _, ...filter }, page) =>
    jobs.list({ ...page, filter, orderBy, reverse, includeArchived: false }),
  row: rowOf,
}

async function rowOf(
  job: Row<ExpectedJob>,
  { jobs, machines }: Sources,
): Promise<Record<(typeof COLUMNS)[number], unknown>> {
  const [machine, protections, good] = await Promise.all([
    job.machine ? machines.load(job.machine) : null,
    jobs.protectionsOf(job.id),
    jobs.lastGood(job.id),
  ])
  const protects = await Promise.all(
    protections.map(async ({ machine: id, path }) => `${machineName(await machines.load(id))}:${path}`),
  )
  return {
    agent: job.agentId,
    database: job.databaseName,
    company: job.companyName,
    city: job.city,
    neighborhood: job.neighborhood,
    tags: job.tags.join(', '),
    active: job.active,
    status: job.currentStatus,
    proof: job.currentProof,
    bad_in_a_row: job.badInARow,
    last_good_at: job.lastSuccessfulBackupAt?.toISOString(),
    last_good_bytes: good?.measuredSize,
    last_failed_at: job.lastFailedBackupAt?.toISOString(),
    next_due_at: job.nextDueAt?.toISOString(),
    machine: machine ? machineName(machine) : null,
    protects: protects.toSorted().join('; '),
    retired_at: job.archivedAt?.toISOString(),
  }
}
