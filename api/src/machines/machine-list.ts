import type { Expression, ExpressionBuilder, SelectQueryBuilder } from 'kysely'
import { dialectOf } from '../database/dialect.ts'
import type { EntityManager } from '../database/database.ts'
import { knownLast, type Order } from '../database/known-last.ts'
import { literal } from '../database/literal.ts'
import type { List } from '../database/seek.ts'
import { type Tables, tables } from '../database/tables.ts'
import type { PageArgs } from '../platform/page.ts'
import { isTagged } from '../tags/tagged.ts'
import type { MachineKind } from './machine-kind.ts'

export enum MachineOrder {
  NAME = 'NAME',
  LAST_SEEN = 'LAST_SEEN',
  FIRST_SEEN = 'FIRST_SEEN',
  SYSTEM = 'SYSTEM',
  DISKS = 'DISKS',
  SECURITY_UPDATES = 'SECURITY_UPDATES',
}

/** What should be done on a machine. */
export enum MachineNeed {
  SECURITY_UPDATES = 'SECURITY_UPDATES',
  UPDATES = 'UPDATES',
  RESTART = 'RESTART',
}

/** What is absent or null is not asked for. */
export interface MachineConditions {
  search?: string | null | undefined
  silent?: boolean | null | undefined
  archived?: boolean | null | undefined
  kind?: MachineKind[] | null | undefined
  needs?: MachineNeed[] | null | undefined
  tag?: string[] | null | undefined
}

export interface MachineQuery extends PageArgs {
  filter?: MachineConditions | null
  orderBy: MachineOrder
  reverse: boolean
  includeArchived: boolean
}

type Builder = ExpressionBuilder<Tables, 'Machine'>

const called = (eb: Builder): Expression<unknown> =>
  eb.fn('lower', [eb.fn.coalesce('name', 'hostname', 'ip', literal(''))])
const disksIn = (eb: Builder): Expression<unknown> =>
  eb
    .selectFrom('Disk')
    .select((disk) => disk.fn.countAll<number>().as('count'))
    .whereRef('Disk.machine', '=', 'Machine.id')
    .where('Disk.archivedAt', 'is', null)

const securityUpdates = (eb: Builder): Expression<unknown> =>
  eb.selectFrom('MachineState').select('security').whereRef('MachineState.machine', '=', 'Machine.id')

const ORDERS: Record<MachineOrder, Order<'Machine'>> = {
  [MachineOrder.NAME]: { direction: 'asc', by: called },
  [MachineOrder.LAST_SEEN]: { direction: 'desc', by: (eb) => eb.ref('lastSeenAt') },
  [MachineOrder.FIRST_SEEN]: { direction: 'desc', by: (eb) => eb.ref('firstSeenAt') },
  [MachineOrder.SYSTEM]: { direction: 'asc', by: (eb) => eb.fn('lower', ['os']), otherwise: () => literal('') },
  [MachineOrder.DISKS]: { direction: 'desc', by: disksIn },
  [MachineOrder.SECURITY_UPDATES]: { direction: 'desc', by: securityUpdates, otherwise: (eb) => eb.lit(-1) },
}

export const orderOfMachines = (
  orderBy: MachineOrder,
  reverse: boolean,
): Pick<List<'Machine'>, 'order' | 'direction'> => knownLast(ORDERS[orderBy], reverse)

/** Machines that are known to need one of these; of others it is not known. */
const needing = (eb: Builder, needs: readonly MachineNeed[]) =>
  eb
    .selectFrom('MachineState')
    .select('MachineState.machine')
    .where((state) =>
      state.or([
        ...(needs.includes(MachineNeed.SECURITY_UPDATES) ? [state('security', '>', 0)] : []),
        ...(needs.includes(MachineNeed.UPDATES) ? [state('installable', '>', 0)] : []),
        ...(needs.includes(MachineNeed.RESTART) ? [state('rebootSince', 'is not', null)] : []),
      ]),
    )

/** Machines that are in service, or all. */
export function machinesThat(
  em: EntityManager,
  filter: MachineConditions | null | undefined,
  { includeArchived, now }: { includeArchived: boolean; now: Date },
): SelectQueryBuilder<Tables, 'Machine', object> {
  const { contains } = dialectOf(em)
  const { silent, archived, kind, needs, tag } = filter ?? {}
  let query = tables(em).selectFrom('Machine')
  if (archived === true) query = query.where('archivedAt', 'is not', null)
  else if (!includeArchived || archived === false) query = query.where('archivedAt', 'is', null)
  if (silent === true) query = query.where('silentAt', '<=', now)
  if (silent === false) query = query.where('silentAt', '>', now)
  if (kind?.length) query = query.where('kind', 'in', kind)
  if (needs?.length) query = query.where('id', 'in', (eb) => needing(eb, needs))
  if (tag?.length) query = query.where((eb) => isTagged(em, eb.ref('Machine.tags'), tag))
  const search = filter?.search?.trim()
  if (search)
    query = query.where((eb) =>
      eb.or((['hostname', 'name', 'ip'] as const).map((column) => contains(eb.ref(column), search))),
    )
  return query
}
