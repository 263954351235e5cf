import { DatabaseSync } from 'node:sqlite'
import { DatabaseInUseError } from '../database-errors.ts'
import type { DatabaseLock } from '../engine.ts'
import { sqliteFault } from './sqlite.ts'

/**
 * One Vigie on one file. The lock is the operating system's, on a file beside the database, so that a killed process
 * leaves none behind; the database itself stays open to the commands.
 */
export function lockDatabase(file: string): DatabaseLock {
  if (file === ':memory:') return { release: async () => undefined }
  const lock = new DatabaseSync(`${file}.lock`, { timeout: 0 })
  try {
    lock.exec('pragma locking_mode = exclusive; begin exclusive')
  } catch (cause) {
    lock.close()
    if (sqliteFault(cause) === 'BUSY') throw new DatabaseInUseError(file)
    throw cause
  }
  return { release: async () => lock.close() }
}
