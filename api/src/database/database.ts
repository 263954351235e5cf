import { mkdirSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { ReflectMetadataProvider } from '@mikro-orm/decorators/legacy'
import { Migrator } from '@mikro-orm/migrations'
import { MikroORM, type Options, type SqlEntityManager, SqliteDriver } from '@mikro-orm/sqlite'
import { CompiledQuery, type DatabaseConnection } from 'kysely'
import { entities } from './entities.ts'
import { migrations } from './migrations.ts'
import { cacheStatements } from './statement-cache.ts'

export type EntityManager = SqlEntityManager<SqliteDriver>
export type Orm = MikroORM<EntityManager>

// synchronous=FULL: an acknowledged report outlives a power cut. auto_vacuum works only when set before the first table.
const PRAGMAS = [
  'auto_vacuum = incremental',
  'journal_mode = wal',
  'synchronous = full',
  'busy_timeout = 5000',
  'cache_size = -16000',
  'journal_size_limit = 67108864',
  'temp_store = memory',
]

/** Opens the one connection to the database; `migrate` brings its tables up to date. */
export async function openDatabase(file: string): Promise<Orm> {
  if (file !== ':memory:') mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  const orm = (await MikroORM.init(databaseOptions(file))) as unknown as Orm
  cacheStatements(await orm.em.getConnection().getNativeClient())
  return orm
}

export const databaseOptions = (file: string): Options => ({
  driver: SqliteDriver,
  dbName: file,
  entities: [...entities],
  metadataProvider: ReflectMetadataProvider,
  extensions: [Migrator],
  forceUtcTimezone: true,
  onCreateConnection: async (connection: unknown) => {
    for (const pragma of PRAGMAS)
      await (connection as DatabaseConnection).executeQuery(CompiledQuery.raw(`pragma ${pragma}`))
  },
  migrations: {
    migrationsList: migrations,
    path: resolve(import.meta.dirname, 'migrations'),
    snapshot: false,
    silent: true,
    emit: 'ts',
  },
})
