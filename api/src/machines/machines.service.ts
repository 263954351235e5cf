import type { ExpressionBuilder } from 'kysely'
import type { EntityManager } from '../database/database.ts'
import { dialectOf } from '../database/dialect.ts'
import { literal } from '../database/literal.ts'
import { groupLoader, rowLoader } from '../database/loader.ts'
import type { Transact } from '../events/outbox.ts'
import { type Row, requireRow, selectRows, updateRow } from '../database/rows.ts'
import { inOrder, seekPage } from '../database/seek.ts'
import { type Tables, tables } from '../database/tables.ts'
import { Severity } from '../reasons/reason.ts'
import { AmbiguousError, InvalidInputError, NotFoundError } from '../platform/errors.ts'
import { EventCause, EventType } from '../events/event.entity.ts'
import { isPlainText } from '../platform/plain-text.ts'
import type { Clock } from '../platform/clock.ts'
import type { Page, PageArgs } from '../platform/page.ts'
import { Machine } from './machine.entity.ts'
import { machinesCalled } from './machine-names.ts'

export interface MachineQuery extends PageArgs {
  filter?: { search?: string | null; silent?: boolean | null } | null
  orderBy: MachineOrder
  includeArchived: boolean
}

export enum MachineOrder {
  NAME = 'NAME',
  LAST_SEEN = 'LAST_SEEN',
}

const called = (eb: ExpressionBuilder<Tables, 'Machine'>) =>
  eb.fn('lower', [eb.fn.coalesce('name', 'hostname', 'ip', literal(''))])

const ORDERS = {
  [MachineOrder.NAME]: { order: [called, 'id'], direction: 'asc' },
  [MachineOrder.LAST_SEEN]: { order: ['lastSeenAt', 'id'], direction: 'desc' },
} as const

export class MachinesService {
  constructor(
    private readonly em: EntityManager,
    private readonly transact: Transact,
    private readonly clock: Clock,
  ) {}

  private readonly byId = rowLoader<string, Row<Machine>>(
    (ids) => selectRows(this.em, Machine, 'id', ids),
    (machine) => machine.id,
  )

  private readonly diskCounts = groupLoader<string, { machineId: string; count: number }>(
    (ids) =>
      tables(this.em)
        .selectFrom('Disk')
        .select((eb) => ['machine as machineId', eb.fn.countAll<number>().as('count')])
        .where('machine', 'in', ids)
        .where('archivedAt', 'is', null)
        .groupBy('machine')
        .execute(),
    (row) => row.machineId,
  )

  list({ filter, orderBy, includeArchived, ...page }: MachineQuery): Promise<Page<Row<Machine>>> {
    const { contains } = dialectOf(this.em)
    const now = this.clock()
    let query = tables(this.em).selectFrom('Machine')
    if (!includeArchived) query = query.where('archivedAt', 'is', null)
    if (filter?.silent === true) query = query.where('silentAt', '<=', now)
    if (filter?.silent === false) query = query.where('silentAt', '>', now)
    const search = filter?.search?.trim()
    if (search)
      query = query.where((eb) =>
        eb.or((['hostname', 'name', 'ip'] as const).map((column) => contains(eb.ref(column), search))),
      )
    return seekPage(this.em, { query, ...ORDERS[orderBy] }, page, (ids: string[]) => this.loadAll(ids))
  }

  async loadAll(ids: readonly string[]): Promise<Row<Machine>[]> {
    if (ids.length === 0) return []
    const machines = inOrder(ids, await selectRows(this.em, Machine, 'id', ids))
    for (const machine of machines) this.byId.prime(machine.id, machine)
    return machines
  }

  async load(id: string): Promise<Row<Machine>> {
    const machine = await this.byId.load(id)
    if (!machine) throw new NotFoundError('machine', `the id ${id}`)
    return machine
  }

  async one({ id, hostname }: { id?: string | null; hostname?: string | null }): Promise<Row<Machine>> {
    if (id) return this.load(id)
    if (!hostname)
      throw new InvalidInputError('id', 'or hostname must be given', 'Ask for machine(id: …) or machine(hostname: …).')
    const candidates = await machinesCalled(this.em, hostname)
    if (candidates.length > 1) {
      throw new AmbiguousError(
        'machine',
        `the hostname "${hostname}"`,
        candidates.map((machine) => machine.id),
      )
    }
    if (!candidates[0]) throw new NotFoundError('machine', `the hostname "${hostname}"`)
    return candidates[0]
  }

  isSilent(machine: Row<Machine>): boolean {
    return machine.silentAt <= this.clock()
  }

  async diskCount(machineId: string): Promise<number> {
    return (await this.diskCounts.load(machineId))[0]?.count ?? 0
  }

  private reload(id: string): Promise<Row<Machine>> {
    this.byId.clear(id)
    return this.load(id)
  }

  /** Retires a machine with the disks that are in it. It comes back by itself when it reports. */
  async archive(id: string, actor: string | null): Promise<Row<Machine>> {
    const at = this.clock()
    await this.transact(this.em, async ({ em, tell }) => {
      const machine = await requireRow(em, Machine, id, 'machine')
      if (machine.archivedAt) return
      await updateRow(em, Machine, id, { archivedAt: at })
      const disks = await tables(em)
        .updateTable('Disk')
        .set({ archivedAt: at })
        .where('machine', '=', id)
        .where('archivedAt', 'is', null)
        .returning('id')
        .execute()
      await tables(em)
        .updateTable('StorageArray')
        .set({ goneSince: at })
        .where('machine', '=', id)
        .where('goneSince', 'is', null)
        .execute()
      for (const disk of disks) tell.disks.add(disk.id)
      tell.machines.add(id)
      tell.event({
        type: EventType.MACHINE_ARCHIVED,
        severity: Severity.INFO,
        at,
        cause: EventCause.USER,
        actor,
        machine: id,
        from: id,
        facts: { hostname: machine.hostname ?? machine.ip, count: disks.length },
      })
    })
    return this.reload(id)
  }

  /** Gives a machine a name of its owner's; null takes it back. */
  async rename(id: string, name: string | null): Promise<Row<Machine>> {
    const trimmed = name?.trim() || null
    if (trimmed && !isPlainText(trimmed, 64)) {
      throw new InvalidInputError('name', 'must be one line of at most 64 characters', 'Choose a shorter name.')
    }
    await this.transact(this.em, async ({ em, tell }) => {
      await requireRow(em, Machine, id, 'machine')
      await updateRow(em, Machine, id, { name: trimmed })
      tell.machines.add(id)
    })
    return this.reload(id)
  }
}
