import { setTimeout as delay } from 'node:timers/promises'
import { CompiledQuery, type DatabaseConnection, type Driver, type QueryResult } from 'kysely'
import { SECOND } from '../../platform/clock.ts'
import { DatabaseBusyError, DatabaseFullError } from '../database-errors.ts'
import type { Patience } from '../engine.ts'
import { type Answer, Sqlite, sqliteFault } from './sqlite.ts'

const inWords = (error: unknown): unknown =>
  sqliteFault(error) === 'FULL' ? new DatabaseFullError({ cause: error }) : error

const PATIENCE = { turn: 15 * SECOND, lock: 5 * SECOND }

/** The connection for one transaction or statement. */
class Turn implements DatabaseConnection {
  ended = false
  /** Whether a transaction was begun: when SQLite has ended it by itself, nothing may be written outside of it. */
  begun = false
  /** Whether others have waited for its end. */
  awaited = false

  constructor(private readonly driver: SqliteDriver) {}

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    return this.driver.run<R>(this, query)
  }

  async *streamQuery<R>(query: CompiledQuery): AsyncIterableIterator<QueryResult<R>> {
    yield await this.executeQuery<R>(query)
  }
}

/**
 * SQLite for Kysely by the driver that Node brings. One connection, given to one transaction or statement after the
 * other. Whatever fails, it is given back: Kysely itself forgets it where BEGIN, COMMIT or ROLLBACK fails.
 */
export class SqliteDriver implements Driver {
  private sqlite: Sqlite | null = null
  private closed = false
  private turn: Turn | null = null
  private since = 0
  private readonly patience: Pick<Patience, 'turn' | 'lock'>
  private readonly waiting: { turn: Turn; enter: () => void }[] = []

  constructor(
    private readonly file: string,
    private readonly pragmas: readonly string[],
    patience: Partial<Patience> = {},
  ) {
    this.patience = { ...PATIENCE, ...patience }
  }

  /** For how long the turn at work has kept others waiting, in milliseconds; 0 = nobody has waited for it. */
  get heldFor(): number {
    return this.turn?.awaited ? performance.now() - this.since : 0
  }

  async init(): Promise<void> {
    this.open()
  }

  async acquireConnection(): Promise<Turn> {
    const turn = new Turn(this)
    await this.enter(turn)
    return turn
  }

  /** A transaction begins as one that writes: each of ours does, and one that finds out later would fail at once. */
  async beginTransaction(turn: Turn): Promise<void> {
    try {
      await this.patiently(turn, () => this.open().exec('begin immediate'))
      turn.begun = true
    } catch (error) {
      this.end(turn)
      throw inWords(error)
    }
  }

  async commitTransaction(turn: Turn): Promise<void> {
    try {
      if (turn.ended) throw new Error('This transaction has ended')
      this.open().exec('commit')
    } catch (error) {
      this.abandon(turn)
      throw inWords(error)
    }
  }

  async rollbackTransaction(turn: Turn): Promise<void> {
    this.abandon(turn)
  }

  async savepoint(turn: Turn, name: string): Promise<void> {
    await this.run(turn, CompiledQuery.raw(`savepoint "${name}"`))
  }

  async rollbackToSavepoint(turn: Turn, name: string): Promise<void> {
    await this.run(turn, CompiledQuery.raw(`rollback to "${name}"`))
  }

  async releaseSavepoint(turn: Turn, name: string): Promise<void> {
    await this.run(turn, CompiledQuery.raw(`release "${name}"`))
  }

  async releaseConnection(turn: Turn): Promise<void> {
    if (!turn.ended && turn.begun && this.sqlite?.inTransaction) this.abandon(turn)
    this.end(turn)
  }

  async destroy(): Promise<void> {
    this.close()
  }

  /** For good: who still waits for a turn is told so. */
  close(): void {
    this.closed = true
    this.forget()
  }

  private forget(): void {
    this.sqlite?.close()
    this.sqlite = null
  }

  async run<R>(turn: Turn, { sql, parameters }: CompiledQuery): Promise<QueryResult<R>> {
    if (turn.ended) throw new Error('This transaction has ended')
    if (turn.begun && !this.open().inTransaction) throw new Error('SQLite has ended this transaction after an error')
    const answer = await this.answer(turn, () => this.open().run(sql, parameters))
    return {
      rows: answer.rows as R[],
      ...(answer.changes === undefined ? {} : { numAffectedRows: BigInt(answer.changes) }),
      ...(answer.lastInsertRowid === undefined ? {} : { insertId: BigInt(answer.lastInsertRowid) }),
    }
  }

  private async answer(turn: Turn, work: () => Answer): Promise<Answer> {
    try {
      return turn.begun ? work() : await this.patiently(turn, work)
    } catch (error) {
      throw inWords(error)
    }
  }

  private open(): Sqlite {
    if (this.sqlite) return this.sqlite
    if (this.closed) throw new Error('The database is closed')
    const sqlite = new Sqlite(this.file, this.patience.lock)
    try {
      for (const pragma of this.pragmas) sqlite.exec(`pragma ${pragma}`)
      // From now on nobody waits within SQLite, where all else would stand still meanwhile.
      sqlite.exec('pragma busy_timeout = 0')
    } catch (error) {
      sqlite.close()
      throw error
    }
    return (this.sqlite = sqlite)
  }

  /** Ends what was begun without keeping it; a connection that does not even do that is opened anew. */
  private abandon(turn: Turn): void {
    if (turn.ended) return
    try {
      if (this.sqlite?.inTransaction) this.sqlite.exec('rollback')
    } catch {
      // Closing rolls back. What the reason was, the statement before has said.
      this.forget()
    }
    this.end(turn)
  }

  private end(turn: Turn): void {
    if (turn.ended) return
    turn.ended = true
    this.leave()
  }

  private leave(): void {
    const next = this.waiting.shift()
    this.turn = null
    if (!next) return
    this.take(next.turn)
    next.enter()
  }

  private take(turn: Turn): void {
    this.turn = turn
    turn.awaited = this.waiting.length > 0
    this.since = performance.now()
  }

  /** Waits for one's turn, in the order of asking, and not for ever. */
  private async enter(turn: Turn): Promise<void> {
    if (!this.turn) return this.take(turn)
    this.turn.awaited = true
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.waiting.splice(this.waiting.indexOf(next), 1)
        turn.ended = true
        reject(new DatabaseBusyError('what was asked before is still at work'))
      }, this.patience.turn)
      const next = {
        turn,
        enter: (): void => {
          clearTimeout(timer)
          resolve()
        },
      }
      this.waiting.push(next)
    })
  }

  /** Where another program holds the lock of the file, the others go on meanwhile: reading needs no lock. */
  private async patiently<T>(turn: Turn, work: () => T): Promise<T> {
    const until = performance.now() + this.patience.lock
    for (let pause = 5; ; pause = Math.min(pause * 2, 100)) {
      try {
        return work()
      } catch (error) {
        if (sqliteFault(error) !== 'BUSY') throw error
        if (performance.now() > until) throw new DatabaseBusyError('another program holds its lock', { cause: error })
        this.leave()
        await delay(pause)
        await this.enter(turn)
      }
    }
  }
}
