import type { Roots } from '../config/config.ts'
import type { EntityManager } from '../database/database.ts'
import type { Transaction } from '../events/outbox.ts'
import type { FileTasks } from '../files/file-tasks.ts'
import type { FileWork } from '../files/file-work.ts'
import type { Clock } from '../platform/clock.ts'
import type { Log } from '../platform/log.ts'
import type { WorkerThread } from '../platform/worker-thread.ts'
import type { AtStep } from './move-file.ts'
import type { Rereading } from './reverify.ts'

/** Asks a thread that reads files. */
export type FileReader = Pick<WorkerThread<FileTasks>, 'ask'>

/** What whoever moves, keeps or deletes files works with, as long as nobody else may. */
export interface VaultWork {
  /** For reading; everything is written by `write`. */
  em: EntityManager
  clock: Clock
  log: Log
  roots: Roots
  worker: FileReader
  /** Reads and moves files, beside scans. */
  files: FileWork
  /** Until when files are waited for (`performance.now()`); what is not ready then, a later scan takes. */
  until: number
  counts: { filesPromoted: number; filesQuarantined: number; filesWaiting: number; entriesJudged: number }
  atStep: AtStep
  /** A transaction that holds the lease: it rolls back where another has taken over. */
  write<T>(work: (transaction: Transaction) => Promise<T>): Promise<T>
  /** Throws where it was asked to stop. */
  check(): void
  /** Throws again what ends the whole work: it was stopped, or another one has its lease. */
  rethrow(error: unknown): void
  /** Something that hinders it: each cause is told once, and when it is over. */
  trouble(cause: string, text: string): void
}

/** Who keeps scans away while files are moved by hand: the scanner. */
export interface VaultKeeper {
  /** Null = a scan is at work for too long. Errors: UNSEEN */
  exclusively<T>(work: (work: VaultWork) => Promise<T>): Promise<T | null>
  rereading(): Rereading
  /** Resolves when the scan that is at work has ended. */
  idle(): Promise<unknown>
}
