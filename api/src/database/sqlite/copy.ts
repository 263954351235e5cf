import {
  chmodSync,
  closeSync,
  constants,
  copyFileSync,
  existsSync,
  fsyncSync,
  linkSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { makeFolder } from '@vigie/agent/host'
import { DatabaseCopyError } from '../database-errors.ts'
import { DomainError, InvalidInputError } from '../../platform/errors.ts'
import { lockDatabase } from './lock.ts'
import { sqliteFault } from './sqlite.ts'

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
    closeSync(openSync(unfinished, 'wx', 0o600))
    const database = new DatabaseSync(file, { timeout: 60_000 })
    try {
      database.prepare('vacuum into ?').run(unfinished)
    } finally {
      database.close()
    }
    checkDatabase(unfinished)
    sync(unfinished)
    renameSync(unfinished, target)
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
export async function restoreDatabase(copy: string, file: string, now: Date): Promise<string | null> {
  if (!existsSync(copy))
    throw new InvalidInputError('FILE', `${copy} does not exist`, 'Name a copy that `backup` made.')
  const unfinished = `${file}.unfinished`
  const kept = existsSync(file) ? `${file}.replaced-${now.toISOString().replaceAll(':', '-')}` : null
  let lock: ReturnType<typeof lockDatabase> | null = null
  try {
    await makeFolder(dirname(file), 0o700)
    lock = lockDatabase(file)
    clear(unfinished)
    // With its journal, which may hold what is not in the file yet; where the copy lies nothing is changed.
    for (const part of ['', '-wal']) {
      if (part && !existsSync(copy + part)) continue
      copyFileSync(copy + part, unfinished + part, constants.COPYFILE_FICLONE)
      chmodSync(unfinished + part, 0o600)
    }
    checkDatabase(unfinished)
    sync(unfinished)
    // At every instant a whole database stands under its name; a journal must not meet another file.
    if (kept) for (const part of ['', '-wal']) if (existsSync(file + part)) linkSync(file + part, kept + part)
    for (const part of ['-wal', '-shm']) rmSync(file + part, { force: true })
    renameSync(unfinished, file)
    return kept
  } catch (cause) {
    throw wordsOf(cause, `${copy} could not be put in the place of ${file}`)
  } finally {
    if (lock) clear(unfinished)
    await lock?.release()
  }
}

const clear = (file: string): void => {
  for (const part of ['', '-wal', '-shm']) rmSync(file + part, { force: true })
}

/** A copy counts when SQLite finds it whole and it is one of Vigie's. */
function checkDatabase(file: string): void {
  const database = new DatabaseSync(file)
  try {
    // Everything into the one file, whatever mode it came in; Vigie sets its own at the start.
    database.exec('pragma journal_mode = delete')
    const found = database.prepare('pragma quick_check(1)').get()?.['quick_check']
    if (found !== 'ok') throw new DatabaseCopyError(`${file} is damaged: ${String(found)}`)
    const own = database.prepare("select 1 from sqlite_master where name = 'mikro_orm_migrations'").get()
    if (!own) throw new DatabaseCopyError(`${file} is no database of Vigie.`)
  } finally {
    database.close()
  }
}

function sync(file: string): void {
  const descriptor = openSync(file, 'r+')
  fsyncSync(descriptor)
  closeSync(descriptor)
}

function wordsOf(cause: unknown, what: string): Error {
  if (cause instanceof DomainError) return cause
  const { code, message } = cause as NodeJS.ErrnoException
  const fault = sqliteFault(cause)
  if (fault === 'NOTADB') return new DatabaseCopyError(`${what}: it is no SQLite database.`, { cause })
  if (fault === 'FULL' || code === 'ENOSPC') return new DatabaseCopyError(`${what}: no room is left.`, { cause })
  return new DatabaseCopyError(`${what}: ${message}`, { cause })
}
