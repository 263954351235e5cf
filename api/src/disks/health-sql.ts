import type { Expression, ExpressionBuilder, ExpressionWrapper } from 'kysely'
import { literal } from '../database/literal.ts'
import { ranked } from '../database/ranked.ts'
import type { Tables } from '../database/tables.ts'
import { Health, HEALTH_RANK } from './health.ts'
import { goodSince } from './shown-health.ts'

/** Health of a disk as it is shown: the same rule as shown-health.ts. */
export const shownHealthSql = (
  eb: ExpressionBuilder<Tables, 'Disk'>,
  now: Date,
): ExpressionWrapper<Tables, 'Disk', Health> =>
  eb
    .case()
    .when(
      eb.and([
        eb('health', '=', literal(Health.OK)),
        eb.or([
          eb('missingSince', 'is not', null),
          eb('lastReadAt', 'is', null),
          eb('lastReadAt', '<', goodSince(now)),
        ]),
      ]),
    )
    .then(literal<Health>(Health.UNKNOWN))
    .else(eb.ref('health'))
    .end()

const WORST_FIRST = Object.fromEntries(Object.entries(HEALTH_RANK).map(([health, rank]) => [health, -rank]))

/** HEALTH_RANK in SQL, the worst first. */
export const healthRankSql = (health: Expression<Health>): Expression<number> => ranked(health, WORST_FIRST)
