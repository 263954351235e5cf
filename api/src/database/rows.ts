import type { EntityMetadata, EntityName, Primary } from '@mikro-orm/core'
import type { Kysely } from 'kysely'
import type { EntityManager } from './database.ts'

// The hot path of a report: plain rows through Kysely, three times as fast as the unit of work (docs/performance.md).
// Rows speak the entities' property names; a relation is the id that it points to.

type Column<V> =
  NonNullable<V> extends string | number | boolean | Date | Buffer | readonly unknown[] | Json
    ? V
    : NonNullable<V> extends { id: unknown }
      ? Primary<NonNullable<V>> | Extract<V, null>
      : V
type Json = Record<string, unknown>
export type Row<E> = { [P in keyof E as P extends string ? P : never]: Column<E[P]> }

interface Codec {
  property: string
  column: string
  write(value: unknown): unknown
  read(value: unknown): unknown
}

const same = (value: unknown): unknown => value
const kinds: Record<string, Pick<Codec, 'write' | 'read'>> = {
  Date: {
    write: (value) => value && Number(value),
    read: (value) => (value === null ? null : new Date(value as number)),
  },
  boolean: {
    write: (value) => (value === null ? null : Number(value)),
    read: (value) => (value === null ? null : value === 1),
  },
  json: {
    write: (value) => (value === null || value === undefined ? null : JSON.stringify(value)),
    read: (value) => (value === null ? null : JSON.parse(value as string)),
  },
  plain: { write: same, read: same },
}

const codecs = new WeakMap<EntityMetadata, Codec[]>()

function codecsOf(metadata: EntityMetadata): Codec[] {
  let found = codecs.get(metadata)
  if (!found) {
    found = metadata.props
      .filter((property) => property.fieldNames?.length === 1)
      .map((property) => ({
        property: property.name,
        column: property.fieldNames[0] as string,
        ...(kinds[property.type === 'JsonType' ? 'json' : property.runtimeType] ?? (kinds['plain'] as Codec)),
      }))
    codecs.set(metadata, found)
  }
  return found
}

const tableOf = <E extends object>(em: EntityManager, entity: EntityName<E>) => {
  const metadata = em.getMetadata().get(entity)
  return {
    table: metadata.tableName,
    codecs: codecsOf(metadata as unknown as EntityMetadata),
    // The statements are built from the entities' metadata at run time, so that their types are Row<E> and not Kysely's.
    kysely: em.getKysely() as unknown as Kysely<Record<string, Record<string, unknown>>>,
  }
}

const columnOf = (codecs: Codec[], property: string): string =>
  codecs.find((codec) => codec.property === property)?.column ?? property

const encode = (codecs: Codec[], row: object): Record<string, unknown> => {
  const columns: Record<string, unknown> = {}
  for (const { property, column, write } of codecs) {
    if (property in row) columns[column] = write((row as Record<string, unknown>)[property])
  }
  return columns
}

/** All rows of one call have the same properties. */
export async function insertRows<E extends object>(em: EntityManager, entity: EntityName<E>, rows: Partial<Row<E>>[]) {
  if (rows.length === 0) return
  const { table, codecs, kysely } = tableOf(em, entity)
  await kysely
    .insertInto(table)
    .values(rows.map((row) => encode(codecs, row)))
    .execute()
}

/** Inserts rows and tells the integer key that each was given, by the value of a property that differs in each. */
export async function insertNumbered<E extends object>(
  em: EntityManager,
  entity: EntityName<E>,
  rows: Partial<Row<E>>[],
  by: keyof Row<E> & string,
): Promise<Map<unknown, number>> {
  if (rows.length === 0) return new Map()
  const { table, codecs, kysely } = tableOf(em, entity)
  const column = columnOf(codecs, by)
  const inserted = await kysely
    .insertInto(table)
    .values(rows.map((row) => encode(codecs, row)))
    .returning(['id', column])
    .execute()
  return new Map(inserted.map((row) => [row[column], row['id'] as number]))
}

/** Inserts whole rows, or writes them over those with the same key. */
export async function upsertRows<E extends object>(
  em: EntityManager,
  entity: EntityName<E>,
  rows: Partial<Row<E>>[],
  key: string[] = ['id'],
) {
  if (rows.length === 0) return
  const { table, codecs, kysely } = tableOf(em, entity)
  const values = rows.map((row) => encode(codecs, row))
  const others = Object.keys(values[0] ?? {}).filter((column) => !key.includes(column))
  await kysely
    .insertInto(table)
    .values(values)
    .onConflict((conflict) =>
      others.length === 0
        ? conflict.columns(key).doNothing()
        : conflict
            .columns(key)
            .doUpdateSet((eb) => Object.fromEntries(others.map((column) => [column, eb.ref(`excluded.${column}`)]))),
    )
    .execute()
}

/** Writes some columns of one row. */
export async function updateRow<E extends object>(
  em: EntityManager,
  entity: EntityName<E>,
  id: string,
  changes: Partial<Row<E>>,
) {
  const { table, codecs, kysely } = tableOf(em, entity)
  await kysely.updateTable(table).set(encode(codecs, changes)).where('id', '=', id).execute()
}

/** The rows of which `property` is one of `values`. */
export async function selectRows<E extends object>(
  em: EntityManager,
  entity: EntityName<E>,
  property: keyof Row<E> & string,
  values: readonly unknown[],
  refine: Partial<Record<keyof Row<E> & string, null>> = {},
): Promise<Row<E>[]> {
  if (values.length === 0) return []
  const { table, codecs, kysely } = tableOf(em, entity)
  let query = kysely
    .selectFrom(table)
    .select(codecs.filter((codec) => codec.property !== 'storageGraph').map((codec) => codec.column))
  query = query.where(columnOf(codecs, property), 'in', values)
  for (const name of Object.keys(refine)) query = query.where(columnOf(codecs, name), 'is', null)
  return decode<E>(codecs, await query.execute())
}

export const decodeRows = <E extends object>(
  em: EntityManager,
  entity: EntityName<E>,
  found: Record<string, unknown>[],
): Row<E>[] => decode<E>(tableOf(em, entity).codecs, found)

const decode = <E>(codecs: Codec[], found: Record<string, unknown>[]): Row<E>[] =>
  found.map((columns) => {
    const row: Record<string, unknown> = {}
    for (const { property, column, read } of codecs) if (column in columns) row[property] = read(columns[column])
    return row as Row<E>
  })
