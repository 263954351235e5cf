import { type Expression, type RawBuilder, sql } from 'kysely'

/** The rank of each value of a column, for ordering and comparing; null where it is none of them. */
export const ranked = (column: Expression<unknown>, ranks: Readonly<Record<string, number>>): RawBuilder<number> =>
  sql`case ${column} ${sql.join(
    Object.entries(ranks).map(([value, rank]) => sql`when ${sql.lit(value)} then ${sql.lit(rank)}`),
    sql` `,
  )} end`
