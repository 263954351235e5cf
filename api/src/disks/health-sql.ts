import { type RawBuilder, sql } from 'kysely'
import { HEALTH_RANK } from './health.ts'
import { goodSince } from './shown-health.ts'

/** Health of a disk as it is shown: the same rule as shown-health.ts. */
export const shownHealthSql = (now: Date): RawBuilder<unknown> =>
  sql`case when health = 'OK' and (missing_since is not null or last_read_at is null or last_read_at < ${goodSince(now).getTime()}) then 'UNKNOWN' else health end`

/** HEALTH_RANK in SQL, the worst first. */
export const healthRankSql = (health: RawBuilder<unknown>): RawBuilder<unknown> =>
  sql`case ${health} ${sql.raw(
    Object.entries(HEALTH_RANK)
      .map(([value, order]) => `when '${value}' then ${-order}`)
      .join(' '),
  )} end`
