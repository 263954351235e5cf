import type { Roots } from '../backups/job-draft.ts'
import type { EntityManager } from '../database/database.ts'
import type { Transaction } from '../events/outbox.ts'
import type { Clock } from '../platform/clock.ts'
import type { Log } from '../platform/log.ts'
import type { WorkerThread } from '../platform/worker-thread.ts'
import type { AtStep } from '../vault/move-file.ts'
import type { FileWork } from './file-work.ts'
import type { Scan } from './scan.entity.ts'
import type { DepositTasks } from './worker.ts'

export type Counts = Pick<
  Scan,
  | ('foldersRead' | 'foldersUnchanged' | 'runsRecorded' | 'reportsRefused' | 'filesRead')
  | ('filesPromoted' | 'filesQuarantined' | 'filesWaiting' | 'entriesOpened' | 'entriesJudged' | 'entriesMissing')
>

/** What the parts of one scan share. */
export interface ScanContext {
  /** For reading; everything is written by `write`. */
  em: EntityManager
  clock: Clock
  log: Log
  roots: Roots
  /** Reads folders and reports, and looks at files. */
  worker: WorkerThread<DepositTasks>
  /** Reads and moves files, beside scans. */
  files: FileWork
  /** Until when this scan waits for files (`performance.now()`); what is not ready then, a later one takes. */
  until: number
  temporaryFolder: string
  counts: Counts
  atStep: AtStep
  /** A transaction that holds the scan's lease: it rolls back where another scan has taken over. */
  write<T>(work: (transaction: Transaction) => Promise<T>): Promise<T>
  /** Throws where the scan was asked to stop. */
  check(): void
  /** Throws again what ends the scan itself: it was stopped, or another one has its lease. */
  rethrow(error: unknown): void
  /** Something that hinders scans: each cause is told once, and when it is over. */
  trouble(cause: string, text: string): void
}
