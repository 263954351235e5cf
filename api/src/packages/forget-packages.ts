import type { EntityManager } from '../database/database.ts'
import { tables } from '../database/tables.ts'

/** Versions that no machine has any more. Where one is told anew at this moment, the database refuses, and it stays. */
export async function forgetPackages(em: EntityManager): Promise<void> {
  await tables(em)
    .deleteFrom('PackageVersion')
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom('InstalledPackage')
            .select('InstalledPackage.id')
            .whereRef('InstalledPackage.package', '=', 'PackageVersion.id'),
        ),
      ),
    )
    .execute()
}
