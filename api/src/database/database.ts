import { dirname, resolve } from 'node:path'
import { makeFolder } from '../platform/make-folder.ts'
import { ReflectMetadataProvider } from '@mikro-orm/decorators/legacy'
import { Migrator } from '@mikro-orm/migrations'
import { MikroORM, type Options, type SqlEntityManager, SqliteDriver } from '@mikro-orm/sql'
import { entities } from './entities.ts'
import { migrations } from './migrations.ts'
import { type Patience, SqliteDialect } from './sqlite-dialect.ts'

export type EntityManager = SqlEntityManager<SqliteDriver>
export type Orm = MikroORM<SqliteDriver, EntityManager>

// synchronous=FULL: an acknowledged report outlives a power cut. auto_vacuum works only when set before the first table.
const PRAGMAS = [
  'auto_vacuum = incremental',
  'journal_mode = wal',
  'synchronous = full',
  'cache_size = -16000',
  'journal_size_limit = 67108864',
  'temp_store = memory',
]

/** Opens the one connection to the database; `migrate` brings its tables up to date. */
export async function openDatabase(file: string, patience: Partial<Patience> = {}): Promise<Orm> {
  if (file !== ':memory:') await makeFolder(dirname(file), 0o700)
  return (await MikroORM.init(databaseOptions(new SqliteDialect(file, PRAGMAS, patience)))) as unknown as Orm
}

export const databaseOptions = (dialect: SqliteDialect): Options => ({
  driver: SqliteDriver,
  driverOptions: dialect,
  dbName: dialect.file,
  entities: [...entities],
  metadataProvider: ReflectMetadataProvider,
  extensions: [Migrator],
  forceUtcTimezone: true,
  migrations: {
    migrationsList: migrations,
    path: resolve(import.meta.dirname, 'migrations'),
    snapshot: false,
    silent: true,
    emit: 'ts',
  },
})

const driverOf = (orm: Orm): SqliteDialect['driver'] => (orm.config.get('driverOptions') as SqliteDialect).driver

/** For how long one turn of the database has kept others waiting, in milliseconds; 0 = nobody waits. */
export const heldFor = (orm: Orm): number => driverOf(orm).heldFor

/** Closes the file in this instant, for a process that ends; what was not committed is given up. */
export const closeAtOnce = (orm: Orm): void => driverOf(orm).close()
