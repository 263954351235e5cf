import type { CompiledQuery, DatabaseConnection, Driver, QueryResult } from 'kysely'
import pg from 'pg'
import { DatabaseBusyError, DatabaseFullError, DatabaseUnreachableError } from '../database-errors.ts'
import { cleanText } from '../row-codec.ts'
import { clientSettings } from './client-settings.ts'
import { sqlState } from './sql-state.ts'

const MOST_CONNECTIONS = 10

/** PostgreSQL for Kysely. Each transaction is serializable: Vigie reads, decides, and writes. */
export class PostgresqlDriver implements Driver {
  private pool: pg.Pool | null = null

  constructor(
    private readonly url: string,
    private readonly statement?: number,
  ) {}

  async init(): Promise<void> {
    this.pool = new pg.Pool({ ...clientSettings(this.url, this.statement), max: MOST_CONNECTIONS })
    // One whose server goes away says so even where nobody asks it just now; the pool has let go of it by then.
    this.pool.on('error', () => undefined)
    this.pool.on('connect', (client) => void client.on('error', () => undefined))
  }

  async acquireConnection(): Promise<Connection> {
    if (!this.pool) throw new Error('The database is closed')
    try {
      return new Connection(await this.pool.connect())
    } catch (error) {
      throw inWords(error)
    }
  }

  /** Kysely forgets a connection whose BEGIN fails, and one whose ROLLBACK does: both are given back here. */
  async beginTransaction(connection: Connection): Promise<void> {
    try {
      await connection.begin()
    } catch (error) {
      connection.release()
      throw error
    }
  }

  async commitTransaction(connection: Connection): Promise<void> {
    await connection.commit()
  }

  async rollbackTransaction(connection: Connection): Promise<void> {
    // What keeps it from being rolled back ends it as well.
    await connection.rollback().catch(() => undefined)
  }

  async savepoint(connection: Connection, name: string): Promise<void> {
    await connection.run(`savepoint "${name}"`)
  }

  async rollbackToSavepoint(connection: Connection, name: string): Promise<void> {
    await connection.run(`rollback to "${name}"`)
  }

  async releaseSavepoint(connection: Connection, name: string): Promise<void> {
    await connection.run(`release "${name}"`)
  }

  async releaseConnection(connection: Connection): Promise<void> {
    connection.release()
  }

  async destroy(): Promise<void> {
    await this.pool?.end()
    this.pool = null
  }
}

/** A connection of the pool for one transaction or statement. */
class Connection implements DatabaseConnection {
  private inTransaction = false
  private broken = false
  private released = false

  constructor(private readonly client: pg.PoolClient) {}

  async executeQuery<R>({ sql, parameters }: CompiledQuery): Promise<QueryResult<R>> {
    try {
      // Its texts hold no NUL and no half of a surrogate pair: what others send is kept and asked for without them.
      const clean = parameters.map((value) => (typeof value === 'string' ? cleanText(value) : value))
      const { rows, rowCount, command } = await this.client.query(sql, clean)
      const changes = ['INSERT', 'UPDATE', 'DELETE'].includes(command)
      return { rows: rows as R[], ...(changes ? { numAffectedRows: BigInt(rowCount ?? 0) } : {}) }
    } catch (error) {
      // One that gave no answer may still be at work there.
      if (sqlState(error) === null) this.broken = true
      throw inWords(error)
    }
  }

  async begin(): Promise<void> {
    await this.run('begin isolation level serializable')
    this.inTransaction = true
  }

  async commit(): Promise<void> {
    const command = await this.run('commit', true)
    this.inTransaction = false
    // PostgreSQL answers ROLLBACK where a statement before had failed.
    if (command !== 'COMMIT') throw new Error('A statement failed: nothing was kept')
  }

  async rollback(): Promise<void> {
    await this.run('rollback')
    this.inTransaction = false
  }

  /** A connection on which such a statement fails is not given to anybody again, but for a commit that met another. */
  async run(statement: string, inDoubt = false): Promise<string> {
    try {
      return (await this.client.query(statement)).command
    } catch (error) {
      this.broken ||= sqlState(error) !== '40001'
      throw inWords(error, inDoubt)
    }
  }

  async *streamQuery<R>(query: CompiledQuery): AsyncIterableIterator<QueryResult<R>> {
    yield await this.executeQuery<R>(query)
  }

  release(): void {
    if (this.released) return
    this.released = true
    this.client.release(this.broken || this.inTransaction)
  }
}

/** What is no fault of the statement; `inDoubt`: whether it was carried out cannot be known without an answer. */
function inWords(error: unknown, inDoubt = false): unknown {
  const state = sqlState(error)
  const { message = '', code = '' } = error as NodeJS.ErrnoException
  // disk_full; query_canceled (by the deadline), lock_not_available, idle_in_transaction_session_timeout.
  if (state === '53100') return new DatabaseFullError({ cause: error })
  if (state === '57014' || state === '55P03' || state === '25P03')
    return new DatabaseBusyError('a statement took longer than a minute', { cause: error })
  if (message.startsWith('timeout exceeded when trying to connect'))
    return new DatabaseBusyError('no connection was free', { cause: error })
  // Class 08: connection exceptions; 57P01 to 57P05: the server ends, or ended this connection; 53300: it takes
  // no more; 25006: it only reads, after a fail-over.
  const isGone = state
    ? /^08|^57P0|^53300$|^25006$/.test(state)
    : /^E[A-Z]+$/.test(code) || /connection|timeout/i.test(message)
  return isGone ? new DatabaseUnreachableError(inDoubt, { cause: error }) : error
}
