import type { EntityManager } from '../database/database.ts'
import { groupLoader, rowLoader } from '../database/loader.ts'
import type { Transact, Transaction } from '../events/outbox.ts'
import { type Row, requireRow, selectRows, updateRow } from '../database/rows.ts'
import { inOrder, seekPage } from '../database/seek.ts'
import { tables } from '../database/tables.ts'
import { Severity } from '../reasons/reason.ts'
import { AmbiguousError, InvalidInputError, NotFoundError } from '../platform/errors.ts'
import { EventCause, EventType } from '../events/event.entity.ts'
import { isPlainText } from '../platform/plain-text.ts'
import type { Clock } from '../platform/clock.ts'
import { type Page, readIds } from '../platform/page.ts'
import type { TagChange } from '../tags/tag.ts'
import { retag } from '../tags/tagged.ts'
import { Machine } from './machine.entity.ts'
import { type MachineQuery, machinesThat, orderOfMachines } from './machine-list.ts'
import { machinesCalled } from './machine-names.ts'

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

  list({ filter, orderBy, reverse, includeArchived, ...page }: MachineQuery): Promise<Page<Row<Machine>>> {
    const query = machinesThat(this.em, filter, { includeArchived, now: this.clock() })
    return seekPage(this.em, { query, ...orderOfMachines(orderBy, reverse) }, page, (ids: string[]) =>
      this.loadAll(ids),
    )
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

  private reload(ids: readonly string[]): Promise<Row<Machine>[]> {
    for (const id of ids) this.byId.clear(id)
    return this.loadAll(ids)
  }

  /**
   * Retires machines with the disks that are in them; each comes back by itself when it reports. All of them or, where
   * one is unknown, none. Errors: NOT_FOUND, BAD_USER_INPUT for more than a page.
   */
  async archive(ids: readonly string[], actor: string | null): Promise<Row<Machine>[]> {
    const wanted = readIds(ids)
    await this.transact(this.em, async (transaction) => {
      for (const id of wanted) await this.retire(transaction, id, actor)
    })
    return this.reload(wanted)
  }

  private async retire({ em, tell }: Transaction, id: string, actor: string | null): Promise<void> {
    const at = this.clock()
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
    // Its alerts are closed: what still stands when it comes back is told anew.
    await tables(em)
      .updateTable('MachineState')
      .set({
        securityToldAt: null,
        rebootToldAt: null,
        troubleToldAt: null,
        loadHighSince: null,
        memoryHighSince: null,
      })
      .where('machine', '=', id)
      .execute()
    await tables(em)
      .updateTable('FileSystem')
      .set({ level: null, fullAt: null })
      .where('machine', '=', id)
      .where('level', 'is not', null)
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
  }

  /** Gives tags to several machines and takes others away; all or, where one is unknown, none. Errors: as archive. */
  async tag(ids: readonly string[], change: TagChange): Promise<Row<Machine>[]> {
    const wanted = readIds(ids)
    await this.transact(this.em, async ({ em, tell }) => {
      const changed = await retag(em, 'Machine', wanted, change)
      for (const id of changed) tell.machines.add(id)
      // Lists of disks are asked for the tags of their machines.
      const disks = changed.length
        ? await tables(em).selectFrom('Disk').select('id').where('machine', 'in', changed).execute()
        : []
      for (const { id } of disks) tell.disks.add(id)
    })
    return this.reload(wanted)
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
    this.byId.clear(id)
    return this.load(id)
  }
}
