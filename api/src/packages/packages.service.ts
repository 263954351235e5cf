import type { EntityManager } from '../database/database.ts'
import { dialectOf } from '../database/dialect.ts'
import { rowLoader } from '../database/loader.ts'
import { type Row, selectRows } from '../database/rows.ts'
import { inOrder, seekPage } from '../database/seek.ts'
import { tables } from '../database/tables.ts'
import { InvalidInputError, NotFoundError } from '../platform/errors.ts'
import type { Page, PageArgs } from '../platform/page.ts'
import { MachineState } from '../state/machine-state.entity.ts'
import { InstalledPackage } from './installed-package.entity.ts'
import { PackageVersion } from './package-version.entity.ts'

/** What is absent or null is not asked for. */
export interface InstalledConditions {
  machine?: string | null | undefined
  search?: string | null | undefined
  name?: string | null | undefined
  version?: string | null | undefined
}

export interface PackagesCoverage {
  machines: number
  told: number
}

export class PackagesService {
  constructor(private readonly em: EntityManager) {}

  private readonly byId = rowLoader<string, Row<PackageVersion>>(
    (ids) => selectRows(this.em, PackageVersion, 'id', ids),
    ({ id }) => id,
  )

  /** Errors: NOT_FOUND */
  async load(id: string): Promise<Row<PackageVersion>> {
    const found = await this.byId.load(id)
    if (!found) throw new NotFoundError('package', `the id ${id}`)
    return found
  }

  /** By name, version and machine; of machines in service, and of one that is asked for whether or not it is. Errors: BAD_USER_INPUT */
  installed(filter: InstalledConditions | null | undefined, page: PageArgs): Promise<Page<Row<InstalledPackage>>> {
    const { machine, name, version } = filter ?? {}
    const search = filter?.search?.trim()
    // A thousand machines have two million.
    if (!machine && !name && !search)
      throw new InvalidInputError('filter', 'must ask for a machine or a package', 'Give machine, search or name.')
    const { contains } = dialectOf(this.em)
    const versions = tables(this.em).selectFrom('PackageVersion')
    // Of all machines SQLite must walk the versions in their order and stop at a page: a cross join keeps it to that, where
    // by itself it would join and sort two million rows. Of one machine it begins with the machine.
    const joined = machine
      ? versions
          .innerJoin('InstalledPackage', 'InstalledPackage.package', 'PackageVersion.id')
          .innerJoin('Machine', 'Machine.id', 'InstalledPackage.machine')
          .where('InstalledPackage.machine', '=', machine)
      : versions
          .crossJoin('InstalledPackage')
          .crossJoin('Machine')
          .whereRef('InstalledPackage.package', '=', 'PackageVersion.id')
          .whereRef('Machine.id', '=', 'InstalledPackage.machine')
          .where('Machine.archivedAt', 'is', null)
    let query = joined
    if (name) query = query.where('PackageVersion.name', '=', name)
    if (version) query = query.where('PackageVersion.version', '=', version)
    if (search)
      query = query.where(({ or, ref }) =>
        or([contains(ref('PackageVersion.name'), search), contains(ref('PackageVersion.source'), search)]),
      )
    return seekPage(
      this.em,
      {
        query,
        order: [
          (eb) => eb.ref('PackageVersion.name'),
          (eb) => eb.ref('PackageVersion.version'),
          (eb) => eb.fn('lower', [eb.fn.coalesce('Machine.name', 'Machine.hostname', 'Machine.ip', eb.val(''))]),
          (eb) => eb.ref('InstalledPackage.id'),
        ],
        direction: 'asc',
      },
      page,
      async (ids: string[]) => inOrder(ids, await selectRows(this.em, InstalledPackage, 'id', ids)),
    )
  }

  /** Packages of a machine by these names, by its newest list; null = none was told since `after`. */
  async installedAfter(
    machine: string,
    names: readonly string[],
    after: Date | null,
  ): Promise<Map<string, { architecture: string; version: string }[]> | null> {
    const [state] = await selectRows(this.em, MachineState, 'machine', [machine])
    if (!state?.packagesAt || after === null || state.packagesAt <= after) return null
    const found = await tables(this.em)
      .selectFrom('InstalledPackage')
      .innerJoin('PackageVersion', 'PackageVersion.id', 'InstalledPackage.package')
      .select(['PackageVersion.name', 'PackageVersion.architecture', 'PackageVersion.version'])
      .where('InstalledPackage.machine', '=', machine)
      .where('PackageVersion.name', 'in', [...new Set(names)])
      .execute()
    return Map.groupBy(found, ({ name }) => name)
  }

  /** How many machines in service there are, and how many of them told their packages. */
  async coverage(): Promise<PackagesCoverage> {
    const { machines, told } = await tables(this.em)
      .selectFrom('Machine')
      .leftJoin('MachineState', 'MachineState.machine', 'Machine.id')
      .select((eb) => [
        eb.fn.countAll<number>().as('machines'),
        eb.fn.count<number>('MachineState.packagesAt').as('told'),
      ])
      .where('Machine.archivedAt', 'is', null)
      .executeTakeFirstOrThrow()
    return { machines: Number(machines), told: Number(told) }
  }
}
