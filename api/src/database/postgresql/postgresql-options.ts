import { PostgreSqlDriver } from '@mikro-orm/postgresql'
import { DeferMode, type EntityMetadata, type Options, ReferenceKind } from '@mikro-orm/sql'
import pg from 'pg'
import { DatabaseUnfitError, DatabaseUnreachableError } from '../database-errors.ts'
import type { Patience } from '../engine.ts'
import { optionsOf } from '../orm-options.ts'
import { clientSettings } from './client-settings.ts'
import { migrations } from './migrations.ts'
import { PostgresqlEngine } from './postgresql-engine.ts'
import { sqlState } from './sql-state.ts'

const OLDEST = 14

/** What MikroORM is told of PostgreSQL. Errors: DATABASE_UNREACHABLE, DATABASE_UNFIT */
export async function postgresqlOptions(url: string, { statement }: Partial<Patience> = {}): Promise<Options> {
  await check(url)
  return {
    ...optionsOf(new PostgresqlEngine(url, statement), { folder: 'postgresql', list: migrations }),
    driver: PostgreSqlDriver,
    dbName: decodeURIComponent(new URL(url).pathname.slice(1)),
    // It is there: making one is not Vigie's business.
    ensureDatabase: false,
    discovery: { afterDiscovered: (found) => [...found].forEach(asKept) },
  }
}

/** Whether it can keep what Vigie keeps. A server that only starts is asked again by whoever starts Vigie. */
async function check(url: string): Promise<void> {
  const client = new pg.Client(clientSettings(url))
  client.on('error', () => undefined)
  try {
    await client.connect()
    const { rows } = await client.query<{ version: number; encoding: string; schema: string | null }>(
      `select current_setting('server_version_num')::int as version, current_setting('server_encoding') as encoding,
        current_schema() as schema`,
    )
    const { version = 0, encoding = '', schema } = rows[0] ?? {}
    if (schema !== 'public')
      throw new DatabaseUnfitError(
        `its tables would lie in the schema ${schema}; take away the search_path of this user`,
      )
    if (version < OLDEST * 10_000)
      throw new DatabaseUnfitError(`it is PostgreSQL ${Math.floor(version / 10_000)}; Vigie needs ${OLDEST} or newer`)
    if (encoding !== 'UTF8')
      throw new DatabaseUnfitError(
        `its encoding is ${encoding}; make one with: createdb --encoding UTF8 --template template0`,
      )
  } catch (error) {
    throw inWords(error)
  } finally {
    await client.end().catch(() => undefined)
  }
}

function inWords(error: unknown): unknown {
  if (error instanceof DatabaseUnfitError) return error
  const state = sqlState(error)
  if (state === '3D000') return new DatabaseUnfitError('it does not exist; make it with createdb (docs/postgresql.md)')
  if (state?.startsWith('28')) return new DatabaseUnfitError('its user or the password is refused')
  return new DatabaseUnreachableError(false, { cause: error })
}

/**
 * The entities say what SQLite keeps: texts of any length in the order of their bytes, and whole numbers of 64 bits.
 * PostgreSQL is told to keep the same.
 */
function asKept(entity: EntityMetadata): void {
  for (const property of entity.props) {
    // A relation is of the type of the id that it points to.
    const kept = property.columnTypes?.[0] ?? ''
    const isText = /^(varchar|text)/.test(kept)
    if (isText) property.columnTypes = ['text']
    if (isText) property.collation = 'C'
    if (/^int/.test(kept)) property.columnTypes = ['bigint']
    // Who copies a whole installation asks to have them checked at its end.
    if (property.kind === ReferenceKind.MANY_TO_ONE) property.deferMode = DeferMode.INITIALLY_IMMEDIATE
    // SQLite's own way to say "the beginning of time", for columns that came later.
    if (property.defaultRaw === '0' && kept.startsWith('timestamp')) property.defaultRaw = "'1970-01-01 00:00:00+00'"
  }
}
