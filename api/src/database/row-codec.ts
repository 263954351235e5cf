import type { EntityMetadata, EntityName } from '@mikro-orm/core'
import type { EntityManager } from './database.ts'
import { type Engine, engineOf } from './engine.ts'

/** What a statement is given, and what a row of its answer holds. */
export type Value = string | number | boolean | Date | Buffer | null
export type Columns = Record<string, Value>

interface Kind {
  write(value: unknown): Value
  read(value: unknown): unknown
}

interface Codec extends Kind {
  property: string
  column: string
  lazy: boolean
  /** The column's type, which PostgreSQL wants to be told where nothing else says it. */
  type: string
}

/** The table of an entity, in the words of one database. */
export interface Table {
  entity: string
  name: string
  codecs: Codec[]
  engine: Engine['name']
  column(property: string): string
}

const asItIs: Kind = { write: (value) => (value ?? null) as Value, read: (value) => value }

const json = (write: (value: unknown) => string, read: (kept: unknown) => unknown): Kind => ({
  write: (value) => (value === null || value === undefined ? null : write(value)),
  read: (kept) => (kept === null ? null : read(kept)),
})

/** SQLite knows numbers, texts and bytes. */
const SQLITE = new Map<string, Kind>([
  ['JsonType', json(JSON.stringify, (kept) => JSON.parse(kept as string))],
  [
    'Date',
    {
      write: (value) => (value === null ? null : Number(value)),
      read: (kept) => (kept === null ? null : new Date(kept as number)),
    },
  ],
  [
    'boolean',
    {
      write: (value) => (value === null ? null : Number(value)),
      read: (kept) => (kept === null ? null : kept === 1),
    },
  ],
])

/** PostgreSQL's driver knows the rest. */
const POSTGRESQL = new Map<string, Kind>([['JsonType', json(cleanJson, (kept) => kept)]])

const known = new WeakMap<EntityMetadata, Table>()

export function tableOf<E extends object>(em: EntityManager, entity: EntityName<E>): Table {
  const metadata = em.getMetadata().get(entity) as unknown as EntityMetadata
  const before = known.get(metadata)
  if (before) return before
  const engine = engineOf(em).name
  const kinds = engine === 'SQLite' ? SQLITE : POSTGRESQL
  const codecs = metadata.props
    .filter((property) => property.fieldNames?.length === 1)
    .map((property): Codec => {
      const type = property.columnTypes[0] ?? 'text'
      const kind = kinds.get(property.type) ?? kinds.get(property.runtimeType)
      return {
        property: property.name,
        column: property.fieldNames[0] as string,
        lazy: Boolean(property.lazy),
        type: type.replace('serial', 'int'),
        ...(kind ?? asItIs),
      }
    })
  const columns = new Map(codecs.map(({ property, column }) => [property, column]))
  const table: Table = {
    entity: metadata.className,
    name: metadata.tableName,
    codecs,
    engine,
    column: (property) => columns.get(property) ?? property,
  }
  known.set(metadata, table)
  return table
}

export function encode({ codecs }: Table, row: object): Columns {
  const columns: Columns = {}
  for (const { property, column, write } of codecs) {
    const value = (row as Record<string, unknown>)[property]
    if (value !== undefined) columns[column] = write(value)
  }
  return columns
}

export function decode({ codecs }: Table, columns: Columns): Record<string, unknown> {
  const row: Record<string, unknown> = {}
  for (const { property, column, read } of codecs) if (column in columns) row[property] = read(columns[column])
  return row
}

/**
 * JSON as PostgreSQL can keep it, and the same whichever order its fields come in: jsonb has an order of its own, and
 * what is read must not look changed. JSON.stringify escapes NUL, and halves of surrogate pairs where they stand alone.
 */
export function cleanJson(value: unknown): string {
  return JSON.stringify(byField(value)).replace(/(?<!\\)((?:\\\\)*)\\u(?:0000|d[89a-f]..)/g, '$1\uFFFD')
}

function byField(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(byField)
  if (typeof value !== 'object' || value === null || value instanceof Date) return value
  const fields = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(fields.map(([name, field]) => [name, byField(field)]))
}

/** A text as PostgreSQL can keep it. */
export function cleanText(text: string): string {
  return (text.includes('\0') ? text.replaceAll('\0', '\uFFFD') : text).toWellFormed()
}
