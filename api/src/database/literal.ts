import { sql } from 'kysely'

/**
 * A constant that stands in the text of a statement and is not bound: only so does SQLite know that an index on a part
 * of a table, or on an expression, holds what is asked for (https://sqlite.org/partialindex.html).
 */
export const literal = <T extends string>(constant: T) => sql.lit(constant)
