import { NotFoundError } from '../platform/errors.ts'
import type { EntityMetadata, EntityName, Primary } from '@mikro-orm/core'
import { CompiledQuery } from 'kysely'
import type { EntityManager } from './database.ts'

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

type Value = string | number | Buffer | null
interface Codec {
  property: string
  column: string
  lazy: boolean
  write(value: unknown): Value
  read(value: Value): unknown
}

type Kind = Pick<Codec, 'write' | 'read'>
const plain: Kind = { write: (value) => (value ?? null) as Value, read: (value) => value }
const json: Kind = {
  write: (value) => (value === null || value === undefined ? null : JSON.stringify(value)),
  read: (value) => (value === null ? null : JSON.parse(value as string)),
}
const date: Kind = {
  write: (value) => (value === null ? null : Number(value)),
  read: (value) => (value === null ? null : new Date(value as number)),
}
const boolean: Kind = {
  write: (value) => (value === null ? null : Number(value)),
  read: (value) => (value === null ? null : value === 1),
}
/** By the type of the property. */
const kinds = new Map([
  ['Date', date],
  ['boolean', boolean],
])

interface Table {
  name: string
  codecs: Codec[]
  column(property: string): string
}
const tables = new WeakMap<EntityMetadata, Table>()

function tableOf<E extends object>(em: EntityManager, entity: EntityName<E>): Table {
  const metadata = em.getMetadata().get(entity) as unknown as EntityMetadata
  const known = tables.get(metadata)
  if (known) return known
  const codecs = metadata.props
    .filter((property) => property.fieldNames?.length === 1)
    .map((property) => ({
      property: property.name,
      column: property.fieldNames[0] as string,
      lazy: Boolean(property.lazy),
      ...(property.type === 'JsonType' ? json : (kinds.get(property.runtimeType) ?? plain)),
    }))
  const columns = new Map(codecs.map(({ property, column }) => [property, column]))
  const table = { name: metadata.tableName, codecs, column: (property: string) => columns.get(property) ?? property }
  tables.set(metadata, table)
  return table
}

type Columns = Record<string, Value>

const encode = ({ codecs }: Table, row: object): Columns => {
  const columns: Columns = {}
  for (const { property, column, write } of codecs) {
    const value = (row as Record<string, unknown>)[property]
    if (value !== undefined) columns[column] = write(value)
  }
  return columns
}

/** What each loaded row held in the database. */
const loaded = new WeakMap<object, Columns>()

const run = async (em: EntityManager, text: string, parameters: readonly Value[]): Promise<Columns[]> =>
  (await em.getKysely().executeQuery<Columns>(CompiledQuery.raw(text, [...parameters]))).rows

const name = (identifier: string): string => `"${identifier}"`
const marks = (count: number): string => Array.from({ length: count }, () => '?').join(', ')

/** Rows from columns that a query of one's own selected. */
export function decodeRows<E extends object>(
  em: EntityManager,
  entity: EntityName<E>,
  found: Record<string, unknown>[],
): Row<E>[] {
  const { codecs } = tableOf(em, entity)
  return found.map((columns) => {
    const row: Record<string, unknown> = {}
    for (const { property, column, read } of codecs) {
      if (column in columns) row[property] = read(columns[column] as Value)
    }
    loaded.set(row, columns as Columns)
    return row as Row<E>
  })
}

/** The columns of an entity that a row holds, for queries of one's own; what is loaded lazily is left out. */
export const columnsOf = <E extends object>(em: EntityManager, entity: EntityName<E>): string =>
  tableOf(em, entity)
    .codecs.filter(({ lazy }) => !lazy)
    .map(({ column }) => name(column))
    .join(', ')

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
  const wanted = values.filter((value): value is Value => value !== undefined)
  if (wanted.length === 0) return []
  const table = tableOf(em, entity)
  const others = Object.entries(encode(table, also))
  const conditions = [
    `${name(table.column(property))} in (${marks(wanted.length)})`,
    ...others.map(([column]) => `${name(column)} = ?`),
  ]
  const text = `select ${columnsOf(em, entity)} from ${name(table.name)} where ${conditions.join(' and ')}`
  return decodeRows(em, entity, await run(em, text, [...wanted, ...others.map(([, value]) => value)]))
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
  const tuple = `(${marks(columns.length)})`
  return chunked(encoded, columns.length).map((some) => ({
    text: `insert into ${name(table.name)} (${columns.map(name).join(', ')}) values ${some.map(() => tuple).join(', ')}`,
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
  for (const row of added) loaded.set(row, encode(table, row))
  const groups = new Map<string, { columns: string[]; rows: Columns[] }>()
  for (const row of rows) {
    const before = loaded.get(row)
    if (!before) continue
    const after = encode(table, row)
    const columns = Object.keys(after).filter((column) => after[column] !== before[column])
    if (columns.length === 0) continue
    const key = columns.join()
    const group = groups.get(key) ?? { columns, rows: [] }
    groups.set(key, group)
    group.rows.push(after)
    loaded.set(row, { ...before, ...after })
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
  const tuple = `(${marks(columns.length + 1)})`
  const set = columns.map((column, index) => `${name(column)} = v.column${index + 2}`).join(', ')
  const text = `update ${name(table.name)} set ${set} from (values ${rows.map(() => tuple).join(', ')}) as v where ${name(table.name)}.id = v.column1`
  await run(
    em,
    text,
    rows.flatMap((row) => [row['id'] ?? null, ...columns.map((column) => row[column] ?? null)]),
  )
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
