import { newId } from '../platform/id.ts'
import { NotFoundError } from '../platform/errors.ts'
import type { EntityName, Primary } from '@mikro-orm/core'
import { CompiledQuery, type SelectQueryBuilder } from 'kysely'
import type { EntityManager } from './database.ts'
import { type Columns, decode, encode, type Table, tableOf, type Value } from './row-codec.ts'
import { type TableName, type Tables, tables } from './tables.ts'

// The hot path of a report: plain rows instead of the unit of work, several times as fast (docs/performance.md).
// Rows speak the entities' property names; a relation is the id that it points to. What was loaded is remembered, so
// that saving writes only what changed: an index is touched only where its columns did.

type Json = Record<string, unknown>
type Column<V> =
  NonNullable<V> extends string | number | boolean | Date | Buffer | readonly unknown[] | Json
    ? V
    : NonNullable<V> extends { id: unknown }
      ? Primary<NonNullable<V>> | Extract<V, null>
      : V
export type Row<E> = { [P in keyof E as P extends string ? P : never]: Column<E[P]> }

/** What each loaded row held in the database. */
const loaded = new WeakMap<object, Columns>()

/** What the rows that a transaction saved held before it. */
const before = new WeakMap<EntityManager, Map<object, Columns | undefined>>()

function notice(em: EntityManager, row: object, columns: Columns): void {
  const saved = before.get(em) ?? new Map<object, Columns | undefined>()
  before.set(em, saved)
  if (!saved.has(row)) saved.set(row, loaded.get(row))
  loaded.set(row, columns)
}

/** After a transaction that was not committed: what it saved is still to be saved. */
export function forgetSaved(em: EntityManager): void {
  for (const [row, columns] of before.get(em) ?? []) {
    if (columns) loaded.set(row, columns)
    else loaded.delete(row)
  }
}

const run = async (em: EntityManager, text: string, parameters: readonly Value[]): Promise<Columns[]> =>
  (await em.getKysely().executeQuery<Columns>(CompiledQuery.raw(text, [...parameters]))).rows

const name = (identifier: string): string => `"${identifier}"`

/** Places for parameters, the first of which is the one after `before` others. */
const marks = ({ engine }: Table, count: number, before = 0): string =>
  Array.from({ length: count }, (_, index) => (engine === 'SQLite' ? '?' : `$${before + index + 1}`)).join(', ')

/** Rows of the database, remembered as they are there. */
function remember<E extends object>(table: Table, found: readonly Columns[]): Row<E>[] {
  return found.map((columns) => {
    const row = decode(table, columns)
    // PostgreSQL's driver reads JSON: what was its text is found by writing it again.
    loaded.set(row, table.engine === 'SQLite' ? columns : encode(table, row))
    return row as Row<E>
  })
}

const isSame = (a: Value | undefined, b: Value | undefined): boolean =>
  a instanceof Date && b instanceof Date ? a.getTime() === b.getTime() : a === b

type Query<E> = SelectQueryBuilder<Tables, TableName<E>, object>

/** Whole rows, but for what is loaded lazily, of those that `refine` asks for: its `where`, order and limit. */
export async function findRows<E extends object>(
  em: EntityManager,
  entity: EntityName<E>,
  refine: (query: Query<E>) => Query<E>,
): Promise<Row<E>[]> {
  const table = tableOf(em, entity)
  const all = tables(em).selectFrom(table.entity as TableName<E>) as Query<E>
  const columns = table.codecs.filter(({ lazy }) => !lazy).map(({ property }) => `${table.entity}.${property}`)
  const query = refine(all)
  // To name each column takes the builder longer than SQLite the query.
  const whole = columns.length === table.codecs.length ? query.selectAll() : query.select(columns as never)
  // What it compiled is run without it: a row remembers how its values are kept.
  const { rows } = await em.getKysely().executeQuery<Columns>(whole.compile())
  return remember(table, rows)
}

/** The row of an id. Errors: NOT_FOUND */
export async function requireRow<E extends object>(
  em: EntityManager,
  entity: EntityName<E>,
  id: string,
  what: string,
): Promise<Row<E>> {
  const [row] = await selectRows(em, entity, 'id' as keyof Row<E> & string, [id])
  if (!row) throw new NotFoundError(what, `the id ${id}`)
  return row
}

/** The rows of which `property` is one of `values`, and all of `also` holds. */
export async function selectRows<E extends object>(
  em: EntityManager,
  entity: EntityName<E>,
  property: keyof Row<E> & string,
  values: readonly (Value | undefined)[],
  also: Partial<Row<E>> = {},
): Promise<Row<E>[]> {
  const wanted = [...new Set(values.filter((value): value is Value => value !== undefined))]
  const found: Row<E>[] = []
  for (let at = 0; at < wanted.length; at += MOST_VALUES)
    found.push(...(await selectSome(em, entity, property, { values: wanted.slice(at, at + MOST_VALUES), also })))
  return found
}

/** SQLite takes 32,766 parameters in one statement, PostgreSQL 65,535. */
const MOST_VALUES = 10_000

async function selectSome<E extends object>(
  em: EntityManager,
  entity: EntityName<E>,
  property: keyof Row<E> & string,
  { values: wanted, also }: { values: readonly Value[]; also: Partial<Row<E>> },
): Promise<Row<E>[]> {
  const table = tableOf(em, entity)
  const told = Object.entries(encode(table, also))
  const others = told.filter(([, value]) => value !== null)
  const conditions = [
    `${name(table.column(property))} in (${marks(table, wanted.length)})`,
    ...told.filter(([, value]) => value === null).map(([column]) => `${name(column)} is null`),
    ...others.map(([column], index) => `${name(column)} = ${marks(table, 1, wanted.length + index)}`),
  ]
  const columns = table.codecs.filter(({ lazy }) => !lazy).map(({ column }) => name(column))
  const text = `select ${columns.join(', ')} from ${name(table.name)} where ${conditions.join(' and ')}`
  return remember(table, await run(em, text, [...wanted, ...others.map(([, value]) => value)]))
}

/** Inserts new rows; all of one call have the same properties. */
export async function insertRows<E extends object>(
  em: EntityManager,
  entity: EntityName<E>,
  rows: readonly Partial<Row<E>>[],
): Promise<void> {
  const table = tableOf(em, entity)
  for (const { text, parameters } of insertionsOf(table, rows)) await run(em, text, parameters)
}

/** Inserts rows and tells the integer key that each was given, by the value of a property that differs in each. */
export async function insertNumbered<E extends object>(
  em: EntityManager,
  entity: EntityName<E>,
  rows: readonly Partial<Row<E>>[],
  by: keyof Row<E> & string,
): Promise<Map<unknown, number>> {
  const table = tableOf(em, entity)
  const key = table.column(by)
  const found: Columns[] = []
  for (const { text, parameters } of insertionsOf(table, rows)) {
    found.push(...(await run(em, `${text} returning id, ${name(key)}`, parameters)))
  }
  return new Map(found.map((columns) => [columns[key], columns['id'] as number]))
}

/** SQLite takes 32,766 parameters in one statement. */
const MOST_PARAMETERS = 32_000
const chunked = <T>(items: readonly T[], parametersEach: number): T[][] => {
  const size = Math.max(1, Math.floor(MOST_PARAMETERS / parametersEach))
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  )
}

function insertionsOf(table: Table, rows: readonly object[]): { text: string; parameters: Value[] }[] {
  const encoded = rows.map((row) => encode(table, row))
  const columns = Object.keys(encoded[0] ?? {})
  if (columns.length === 0) return []
  const tuple = (_: unknown, index: number): string => `(${marks(table, columns.length, index * columns.length)})`
  return chunked(encoded, columns.length).map((some) => ({
    text: `insert into ${name(table.name)} (${columns.map(name).join(', ')}) values ${some.map(tuple).join(', ')}`,
    parameters: some.flatMap((row) => columns.map((column) => row[column] ?? null)),
  }))
}

/** Saves rows: a loaded one by writing what changed in it, a new one by inserting it. */
export async function saveRows<E extends object>(
  em: EntityManager,
  entity: EntityName<E>,
  rows: readonly Row<E>[],
): Promise<void> {
  const table = tableOf(em, entity)
  const added = rows.filter((row) => !loaded.has(row)) as unknown as Partial<Row<E>>[]
  await insertRows(em, entity, added)
  for (const row of added) notice(em, row, encode(table, row))
  const groups = new Map<string, { columns: string[]; rows: Columns[] }>()
  for (const row of rows) {
    const known = loaded.get(row)
    if (!known) continue
    const after = encode(table, row)
    const columns = Object.keys(after).filter((column) => !isSame(after[column], known[column]))
    if (columns.length === 0) continue
    const key = columns.join()
    const group = groups.get(key) ?? { columns, rows: [] }
    groups.set(key, group)
    group.rows.push(after)
    notice(em, row, { ...known, ...after })
  }
  for (const { columns, rows: alike } of groups.values()) {
    for (const some of chunked(alike, columns.length + 1)) await updateAlike(em, table, { columns, rows: some })
  }
}

/** One statement for all rows of which the same columns changed. Both SQLite and PostgreSQL name them column1, column2 … */
async function updateAlike(
  em: EntityManager,
  table: Table,
  { columns, rows }: { columns: string[]; rows: Columns[] },
): Promise<void> {
  const width = columns.length + 1
  const tuple = (_: unknown, index: number): string => `(${marks(table, width, index * width)})`
  const typeOf = new Map(table.codecs.map(({ column, type }) => [column, type]))
  // Of a list of values PostgreSQL knows no types, and SQLite needs none.
  const value = (column: string, index: number): string =>
    table.engine === 'SQLite' ? `v.column${index}` : `v.column${index}::${typeOf.get(column)}`
  const set = columns.map((column, index) => `${name(column)} = ${value(column, index + 2)}`).join(', ')
  const text = `update ${name(table.name)} set ${set} from (values ${rows.map(tuple).join(', ')}) as v where ${name(table.name)}.id = ${value('id', 1)}`
  await run(
    em,
    text,
    rows.flatMap((row) => [row['id'] ?? null, ...columns.map((column) => row[column] ?? null)]),
  )
}

/**
 * Makes of all rows that are known of something those that are told of it now: what stays keeps its id, what is not told any
 * more goes. `keyOf` tells which is which.
 */
export async function replaceRows<E extends { id: string }>(
  em: EntityManager,
  entity: EntityName<E>,
  {
    known,
    told,
    keyOf,
  }: {
    known: readonly Row<E>[]
    told: readonly Omit<Row<E>, 'id'>[]
    keyOf: (row: Omit<Row<E>, 'id'>) => string
  },
): Promise<void> {
  const byKey = new Map(known.map((row) => [keyOf(row), row]))
  const rows = told.map((facts) => Object.assign(byKey.get(keyOf(facts)) ?? { id: newId() }, facts) as Row<E>)
  const stay = new Set(rows)
  const gone = known.filter((row) => !stay.has(row)).map(({ id }) => id as Value)
  await saveRows(em, entity, rows)
  const table = tableOf(em, entity)
  for (const ids of chunked(gone, 1))
    await run(em, `delete from ${name(table.name)} where id in (${marks(table, ids.length)})`, ids)
}

/** Writes some columns of one row that need not have been loaded. */
export async function updateRow<E extends object>(
  em: EntityManager,
  entity: EntityName<E>,
  id: string,
  changes: Partial<Row<E>>,
): Promise<void> {
  const table = tableOf(em, entity)
  const columns = encode(table, changes)
  await updateAlike(em, table, { columns: Object.keys(columns), rows: [{ ...columns, id }] })
}
