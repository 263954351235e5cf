import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import { fold } from '../../platform/fold.ts'

/** Prepared statements that are kept; a long one is a batch, whose length differs each time. */
const MOST = 300
const LONGEST_KEPT = 8192

/** What SQLite says is wrong, of its result codes (https://sqlite.org/rescode.html); the lower eight bits are the kind. */
const FAULTS = {
  3: 'PERM',
  5: 'BUSY',
  6: 'LOCKED',
  8: 'READONLY',
  10: 'IOERR',
  11: 'CORRUPT',
  13: 'FULL',
  14: 'CANTOPEN',
  23: 'AUTH',
  26: 'NOTADB',
} as const
export type SqliteFault = (typeof FAULTS)[keyof typeof FAULTS]

/** Null = no fault of SQLite's, or one of the statement itself, e.g. a constraint. */
export function sqliteFault(error: unknown): SqliteFault | null {
  const { code, errcode } = error as { code?: unknown; errcode?: unknown }
  if (code !== 'ERR_SQLITE_ERROR' || typeof errcode !== 'number') return null
  return FAULTS[(errcode & 0xff) as keyof typeof FAULTS] ?? null
}

interface Prepared {
  statement: StatementSync
  /** Whether it answers with rows. */
  reads: boolean
  /** The columns that may hold bytes. */
  bytes: string[]
}

export interface Answer {
  rows: Record<string, unknown>[]
  changes?: number | bigint
  lastInsertRowid?: number | bigint
}

/**
 * SQLite as the rest of Vigie expects it: whole numbers stay whole, bytes are Buffers, numbers beyond 2^53 are read as
 * the nearest that JavaScript knows, and what is asked often is prepared once.
 */
export class Sqlite {
  private readonly kept = new Map<string, Prepared>()
  private readonly database: DatabaseSync

  /** @param busyTimeout how long SQLite itself waits for another process, in milliseconds; the loop stands still meanwhile */
  constructor(file: string, busyTimeout: number) {
    this.database = new DatabaseSync(file, { timeout: busyTimeout })
    // SQLite's own lower() knows ASCII alone.
    this.database.function('fold', { deterministic: true }, (text) => (typeof text === 'string' ? fold(text) : text))
  }

  /** Whether a transaction is open; SQLite itself ends one after some errors, e.g. when the disk is full. */
  get inTransaction(): boolean {
    return this.database.isTransaction
  }

  exec(text: string): void {
    this.database.exec(text)
  }

  run(text: string, parameters: readonly unknown[]): Answer {
    const { statement, reads, bytes } = this.prepare(text, parameters.length > 0)
    // Such a pragma works a step at a time: one step of incremental_vacuum gives one page back.
    if (!reads && /^\s*pragma\b/i.test(text)) return (this.exec(text), { rows: [] })
    const bound = parameters.map(toSqlite)
    if (!reads) return { rows: [], ...statement.run(...bound) }
    const rows = readAll(statement, bound)
    for (const column of bytes)
      for (const row of rows) if (row[column] instanceof Uint8Array) row[column] = asBuffer(row[column])
    return { rows }
  }

  close(): void {
    this.kept.clear()
    if (this.database.isOpen) this.database.close()
  }

  /**
   * Preparing costs as much as running. The same text with parameters is prepared once; the one least recently used
   * makes room. Texts without parameters (MikroORM writes values into them) differ each time and are not kept.
   */
  private prepare(text: string, hasParameters: boolean): Prepared {
    const known = this.kept.get(text)
    if (known) {
      this.kept.delete(text)
      this.kept.set(text, known)
      return known
    }
    const statement = this.database.prepare(text)
    const columns = statement.columns()
    // What is computed has no declared type: it may be anything.
    const bytes = columns.filter(({ type }) => type === null || /blob/i.test(type)).map(({ name }) => name)
    const prepared = { statement, reads: columns.length > 0, bytes }
    if (hasParameters && text.length <= LONGEST_KEPT) this.kept.set(text, prepared)
    if (this.kept.size > MOST) this.kept.delete(this.kept.keys().next().value as string)
    return prepared
  }
}

/** node:sqlite binds each number as a REAL, which a text or an expression then shows as `5.0`; it knows no dates. */
function toSqlite(value: unknown): SQLInputValue {
  if (typeof value === 'number') return (value | 0) === value ? BigInt(value) : value
  if (typeof value === 'boolean') return value ? 1n : 0n
  return value instanceof Date ? BigInt(value.getTime()) : (value as SQLInputValue)
}

const asBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)

function readAll(statement: StatementSync, bound: SQLInputValue[]): Record<string, unknown>[] {
  try {
    return statement.all(...bound)
  } catch (error) {
    // A whole number beyond 2^53. What writes is never run twice.
    const tooBig = (error as NodeJS.ErrnoException).code === 'ERR_OUT_OF_RANGE'
    if (!tooBig || !/^\s*select\b/i.test(statement.sourceSQL)) throw error
    statement.setReadBigInts(true)
    try {
      return statement.all(...bound).map((row) => {
        for (const [column, value] of Object.entries(row)) if (typeof value === 'bigint') row[column] = Number(value)
        return row
      })
    } finally {
      statement.setReadBigInts(false)
    }
  }
}
