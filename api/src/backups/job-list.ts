import type { Expression, ExpressionBuilder, SelectQueryBuilder } from 'kysely'
import { dialectOf } from '../database/dialect.ts'
import type { EntityManager } from '../database/database.ts'
import { knownLast, type Order, turned } from '../database/known-last.ts'
import { literal } from '../database/literal.ts'
import type { List } from '../database/seek.ts'
import { type Tables, tables } from '../database/tables.ts'
import { fold } from '../platform/fold.ts'
import type { PageArgs } from '../platform/page.ts'
import { isTagged } from '../tags/tagged.ts'
import type { BackupStatus } from './backup-status.ts'

export enum JobOrder {
  WORST_FIRST = 'WORST_FIRST',
  NAME = 'NAME',
  AGENT = 'AGENT',
  NEXT_DUE = 'NEXT_DUE',
  LAST_GOOD = 'LAST_GOOD',
}

/** What is absent or null is not asked for. */
export interface JobConditions {
  status?: BackupStatus[] | null | undefined
  companyName?: string | null | undefined
  city?: string | null | undefined
  agentId?: string | null | undefined
  active?: boolean | null | undefined
  archived?: boolean | null | undefined
  tag?: string[] | null | undefined
  search?: string | null | undefined
  dueBefore?: Date | null | undefined
}

export interface JobQuery extends PageArgs {
  filter?: JobConditions | null
  orderBy: JobOrder
  reverse: boolean
  includeArchived: boolean
}

type Builder = ExpressionBuilder<Tables, 'ExpectedJob'>
const orEmpty = (column: 'companyName' | 'city') => (eb: Builder) => eb.fn.coalesce(column, literal(''))

/** Never good is known, and longer ago than anything. */
const wasGood = (eb: Builder) =>
  eb.case().when('lastSuccessfulBackupAt', 'is', null).then(eb.lit(0)).else(eb.lit(1)).end()
const lastGoodOrMade = (eb: Builder) => eb.fn.coalesce('lastSuccessfulBackupAt', 'createdAt')

const BY_COLUMNS = {
  [JobOrder.WORST_FIRST]: ['standing', 'agentId', 'databaseName', 'id'],
  [JobOrder.NAME]: [orEmpty('companyName'), orEmpty('city'), 'agentId', 'databaseName', 'id'],
  [JobOrder.AGENT]: ['agentId', 'databaseName', 'id'],
  [JobOrder.LAST_GOOD]: [wasGood, lastGoodOrMade, 'id'],
} as const

const NEXT_DUE: Order<'ExpectedJob'> = {
  direction: 'asc',
  by: (eb) => eb.ref('nextDueAt'),
  otherwise: (eb) => eb.ref('createdAt'),
}

export const orderOfJobs = (orderBy: JobOrder, reverse: boolean): Pick<List<'ExpectedJob'>, 'order' | 'direction'> =>
  orderBy === JobOrder.NEXT_DUE
    ? knownLast(NEXT_DUE, reverse)
    : { order: BY_COLUMNS[orderBy], direction: turned('asc', reverse) }

const SEARCHED = ['agentId', 'databaseName', 'companyName', 'city', 'neighborhood'] as const
const folded = (eb: Builder, column: (typeof SEARCHED)[number]): Expression<string> => eb.fn<string>('fold', [column])

/** Jobs that are in service, or all. */
export function jobsThat(
  em: EntityManager,
  filter: JobConditions | null | undefined,
  { includeArchived }: { includeArchived: boolean },
): SelectQueryBuilder<Tables, 'ExpectedJob', object> {
  const { contains } = dialectOf(em)
  const { status, agentId, active, archived, tag, dueBefore } = filter ?? {}
  let query = tables(em).selectFrom('ExpectedJob')
  if (archived === true) query = query.where('archivedAt', 'is not', null)
  else if (!includeArchived || archived === false) query = query.where('archivedAt', 'is', null)
  if (status?.length) query = query.where('currentStatus', 'in', status)
  for (const column of ['companyName', 'city'] as const) {
    const wanted = filter?.[column]
    if (wanted) query = query.where((eb) => eb(folded(eb, column), '=', fold(wanted)))
  }
  if (agentId) query = query.where('agentId', '=', agentId)
  if (typeof active === 'boolean') query = query.where('active', '=', active)
  if (tag?.length) query = query.where((eb) => isTagged(em, eb.ref('ExpectedJob.tags'), tag))
  if (dueBefore) query = query.where('nextDueAt', '<=', dueBefore)
  const search = filter?.search?.trim()
  if (search) query = query.where((eb) => eb.or(SEARCHED.map((column) => contains(folded(eb, column), fold(search)))))
  return query
}
