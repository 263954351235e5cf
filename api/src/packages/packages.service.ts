import type { EntityManager } from '../database/database.ts'
import { dialectOf } from '../database/dialect.ts'
import { rowLoader } from '../database/loader.ts'
import { type Row, selectRows } from '../database/rows.ts'
import { inOrder, seekPage } from '../database/seek.ts'
import { tables } from '../database/tables.ts'
import { InvalidInputError, NotFoundError } from '../platform/errors.ts'
import type { Page, PageArgs } from '../platform/page.ts'
import { InstalledPackage } from './installed-package.entity.ts'
import { PackageVersion } from './package-version.entity.ts'

/** What is absent or null is not asked for. */
export interface InstalledConditions {
  machine?: string | null | undefined
  search?: string | null | undefined
  name?: string | null | undefined
  version?: string | null | undefined
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

  /** On machines in service, by name and version. Errors: BAD_USER_INPUT */
  installed(filter: InstalledConditions | null | undefined, page: PageArgs): Promise<Page<Row<InstalledPackage>>> {
    const { machine, name, version } = filter ?? {}
    const search = filter?.search?.trim()
    // A thousand machines have two million.
    if (!machine && !name && !search)
      throw new InvalidInputError('filter', 'must ask for a machine or a package', 'Give machine, search or name.')
    const { contains } = dialectOf(this.em)
    let query = tables(this.em)
      .selectFrom('PackageVersion')
      .innerJoin('InstalledPackage', 'InstalledPackage.package', 'PackageVersion.id')
      // Those retired are few: SQLite would begin with the others, one by one.
      .where('InstalledPackage.machine', 'not in', (eb) =>
        eb.selectFrom('Machine').select('Machine.id').where('archivedAt', 'is not', null),
      )
    if (machine) query = query.where('InstalledPackage.machine', '=', machine)
    if (name || search)
      query = query.where('InstalledPackage.package', 'in', (eb) => {
        let wanted = eb.selectFrom('PackageVersion as wanted').select('wanted.id')
        if (name) wanted = wanted.where('wanted.name', '=', name)
        if (version) wanted = wanted.where('wanted.version', '=', version)
        if (search)
          wanted = wanted.where(({ or, ref }) =>
            or([contains(ref('wanted.name'), search), contains(ref('wanted.source'), search)]),
          )
        return wanted
      })
    else if (version) query = query.where('PackageVersion.version', '=', version)
    return seekPage(
      this.em,
      {
        query,
        order: [
          (eb) => eb.ref('PackageVersion.name'),
          (eb) => eb.ref('PackageVersion.version'),
          (eb) => eb.ref('InstalledPackage.id'),
        ],
        direction: 'asc',
      },
      page,
      async (ids: string[]) => inOrder(ids, await selectRows(this.em, InstalledPackage, 'id', ids)),
    )
  }
}
