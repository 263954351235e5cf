import { createHash, type Hash } from 'node:crypto'
import type { EntityMetadata, EntityName } from '@mikro-orm/core'
import { sql } from 'kysely'
import type { EntityManager, Orm } from './database.ts'
import { DatabaseCopyError } from './database-errors.ts'
import { engineOf } from './engine.ts'
import { entities } from './entities.ts'
import { cleanJson, type Columns, decode, type Table, tableOf } from './row-codec.ts'
import { insertRows } from './rows.ts'

const BATCH = 500
const ALL: readonly EntityName<object>[] = entities

export interface CopiedTable {
  name: string
  rows: number
}

/** How far the copying is: rows of one table, of so many. */
export type Progress = (table: string, done: number, all: number) => void

/**
 * Copies everything that one database holds into another, which is empty but for its tables. One transaction there: all
 * of it, or nothing, so that it can simply be done again. Every table is then read again in both, and must be the same.
 * Errors: DATABASE_COPY
 */
export async function copyInstallation(from: Orm, to: Orm, progress: Progress): Promise<CopiedTable[]> {
  const source = from.em.fork()
  const copied: CopiedTable[] = []
  await to.em.fork().transactional(async (target) => {
    for (const entity of ALL) await mustBeEmpty(target, tableOf(target, entity))
    await engineOf(target).beginCopy(target)
    for (const entity of ALL) {
      const table = tableOf(source, entity)
      const all = await countOf(source, table)
      const before = new Digest()
      let done = 0
      for await (const rows of batches(source, table, keyOf(source, entity))) {
        for (const row of rows) before.add(row)
        await insertRows(target, entity, rows)
        progress(table.name, (done += rows.length), all)
      }
      const after = new Digest()
      for await (const rows of batches(target, tableOf(target, entity), keyOf(target, entity)))
        for (const row of rows) after.add(row)
      if (before.rows !== all || after.rows !== all || before.hex() !== after.hex())
        throw new DatabaseCopyError(
          `${table.name} is not the same in the copy (${before.rows} rows of ${all} were read, ${after.rows} written). Nothing was copied.`,
        )
      copied.push({ name: table.name, rows: done })
    }
    await engineOf(target).endCopy(target, numberedOf(target))
  })
  return copied
}

async function mustBeEmpty(em: EntityManager, table: Table): Promise<void> {
  if ((await countOf(em, table)) === 0) return
  throw new DatabaseCopyError(`The other database is in use: it holds rows of ${table.name}. Name an empty one.`)
}

async function countOf(em: EntityManager, { name }: Table): Promise<number> {
  const { rows } = await sql<{ n: number }>`select count(*) as n from ${sql.table(name)}`.execute(em.getKysely())
  return rows[0]?.n ?? 0
}

const numberedOf = (em: EntityManager): string[] =>
  ALL.map((entity) => em.getMetadata().get(entity) as unknown as EntityMetadata)
    .filter(({ props }) => props.some(({ autoincrement }) => autoincrement))
    .map(({ tableName }) => tableName)

const keyOf = (em: EntityManager, entity: EntityName<object>): string[] => {
  const { primaryKeys, properties } = em.getMetadata().get(entity) as unknown as EntityMetadata
  return primaryKeys.flatMap((name) => properties[name]?.fieldNames ?? [])
}

/** All rows of a table, with what is else loaded lazily, in the order of their keys. */
async function* batches(em: EntityManager, table: Table, key: string[]): AsyncGenerator<Record<string, unknown>[]> {
  const columns = sql.join(table.codecs.map(({ column }) => sql.ref(column)))
  const refs = sql.join(key.map((column) => sql.ref(column)))
  for (let last: Columns | undefined; ;) {
    const after = last ? sql`where (${refs}) > (${sql.join(key.map((column) => last?.[column]))})` : sql``
    const { rows } = await sql<Columns>`select ${columns} from ${sql.table(table.name)} ${after}
      order by ${refs} limit ${BATCH}`.execute(em.getKysely())
    if (rows.length === 0) return
    yield rows.map((row) => decode(table, row))
    last = rows.at(-1)
  }
}

/** What rows say, whichever database they come from. */
class Digest {
  rows = 0
  private readonly hash: Hash = createHash('sha256')

  add(row: Record<string, unknown>): void {
    this.rows += 1
    const fields = Object.entries(row).map(([name, value]) => [
      name,
      value instanceof Buffer ? value.toString('base64') : value,
    ])
    this.hash.update(cleanJson(Object.fromEntries(fields))).update('\n')
  }

  hex(): string {
    return this.hash.copy().digest('hex')
  }
}
