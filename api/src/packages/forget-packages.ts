import type { EntityManager } from '../database/database.ts'
import { tables } from '../database/tables.ts'
import { inTransaction } from '../database/transaction.ts'

const AT_ONCE = 1000

/** Versions that no machine has any more, some at a time: others may write between two. */
export async function forgetPackages(em: EntityManager, isStopping: () => boolean): Promise<void> {
  for (;;) {
    // One that is told anew at this moment lets the transaction begin anew.
    const deleted = await inTransaction(em, async (own) => {
      const { numDeletedRows } = await tables(own)
        .deleteFrom('PackageVersion')
        .where('id', 'in', (eb) =>
          eb
            .selectFrom('PackageVersion')
            .leftJoin('InstalledPackage', 'InstalledPackage.package', 'PackageVersion.id')
            .select('PackageVersion.id')
            .where('InstalledPackage.id', 'is', null)
            .limit(AT_ONCE),
        )
        .executeTakeFirstOrThrow()
      return Number(numDeletedRows)
    })
    if (deleted < AT_ONCE || isStopping()) return
  }
}
