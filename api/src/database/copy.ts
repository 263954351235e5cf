import {
  chmodSync,
  closeSync,
  copyFileSync,
  existsSync,
  fsyncSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs'
import Database from 'better-sqlite3'
import { DomainError, InvalidInputError } from '../errors.ts'
import { lockDatabase } from './lock.ts'

export class DatabaseCopyError extends DomainError {
  constructor(message: string, options?: ErrorOptions) {
    super('DATABASE_COPY', message, {}, options)
  }
}

/**
 * Writes one consistent copy of the database, beside a running Vigie too: `VACUUM INTO` reads one snapshot, while the
 * backup interface of SQLite would begin anew with each report. The copy is read once and checked before it counts.
 * @returns its size in bytes
 */
export function copyDatabase(file: string, target: string): number {
  if (!existsSync(file))
    throw new DatabaseCopyError(`There is no database at ${file}; VIGIE_DATA_DIR says where it lies.`)
  if (existsSync(target)) throw new InvalidInputError('FILE', `${target} exists`, 'Name one that does not exist yet.')
  const unfinished = `${target}.unfinished`
  rmSync(unfinished, { force: true })
  try {
    // The file is made before SQLite does it, for nobody else to read.
    closeSync(openSync(unfinished, 'w', 0o600))
    const database = new Database(file, { fileMustExist: true, timeout: 60_000 })
    try {
      database.prepare('vacuum into ?').run(unfinished)
    } finally {
      database.close()
    }
    checkDatabase(unfinished)
    settle(unfinished, target)
  } catch (cause) {
    rmSync(unfinished, { force: true })
    throw wordsOf(cause, `The database could not be copied to ${target}`)
  }
  return statSync(target).size
}

/**
 * Puts a copy in the place of the database. What stood there is kept beside it, with its journal.
 * @returns where it is kept; null = there was none
 */
export function restoreDatabase(copy: string, file: string, now: Date): string | null {
  if (!existsSync(copy))
    throw new InvalidInputError('FILE', `${copy} does not exist`, 'Name a copy that `backup` made.')
  const lock = lockDatabase(file)
  try {
    checkDatabase(copy)
    const unfinished = `${file}.unfinished`
    copyFileSync(copy, unfinished)
    chmodSync(unfinished, 0o600)
    const kept = existsSync(file) ? `${file}.replaced-${now.toISOString().replaceAll(':', '-')}` : null
    if (kept) for (const part of ['-wal', '-shm', '']) if (existsSync(file + part)) renameSync(file + part, kept + part)
    settle(unfinished, file)
    return kept
  } catch (cause) {
    throw wordsOf(cause, `${copy} could not be put in the place of ${file}`)
  } finally {
    lock.release()
  }
}

/** A copy counts when SQLite finds it whole and it is one of Vigie's. */
function checkDatabase(file: string): void {
  const database = new Database(file, { readonly: true, fileMustExist: true })
  try {
    const found = database.pragma('quick_check(1)', { simple: true })
    if (found !== 'ok') throw new DatabaseCopyError(`${file} is damaged: ${String(found)}`)
    const own = database.prepare("select 1 from sqlite_master where name = 'mikro_orm_migrations'").get()
    if (!own) throw new DatabaseCopyError(`${file} is no database of Vigie.`)
  } finally {
    database.close()
  }
}

/** Under its name only when it is on the disk whole. */
function settle(unfinished: string, target: string): void {
  const descriptor = openSync(unfinished, 'r+')
  fsyncSync(descriptor)
  closeSync(descriptor)
  renameSync(unfinished, target)
}

function wordsOf(cause: unknown, what: string): Error {
  if (cause instanceof DomainError) return cause
  const { code, message } = cause as NodeJS.ErrnoException
  if (code === 'SQLITE_NOTADB') return new DatabaseCopyError(`${what}: it is no SQLite database.`, { cause })
  if (code === 'SQLITE_FULL' || code === 'ENOSPC') return new DatabaseCopyError(`${what}: no room is left.`, { cause })
  return new DatabaseCopyError(`${what}: ${message}`, { cause })
}
