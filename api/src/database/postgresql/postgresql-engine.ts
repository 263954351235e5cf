import { type Driver, type Kysely, PostgresAdapter, PostgresIntrospector, PostgresQueryCompiler } from 'kysely'
import type { EntityManager, Orm } from '../database.ts'
import type { DatabaseLock, Engine } from '../engine.ts'
import { Lane } from './lane.ts'
import { lockInstallation } from './lock.ts'
import { PostgresqlDriver } from './postgresql-driver.ts'
import { sqlState } from './sql-state.ts'

/** Who puts events into the log; any number that Vigie uses for nothing else. */
const LOG_LOCK = 0x76_69_67_01

/** PostgreSQL, 14 or newer: several connections, whose transactions are serializable. */
export class PostgresqlEngine implements Engine {
  readonly name = 'PostgreSQL'
  /** Each wait is bounded, and to start anew mends no server. */
  readonly heldFor = 0
  private readonly driver: PostgresqlDriver
  private readonly lane = new Lane()

  /**
   * @param url with everything that it takes to connect, its password too
   * @param statement how long one may take, in milliseconds; 0 = for ever
   */
  constructor(
    private readonly url: string,
    statement?: number,
  ) {
    this.driver = new PostgresqlDriver(url, statement)
  }

  createDriver(): Driver {
    return this.driver
  }

  createQueryCompiler(): PostgresQueryCompiler {
    return new PostgresQueryCompiler()
  }

  createAdapter(): PostgresAdapter {
    return new PostgresAdapter()
  }

  createIntrospector(db: Kysely<unknown>): PostgresIntrospector {
    return new PostgresIntrospector(db)
  }

  /** Each migration is one transaction, which changes all or nothing. */
  async prepareMigration(): Promise<void> {}

  async migrate(orm: Orm): Promise<void> {
    await orm.migrator.up()
  }

  enter(alone: boolean): Promise<() => void> {
    return this.lane.enter(alone)
  }

  isConflict(error: unknown): boolean {
    // serialization_failure, deadlock_detected; unique_violation: of two that insert the same key at once the later
    // one may be told only of that, and finds the row when it looks again.
    return ['40001', '40P01', '23505'].includes(sqlState(error) ?? '')
  }

  isOtherType(error: unknown): boolean {
    // invalid_datetime_format, datetime_field_overflow, invalid_text_representation, numeric_value_out_of_range.
    return ['22007', '22008', '22P02', '22003'].includes(sqlState(error) ?? '')
  }

  async enterLog(em: EntityManager): Promise<void> {
    await em.execute(`select pg_advisory_xact_lock(${LOG_LOCK})`)
  }

  async beginCopy(em: EntityManager): Promise<void> {
    await em.execute('set constraints all deferred')
  }

  async endCopy(em: EntityManager, numbered: readonly string[]): Promise<void> {
    for (const table of numbered) {
      const sequence = `pg_get_serial_sequence('public.${table}', 'id')`
      await em.execute(`select setval(${sequence}, (select coalesce(max(id), 0) + 1 from "${table}"), false)`)
    }
  }

  /** Its autovacuum does. */
  async giveRoomBack(): Promise<void> {}

  async settle(): Promise<void> {}

  closeAtOnce(): void {
    // A server ends the transactions of a client that is gone.
  }

  lock(lost: (error: Error) => void): Promise<DatabaseLock> {
    return lockInstallation(this.url, lost)
  }
}
