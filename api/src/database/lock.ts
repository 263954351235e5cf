import { DatabaseSync } from 'node:sqlite'
import { DomainError } from '../platform/errors.ts'
import { sqliteFault } from './sqlite.ts'

export class DatabaseInUseError extends DomainError {
  constructor(file: string) {
    super(
      'DATABASE_IN_USE',
      `Another Vigie is running on ${file}. Stop it first, or set VIGIE_DATA_DIR to another folder.`,
    )
  }
}

/**
 * One Vigie on one file. The lock is the operating system's, on a file beside the database, so that a killed process
 * leaves none behind; the database itself stays open to the commands.
 */
export function lockDatabase(file: string): { release(): void } {
  if (file === ':memory:') return { release: () => undefined }
  const lock = new DatabaseSync(`${file}.lock`, { timeout: 0 })
  try {
    lock.exec('pragma locking_mode = exclusive; begin exclusive')
  } catch (cause) {
    lock.close()
    if (sqliteFault(cause) === 'BUSY') throw new DatabaseInUseError(file)
    throw cause
  }
  return { release: () => void lock.close() }
}
