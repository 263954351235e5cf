import type { KeptBack, PackageChange, StateKind } from '@vigie/agent/report'
import DataLoader from 'dataloader'
import { dialectOf } from '../database/dialect.ts'
import type { EntityManager } from '../database/database.ts'
import { rowLoader } from '../database/loader.ts'
import { findRows, type Row, selectRows } from '../database/rows.ts'
import { inOrder, seekPage } from '../database/seek.ts'
import { tables } from '../database/tables.ts'
import type { Page, PageArgs } from '../platform/page.ts'
import { MachinePackage } from './machine-package.entity.ts'
import { MachineState } from './machine-state.entity.ts'
import { SystemSnapshot } from './system-snapshot.entity.ts'

/** What is absent or null is not asked for. */
export interface PackageConditions {
  machine?: string | null | undefined
  search?: string | null | undefined
  change?: PackageChange[] | null | undefined
  kept?: KeptBack[] | null | undefined
  security?: boolean | null | undefined
}

type PackageOfMachine = Pick<Row<MachinePackage>, 'machine' | 'name' | 'architecture'>
const keyOfPackage = ({ machine, name, architecture }: PackageOfMachine): string => `${machine} ${name} ${architecture}`

export class StateService {
  constructor(private readonly em: EntityManager) {}

  private readonly byMachine = rowLoader<string, Row<MachineState>>(
    (ids) => selectRows(this.em, MachineState, 'machine', ids),
    ({ machine }) => machine,
  )

  /** Null = the machine told nothing of it. */
  ofMachine(machineId: string): Promise<Row<MachineState> | null> {
    return this.byMachine.load(machineId)
  }

  private readonly updates = new DataLoader<PackageOfMachine, Row<MachinePackage> | null, string>(
    async (wanted) => {
      const found = await findRows(this.em, MachinePackage, (query) =>
        query
          .where('machine', 'in', [...new Set(wanted.map(({ machine }) => machine))])
          .where('name', 'in', [...new Set(wanted.map(({ name }) => name))]),
      )
      const byKey = new Map(found.map((row) => [keyOfPackage(row), row]))
      return wanted.map((each) => byKey.get(keyOfPackage(each)) ?? null)
    },
    { cacheKeyFn: keyOfPackage },
  )

  /** What would be done with a package of a machine; null = nothing, or that is not known. */
  updateOf(wanted: PackageOfMachine): Promise<Row<MachinePackage> | null> {
    return this.updates.load(wanted)
  }

  private readonly payloads = rowLoader<string, { id: string; payload: string }>(
    (ids) =>
      tables(this.em)
        .selectFrom('SystemSnapshot')
        .select(['id', 'payload'])
        .where('id', 'in', [...ids])
        .execute(),
    ({ id }) => id,
  )

  async payloadOf(snapshotId: string): Promise<string> {
    return (await this.payloads.load(snapshotId))?.payload ?? ''
  }

  /** Newest first. */
  snapshots(machineId: string, kind: StateKind | null, page: PageArgs): Promise<Page<Row<SystemSnapshot>>> {
    let query = tables(this.em).selectFrom('SystemSnapshot').where('machine', '=', machineId)
    if (kind !== null) query = query.where('kind', '=', kind)
    return seekPage(this.em, { query, order: ['collectedAt', 'id'], direction: 'desc' }, page, async (ids: string[]) =>
      inOrder(ids, await selectRows(this.em, SystemSnapshot, 'id', ids)),
    )
  }

  /** Of machines in service, by their names. */
  packages(filter: PackageConditions | null | undefined, page: PageArgs): Promise<Page<Row<MachinePackage>>> {
    const { machine, change, kept, security } = filter ?? {}
    const { contains } = dialectOf(this.em)
    let query = tables(this.em)
      .selectFrom('MachinePackage')
      .where('machine', 'in', (eb) => eb.selectFrom('Machine').select('Machine.id').where('archivedAt', 'is', null))
    if (machine) query = query.where('machine', '=', machine)
    if (change?.length) query = query.where('change', 'in', change)
    if (kept?.length) query = query.where('kept', 'in', kept)
    if (security !== null && security !== undefined) query = query.where('security', '=', security)
    const search = filter?.search?.trim()
    if (search) query = query.where((eb) => contains(eb.ref('name'), search))
    return seekPage(this.em, { query, order: ['name', 'id'], direction: 'asc' }, page, async (ids: string[]) =>
      inOrder(ids, await selectRows(this.em, MachinePackage, 'id', ids)),
    )
  }
}
