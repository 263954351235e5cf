import Database from 'better-sqlite3'
import { DomainError } from '../errors.ts'

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
  const lock = new Database(`${file}.lock`, { timeout: 0 })
  try {
    lock.pragma('locking_mode = exclusive')
    lock.exec('begin exclusive')
  } catch (cause) {
    lock.close()
    if ((cause as { code?: string }).code?.startsWith('SQLITE_BUSY')) throw new DatabaseInUseError(file)
    throw cause
  }
  return { release: () => void lock.close() }
}
