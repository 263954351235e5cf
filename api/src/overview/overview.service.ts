import { sql } from 'kysely'
import type { EntityManager } from '../database/database.ts'
import type { Clock } from '../platform/clock.ts'

export class OverviewService {
  constructor(
    private readonly em: EntityManager,
    private readonly clock: Clock,
  ) {}

  async machineCounts(): Promise<{ total: number; silent: number }> {
    const { rows } = await sql<{ total: number; silent: number }>`select count(*) as total,
      coalesce(sum(silent_at <= ${this.clock().getTime()}), 0) as silent from machine where archived_at is null`.execute(
      this.em.getKysely(),
    )
    return rows[0] ?? { total: 0, silent: 0 }
  }
}
