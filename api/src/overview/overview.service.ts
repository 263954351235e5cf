import type { EntityManager } from '../database/database.ts'
import { tables } from '../database/tables.ts'
import type { Clock } from '../platform/clock.ts'

export class OverviewService {
  constructor(
    private readonly em: EntityManager,
    private readonly clock: Clock,
  ) {}

  machineCounts(): Promise<{ total: number; silent: number }> {
    return tables(this.em)
      .selectFrom('Machine')
      .select((eb) => [
        eb.fn.countAll<number>().as('total'),
        eb.fn.countAll<number>().filterWhere('silentAt', '<=', this.clock()).as('silent'),
      ])
      .where('archivedAt', 'is', null)
      .executeTakeFirstOrThrow()
  }
}
