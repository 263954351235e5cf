import { randomUUID } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { inject } from 'vitest'
import type { DatabaseAddress } from '../src/config/config.ts'
import { engineOf } from '../src/database/engine.ts'
import { openDatabase } from '../src/database/database.ts'
import { migrate } from '../src/database/migrate.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** A server of PostgreSQL that tests make their databases on; not provided = they run on SQLite. */
    postgresql: string
    /** The folder of the scripts of threads and processes, each in one file. */
    scripts: string
  }
}

/** Whether the tests of this project run on PostgreSQL. */
export const onPostgresql = (): boolean => Boolean(inject('postgresql'))

export interface TestDatabase {
  address: DatabaseAddress
  drop(): Promise<void>
}

/** A database for one test: a file in its folder, or one of PostgreSQL's. */
export async function testDatabase(folder: string): Promise<TestDatabase> {
  const server = inject('postgresql')
  if (!server) return { address: { file: await sqliteFile(folder) }, drop: async () => undefined }
  const url = free.pop() ?? (await makeDatabase(server))
  return { address: { url }, drop: () => empty(url) }
}

/** Copied from one whose tables are made once for all tests of a file. */
async function sqliteFile(folder: string): Promise<string> {
  const file = join(folder, 'vigie.sqlite')
  await writeFile(file, await (tablesOnly ??= makeTables()))
  return file
}
let tablesOnly: Promise<Buffer> | undefined

async function makeTables(): Promise<Buffer> {
  const folder = await mkdtemp(join(tmpdir(), 'vigie-template-'))
  const file = join(folder, 'vigie.sqlite')
  const orm = await openDatabase({ file })
  await migrate(orm)
  await engineOf(orm).settle(orm.em)
  await orm.close()
  const content = await readFile(file)
  await rm(folder, { recursive: true })
  return content
}

/** Those that tests of this file have done with: to empty one is much faster than to make one. */
const free: string[] = []

async function makeDatabase(server: string): Promise<string> {
  await (template ??= makeTemplate(server))
  const name = `test_${randomUUID().replaceAll('-', '')}`
  await administer(`${server}postgres`, (client) => client.query(`create database ${name} template ${TEMPLATE}`))
  return `${server}${name}`
}

async function empty(url: string): Promise<void> {
  await administer(url, async (client) => {
    const { rows } = await client.query<{ name: string }>(
      "select tablename as name from pg_tables where schemaname = 'public' and tablename <> 'mikro_orm_migrations'",
    )
    const deletions = rows.map(({ name }) => `delete from "${name}";`).join(' ')
    // As a replica applies it: every table is emptied, so that no row need be looked for that still names one.
    await client.query(`begin; set local session_replication_role = replica; ${deletions} commit;`)
  })
  free.push(url)
}

/** Holds all tables and no row. */
const TEMPLATE = 'vigie_template'
let template: Promise<void> | undefined

/** The first of several workers makes it, the others wait for it. */
async function makeTemplate(server: string): Promise<void> {
  await administer(`${server}postgres`, async (client) => {
    await client.query('select pg_advisory_lock(1)')
    const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [TEMPLATE])
    if (rowCount) return
    await client.query(`create database ${TEMPLATE}`)
    const orm = await openDatabase({ url: `${server}${TEMPLATE}` })
    await migrate(orm)
    await orm.close()
  })
}

async function administer<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client(url)
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}
