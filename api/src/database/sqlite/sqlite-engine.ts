import { copyFileSync, existsSync } from 'node:fs'
import {
  type Driver,
  type Kysely,
  type QueryCompiler,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely'
import type { EntityManager, Orm } from '../database.ts'
import type { DatabaseLock, Engine, Patience } from '../engine.ts'
import { lockDatabase } from './lock.ts'
import { SqliteDriver } from './sqlite-driver.ts'

// synchronous=FULL: an acknowledged report outlives a power cut. auto_vacuum works only when set before the first table.
const PRAGMAS = [
  'auto_vacuum = incremental',
  'journal_mode = wal',
  'synchronous = full',
  'cache_size = -16000',
  'journal_size_limit = 67108864',
  'temp_store = memory',
]

/** SQLite: one file, and one connection that transactions wait for. */
export class SqliteEngine implements Engine {
  readonly name = 'SQLite'
  private readonly driver: SqliteDriver

  /** @param file its path, or ':memory:' */
  constructor(
    readonly file: string,
    patience: Partial<Patience> = {},
    pragmas = PRAGMAS,
  ) {
    this.driver = new SqliteDriver(file, pragmas, patience)
  }

  createDriver(): Driver {
    return this.driver
  }

  createQueryCompiler(): QueryCompiler {
    return new SqliteQueryCompiler()
  }

  createAdapter(): SqliteAdapter {
    return new OwnQueueAdapter()
  }

  createIntrospector(db: Kysely<unknown>): SqliteIntrospector {
    return new SqliteIntrospector(db)
  }

  get heldFor(): number {
    return this.driver.heldFor
  }

  /** The file is copied to FILE.before-MIGRATION. */
  async prepareMigration(orm: Orm, migration: string): Promise<void> {
    if (this.file === ':memory:' || !existsSync(this.file)) return
    await this.settle(orm.em)
    copyFileSync(this.file, `${this.file}.before-${migration}`)
  }

  /**
   * SQLite ignores `foreign_keys = off` inside a transaction, and a table that is rebuilt in one takes its children with
   * it. So the keys are off before, and checked after.
   */
  async migrate(orm: Orm): Promise<void> {
    await orm.em.execute('pragma foreign_keys = off')
    try {
      await orm.migrator.up()
      const broken = await orm.em.execute<unknown[]>('pragma foreign_key_check')
      if (broken.length > 0)
        throw new Error(`After the migration ${broken.length} rows point to rows that are not there`)
    } finally {
      await orm.em.execute('pragma foreign_keys = on')
    }
  }

  /** Its driver lets one in after the other. */
  async enter(): Promise<() => void> {
    return () => undefined
  }

  isConflict(): boolean {
    return false
  }

  /** It compares anything. */
  isOtherType(): boolean {
    return false
  }

  async enterLog(): Promise<void> {}

  async beginCopy(em: EntityManager): Promise<void> {
    await em.execute('pragma defer_foreign_keys = on')
  }

  /** The commit checks where rows point to; a number is one more than the greatest. */
  async endCopy(): Promise<void> {}

  async giveRoomBack(em: EntityManager): Promise<void> {
    await em.execute('pragma incremental_vacuum(1000)')
  }

  async settle(em: EntityManager): Promise<void> {
    await em.execute('pragma wal_checkpoint(truncate)')
  }

  closeAtOnce(): void {
    this.driver.close()
  }

  async lock(): Promise<DatabaseLock> {
    return lockDatabase(this.file)
  }
}

/** Kysely queues nothing by itself: the driver does, for it knows when a turn ended by an error. */
class OwnQueueAdapter extends SqliteAdapter {
  override get supportsMultipleConnections(): boolean {
    return true
  }
}
