import type { Dialect } from 'kysely'
import type { EntityManager, Orm } from './database.ts'

/** One of the databases that Vigie runs on: what it does beside answering statements. */
export interface Engine extends Dialect {
  /** As people call it. */
  readonly name: 'SQLite' | 'PostgreSQL'
  /** For how long one turn has kept others waiting, in milliseconds; 0 = nobody waits. */
  readonly heldFor: number
  /** Before migrations change an installation that holds something. */
  prepareMigration(orm: Orm, migration: string): Promise<void>
  /** Runs the migrations that are waiting. */
  migrate(orm: Orm): Promise<void>
  /** Resolves when a transaction may begin, with what is called at its end; `alone`: when no other is at work. */
  enter(alone: boolean): Promise<() => void>
  /** Whether a transaction failed only because another one wrote what it had read: begun anew, it may succeed. */
  isConflict(error: unknown): boolean
  /** Whether a value was given that is none of the type of its column. */
  isOtherType(error: unknown): boolean
  /**
   * From here to the end of a transaction no other one commits what it puts into the log of events: who reads the log
   * from where they left it must not pass over one that comes later with a lower number.
   */
  enterLog(em: EntityManager): Promise<void>
  /** In a transaction that brings whole tables: rows may point to ones that come later. */
  beginCopy(em: EntityManager): Promise<void>
  /** Then each must point to one that is there; new rows of the tables whose ids are numbers get greater ones. */
  endCopy(em: EntityManager, numbered: readonly string[]): Promise<void>
  /** Gives back a little of the room that deleted rows took. */
  giveRoomBack(em: EntityManager): Promise<void>
  /** Before the end: leaves everything in one place. */
  settle(em: EntityManager): Promise<void>
  /** Closes in this instant, for a process that ends; what was not committed is given up. */
  closeAtOnce(): void
  /** Takes what only one Vigie may have at a time. Errors: DATABASE_IN_USE; `lost` = it was taken away meanwhile. */
  lock(lost: (error: Error) => void): Promise<DatabaseLock>
}

/** In milliseconds. */
export interface Patience {
  /** How long a question waits for the questions before it, with SQLite. */
  turn: number
  /** How long one waits for another program that holds the lock of SQLite's file. */
  lock: number
  /** How long PostgreSQL may work on one statement; 0 = for ever. */
  statement: number
}

export interface DatabaseLock {
  release(): Promise<void>
}

/** Of an Orm, or of an EntityManager in or out of a transaction. */
export const engineOf = ({ config }: { config: { get(option: 'driverOptions'): unknown } }): Engine =>
  config.get('driverOptions') as Engine
