import { type Expression, type RawBuilder, type SqlBool, sql } from 'kysely'
import type { EntityManager } from './database.ts'
import { engineOf } from './engine.ts'
import { cleanJson } from './row-codec.ts'

/** What SQLite and PostgreSQL say in different words. All else is said by the builder, once for both. */
export interface Dialect {
  /** Whether a column contains a text, whatever the case of its ASCII letters. */
  contains(column: Expression<unknown>, text: string): RawBuilder<SqlBool>
  endsWith(column: Expression<unknown>, text: string): RawBuilder<SqlBool>
  /** A time in milliseconds since 1970. */
  milliseconds(time: Expression<unknown>): RawBuilder<number>
  /** The whole number of times that `divisor` is in a number that is not negative. */
  quotient(number: Expression<unknown>, divisor: number): RawBuilder<number>
  /** The texts of a JSON list, as a table with the column `value`. */
  textsOf(list: Expression<unknown>): RawBuilder<{ value: string }>
  /** A JSON object without some of its keys. */
  without(object: Expression<unknown>, keys: readonly string[]): RawBuilder<unknown>
  /** A JSON object with some of its keys written anew; null = without that key. Their values are no objects. */
  patched<T>(object: Expression<T>, changes: Readonly<Record<string, unknown>>): RawBuilder<T>
  /** Whether a part of a JSON object, which its path leads to, is a value of the same kind. */
  holds(object: Expression<unknown>, path: readonly string[], value: unknown): RawBuilder<SqlBool>
}

/** `%` and `_` in what somebody searches for mean themselves. */
const escaped = (text: string): string => text.replace(/[\\%_]/g, (character) => `\\${character}`)

const sqlite: Dialect = {
  contains: (column, text) => sql`${column} like ${`%${escaped(text)}%`} escape '\\'`,
  endsWith: (column, text) => sql`${column} like ${`%${escaped(text)}`} escape '\\'`,
  milliseconds: (time) => sql`${time}`,
  quotient: (number, divisor) => sql`((${number}) / ${sql.lit(divisor)})`,
  textsOf: (list) => sql`json_each(${list})`,
  without: (object, keys) => sql`json_remove(${object}, ${sql.join(keys.map((key) => sql.lit(`$."${key}"`)))})`,
  patched: (object, changes) => sql`json_patch(${object}, ${JSON.stringify(changes)})`,
  holds: (object, path, value) => {
    const [part, wanted] = [`$.${path.join('.')}`, JSON.stringify([value])]
    // Of one kind as well: in SQLite 1 and true are the same.
    return sql`(json_extract(${object}, ${part}) is json_extract(${wanted}, '$[0]')
      and json_type(${object}, ${part}) is json_type(${wanted}, '$[0]'))`
  },
}

const postgresql: Dialect = {
  contains: (column, text) => sql`${column} ilike ${`%${escaped(text)}%`} escape '\\'`,
  endsWith: (column, text) => sql`${column} ilike ${`%${escaped(text)}`} escape '\\'`,
  milliseconds: (time) => sql`(extract(epoch from ${time}) * 1000)::bigint`,
  quotient: (number, divisor) => sql`((${number}) / ${sql.lit(divisor)})::bigint`,
  textsOf: (list) => sql`jsonb_array_elements_text(${list})`,
  without: (object, keys) => sql`(${object} - array[${sql.join(keys.map((key) => sql.lit(key)))}])`,
  patched: (object, changes) => {
    const removed = Object.keys(changes).filter((key) => changes[key] === null)
    const written = Object.entries(changes).filter(([, value]) => value !== null)
    return sql`((${object} - ${removed}::text[]) || ${cleanJson(Object.fromEntries(written))}::jsonb)`
  },
  holds: (object, path, value) => sql`(${object} #> ${path}::text[]) = ${cleanJson(value ?? null)}::jsonb`,
}

export const dialectOf = (em: EntityManager): Dialect => (engineOf(em).name === 'SQLite' ? sqlite : postgresql)
