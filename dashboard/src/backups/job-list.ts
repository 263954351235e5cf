import type { BackupStatus, ExpectedJobFilter, JobOrder, JobRowFragment } from '../gql/graphql.ts'
import { type ListKind, valuesOf } from '../list/list-kind.ts'
import { isUnproven, STATUSES } from './status.ts'

const CONDITIONS = [...STATUSES.map((status) => `status.${status}` as const), 'paused', 'archived'] as const
export type Condition = (typeof CONDITIONS)[number]
export type Column =
  'status' | 'job' | 'agent' | 'company' | 'tags' | 'nights' | 'lastGood' | 'size' | 'proof' | 'nextDue'
export type View = 'all' | 'look' | 'unknown' | 'paused' | 'archived'

export const JOBS: ListKind<Condition, Column, View, JobOrder> = {
  name: 'backups',
  conditions: CONDITIONS,
  views: {
    all: [],
    look: ['status.FAILED', 'status.MISSING', 'status.TRANSFER_INTEGRITY_FAILED'],
    unknown: ['status.UNKNOWN'],
    paused: ['paused'],
    archived: ['archived'],
  },
  columns: {
    status: { label: 'backups.status', order: 'WORST_FIRST', usual: 'descending', isFixed: true },
    job: { label: 'backups.job', order: null, usual: 'ascending', isFixed: true },
    agent: { label: 'backups.agent', order: 'AGENT', usual: 'ascending', isFixed: false },
    company: { label: 'backups.company', order: 'NAME', usual: 'ascending', isFixed: false },
    tags: { label: 'tags.title', order: null, usual: 'ascending', isFixed: false },
    nights: { label: 'backups.nights', order: null, usual: 'ascending', isFixed: false },
    lastGood: { label: 'backups.lastGood', order: 'LAST_GOOD', usual: 'ascending', isFixed: false },
    size: { label: 'backups.size', order: null, usual: 'descending', isFixed: false },
    proof: { label: 'backups.provenToBe', order: null, usual: 'descending', isFixed: false },
    nextDue: { label: 'backups.nextDue', order: 'NEXT_DUE', usual: 'ascending', isFixed: false },
  },
  first: 'status',
  hiddenAtFirst: ['agent', 'company', 'tags', 'proof'],
}

/** What people call a job. */
export const jobName = ({ agentId, databaseName }: Pick<JobRowFragment, 'agentId' | 'databaseName'>): string =>
  `${agentId}/${databaseName}`

export function filterOf(conditions: readonly Condition[], tags: readonly string[], search: string): ExpectedJobFilter {
  const status = valuesOf<BackupStatus>(conditions, 'status')
  return {
    search: search.trim() || null,
    status,
    // A paused job keeps the status that it had: who asks for a status asks for those that are expected.
    active: conditions.includes('paused') ? false : status ? true : null,
    archived: conditions.includes('archived') ? true : null,
    tag: tags.length ? [...tags] : null,
  }
}

/** In the order in which a list tells of them. */
const STANDINGS = ['look', 'unknown', 'unproven', 'unchanged', 'good', 'paused', 'archived'] as const
export type Standing = (typeof STANDINGS)[number]

/** Whether somebody must look at a job, and else how good it is: never better than it is proven. */
export function standingOf(
  job: Pick<JobRowFragment, 'active' | 'archivedAt' | 'currentStatus' | 'currentProof'>,
): Standing {
  if (job.archivedAt) return 'archived'
  if (!job.active) return 'paused'
  if (isUnproven(job.currentStatus, job.currentProof)) return 'unproven'
  if (job.currentStatus === 'SUCCESS') return 'good'
  if (job.currentStatus === 'HASH_MISMATCH') return 'unchanged'
  return job.currentStatus === 'UNKNOWN' ? 'unknown' : 'look'
}

/** Rows under one heading, where the list is sorted by what many of them have alike. */
export interface Group<Job> {
  of: 'standing' | 'company' | 'agent' | null
  /** Null: without a company; or the list has no headings. */
  is: string | null
  rows: Job[]
}

type Grouped = Pick<JobRowFragment, 'companyName' | 'city' | 'agentId'> & Parameters<typeof standingOf>[0]

/** In the order of the list; by status what needs somebody first, what is paused last. */
export function groupedBy<Job extends Grouped>(jobs: readonly Job[], column: Column): Group<Job>[] {
  const groups = new Map<string | null, Group<Job>>()
  for (const job of jobs) {
    const { of, is } = headingOf(job, column)
    const group = groups.get(is) ?? { of, is, rows: [] }
    group.rows.push(job)
    groups.set(is, group)
  }
  const found = [...groups.values()]
  return column === 'status' ? found.toSorted((a, b) => rankOf(a) - rankOf(b)) : found
}

const rankOf = ({ is }: Group<unknown>): number => STANDINGS.indexOf(is as Standing)

function headingOf(job: Grouped, column: Column): Pick<Group<unknown>, 'of' | 'is'> {
  if (column === 'status') return { of: 'standing', is: standingOf(job) }
  if (column === 'company')
    return { of: 'company', is: [job.companyName, job.city].filter(Boolean).join(' · ') || null }
  return column === 'agent' ? { of: 'agent', is: job.agentId } : { of: null, is: null }
}
