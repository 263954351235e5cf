import { dirname } from 'node:path'
import { makeFolder } from '@vigie/agent/host'
import { type AbstractSqlDriver, MikroORM, type Options, type SqlEntityManager, SqliteDriver } from '@mikro-orm/sql'
import type { DatabaseAddress } from '../config/config.ts'
import type { Patience } from './engine.ts'
import { optionsOf } from './orm-options.ts'
import { migrations } from './sqlite/migrations.ts'
import { SqliteEngine } from './sqlite/sqlite-engine.ts'

export type EntityManager = SqlEntityManager
export type Orm = MikroORM<AbstractSqlDriver, EntityManager>

/** Opens the database; `migrate` brings its tables up to date. Errors: DATABASE_UNREACHABLE, DATABASE_UNFIT */
export async function openDatabase(address: DatabaseAddress, patience: Partial<Patience> = {}): Promise<Orm> {
  if ('url' in address) {
    // Its driver is loaded only where it is used.
    const { postgresqlOptions } = await import('./postgresql/postgresql-options.ts')
    return open(await postgresqlOptions(address.url, patience))
  }
  if (address.file !== ':memory:') await makeFolder(dirname(address.file), 0o700)
  const engine = new SqliteEngine(address.file, patience)
  return open({
    ...optionsOf(engine, { folder: 'sqlite', list: migrations }),
    driver: SqliteDriver,
    dbName: engine.file,
  })
}

const open = async (options: Options): Promise<Orm> => (await MikroORM.init(options)) as unknown as Orm
