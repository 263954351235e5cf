import { DomainError } from '../platform/errors.ts'

/** The database is held, by another question or by another program, for longer than a question may wait. */
export class DatabaseBusyError extends DomainError {
  constructor(what: string, options?: ErrorOptions) {
    super('DATABASE_BUSY', `The database was busy for too long: ${what}. Nothing was changed; ask again.`, {}, options)
  }
}

/** The file system of the database is full: nothing can be written until there is room. */
export class DatabaseFullError extends DomainError {
  constructor(options?: ErrorOptions) {
    super(
      'DATABASE_FULL',
      'No room is left where the database lies. Nothing was changed; free some, then ask again.',
      {},
      options,
    )
  }
}

export class DatabaseInUseError extends DomainError {
  constructor(database: string) {
    super(
      'DATABASE_IN_USE',
      `Another Vigie is running on ${database}. Stop it first, or set VIGIE_DATA_DIR to another folder, DATABASE_URL to another database.`,
    )
  }
}

/** There is no database to ask just now. */
export class DatabaseUnreachableError extends DomainError {
  /** @param inDoubt it went away at the very moment of keeping a change */
  constructor(inDoubt: boolean, options?: ErrorOptions) {
    const what = inDoubt ? 'Look whether your change was kept, or ask again.' : 'Nothing was changed; ask again.'
    super('DATABASE_UNREACHABLE', `The database cannot be reached. ${what}`, {}, options)
  }
}

/** The database cannot keep what Vigie keeps. */
export class DatabaseUnfitError extends DomainError {
  constructor(why: string) {
    super('DATABASE_UNFIT', `The database will not do: ${why}.`)
  }
}

/** A copy of the database could not be made, or not be put in its place. */
export class DatabaseCopyError extends DomainError {
  constructor(message: string, options?: ErrorOptions) {
    super('DATABASE_COPY', message, {}, options)
  }
}
