import type { Expression, ExpressionBuilder, SelectQueryBuilder } from 'kysely'
import { dialectOf } from '../database/dialect.ts'
import type { EntityManager } from '../database/database.ts'
import { knownLast, type Order } from '../database/known-last.ts'
import { literal } from '../database/literal.ts'
import type { List } from '../database/seek.ts'
import { type Tables, tables } from '../database/tables.ts'
import type { PageArgs } from '../platform/page.ts'
import { isTagged, withTag } from '../tags/tagged.ts'
import type { DiskType } from './disk-words.ts'
import type { Health } from './health.ts'
import { healthRankSql, shownHealthSql } from './health-sql.ts'

export enum DiskOrder {
  WORST_FIRST = 'WORST_FIRST',
  SERIAL = 'SERIAL',
  MODEL = 'MODEL',
  MACHINE = 'MACHINE',
  LAST_SEEN = 'LAST_SEEN',
  LAST_READ = 'LAST_READ',
  CAPACITY = 'CAPACITY',
  TEMPERATURE = 'TEMPERATURE',
  POWER_ON_HOURS = 'POWER_ON_HOURS',
}

/** What is absent or null is not asked for. */
export interface DiskConditions {
  search?: string | null | undefined
  health?: Health[] | null | undefined
  type?: DiskType[] | null | undefined
  machineId?: string | null | undefined
  moved?: boolean | null | undefined
  missing?: boolean | null | undefined
  archived?: boolean | null | undefined
  tag?: string[] | null | undefined
}

export interface DiskQuery extends PageArgs {
  filter?: DiskConditions | null
  orderBy: DiskOrder
  reverse: boolean
  includeArchived: boolean
}

export type Disks = SelectQueryBuilder<Tables, 'Disk', object>
type Builder = ExpressionBuilder<Tables, 'Disk'>

const ofMachine = (eb: Builder): Expression<unknown> =>
  eb
    .selectFrom('Machine')
    .select((machine) =>
      machine.fn('lower', [machine.fn.coalesce('Machine.name', 'Machine.hostname', 'Machine.ip')]).as('called'),
    )
    .whereRef('Machine.id', '=', 'Disk.machine')

const ofReading =
  (column: 'temperature' | 'powerOnHours') =>
  (eb: Builder): Expression<unknown> =>
    eb.selectFrom('Snapshot').select(`Snapshot.${column}`).whereRef('Snapshot.id', '=', 'Disk.lastSnapshot')

const nothing = (eb: Builder): Expression<unknown> => eb.lit(0)
const noText = (): Expression<unknown> => literal('')

const ordersAt = (now: Date): Record<DiskOrder, Order<'Disk'>> => ({
  [DiskOrder.WORST_FIRST]: { direction: 'asc', by: (eb) => healthRankSql(shownHealthSql(eb, now)) },
  [DiskOrder.SERIAL]: { direction: 'asc', by: (eb) => eb.ref('serialKey'), otherwise: noText },
  [DiskOrder.MODEL]: { direction: 'asc', by: (eb) => eb.fn('lower', ['model']), otherwise: noText },
  [DiskOrder.MACHINE]: { direction: 'asc', by: ofMachine, otherwise: noText },
  [DiskOrder.LAST_SEEN]: { direction: 'desc', by: (eb) => eb.ref('lastSeenAt') },
  [DiskOrder.LAST_READ]: {
    direction: 'desc',
    by: (eb) => eb.ref('lastReadAt'),
    otherwise: (eb) => eb.ref('firstSeenAt'),
  },
  [DiskOrder.CAPACITY]: { direction: 'desc', by: (eb) => eb.ref('capacityBytes'), otherwise: nothing },
  [DiskOrder.TEMPERATURE]: { direction: 'desc', by: ofReading('temperature'), otherwise: nothing },
  [DiskOrder.POWER_ON_HOURS]: { direction: 'desc', by: ofReading('powerOnHours'), otherwise: nothing },
})

/** A health that is not known has a rank of its own among the others. */
export const orderOfDisks = (
  orderBy: DiskOrder,
  reverse: boolean,
  now: Date,
): Pick<List<'Disk'>, 'order' | 'direction'> => knownLast(ordersAt(now)[orderBy], reverse)

/** Disks that are in service, or all. */
export function disksThat(
  em: EntityManager,
  filter: DiskConditions | null | undefined,
  { includeArchived, now }: { includeArchived: boolean; now: Date },
): Disks {
  const { contains, endsWith } = dialectOf(em)
  const { machineId, moved, missing, archived, health, type, tag } = filter ?? {}
  let query: Disks = tables(em).selectFrom('Disk')
  if (archived === true) query = query.where('archivedAt', 'is not', null)
  else if (!includeArchived || archived === false) query = query.where('archivedAt', 'is', null)
  if (machineId) query = query.where('machine', '=', machineId)
  if (moved === true) query = query.whereRef('machine', '<>', 'firstMachine')
  if (moved === false) query = query.whereRef('machine', '=', 'firstMachine')
  if (missing != null) query = query.where('missingSince', missing ? 'is not' : 'is', null)
  if (health?.length) query = query.where((eb) => eb(shownHealthSql(eb, now), 'in', health))
  if (type?.length) query = query.where('type', 'in', type)
  if (tag?.length)
    query = query.where((eb) =>
      eb.or([isTagged(em, eb.ref('Disk.tags'), tag), eb('machine', 'in', withTag(em, 'Machine', tag))]),
    )
  const search = filter?.search?.trim()
  if (search)
    query = query.where((eb) =>
      eb.or([
        endsWith(eb.ref('serial'), search),
        contains(eb.ref('model'), search),
        contains(eb.ref('label'), search),
        contains(eb.ref('note'), search),
        eb(
          'machine',
          'in',
          eb
            .selectFrom('Machine')
            .select('id')
            .where((machine) =>
              machine.or([contains(machine.ref('hostname'), search), contains(machine.ref('name'), search)]),
            ),
        ),
      ]),
    )
  return query
}
