import type { InstalledPackageFacts } from '@vigie/agent/report'
import type { EntityManager } from '../database/database.ts'
import { replaceRows, selectRows } from '../database/rows.ts'
import { tables } from '../database/tables.ts'
import { InstalledPackage } from './installed-package.entity.ts'
import { differencesOf, installedOf, type PackageKnown, packageOf } from './package-changes.ts'
import type { PackageDifference } from '../events/package-difference.ts'
import { PackageVersion } from './package-version.entity.ts'

/** Rows of five columns: SQLite takes 32,766 parameters in one statement. */
const AT_ONCE = 5000

/** Records what is installed on a machine, inside of a report's transaction. */
export class PackagesRecorder {
  constructor(private readonly em: EntityManager) {}

  /** Gives what is another than before. */
  async record(machine: string, told: readonly InstalledPackageFacts[], at: Date): Promise<PackageDifference[]> {
    const known = await selectRows(this.em, InstalledPackage, 'machine', [machine])
    const had = new Set(known.map((row) => row.package))
    const packages = new Map(told.map(packageOf).map((each) => [each.id, each]))
    const come = [...packages.values()].filter(({ id }) => !had.has(id))
    const goneIds = known.map((row) => row.package).filter((id) => !packages.has(id))
    await this.keep(come)
    await replaceRows(this.em, InstalledPackage, {
      known,
      told: installedOf(machine, told, known, at),
      keyOf: (row) => row.package,
    })
    return differencesOf(await selectRows(this.em, PackageVersion, 'id', goneIds), come)
  }

  /**
   * Those that no machine had before. What is there already is written as it is, so that nobody deletes it meanwhile; in one
   * order, so that two reports never wait for each other.
   */
  private async keep(packages: readonly PackageKnown[]): Promise<void> {
    const sorted = packages.toSorted((a, b) => (a.id < b.id ? -1 : 1))
    for (let from = 0; from < sorted.length; from += AT_ONCE)
      await tables(this.em)
        .insertInto('PackageVersion')
        .values(sorted.slice(from, from + AT_ONCE))
        .onConflict((conflict) => conflict.column('id').doUpdateSet((eb) => ({ id: eb.ref('excluded.id') })))
        .execute()
  }
}
