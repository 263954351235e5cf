import type { WorkerThread } from '../platform/worker-thread.ts'
import type { VaultWork } from '../vault/vault-work.ts'
import type { Scan } from './scan.entity.ts'
import type { DepositTasks } from './worker.ts'

export type Counts = Pick<
  Scan,
  | ('foldersRead' | 'foldersUnchanged' | 'runsRecorded' | 'reportsRefused' | 'filesRead')
  | ('filesPromoted' | 'filesQuarantined' | 'filesWaiting' | 'entriesOpened' | 'entriesJudged' | 'entriesMissing')
>

/** What the parts of one scan share. */
export interface ScanContext extends VaultWork {
  /** Reads folders and reports, and looks at files. */
  worker: WorkerThread<DepositTasks>
  temporaryFolder: string
  counts: Counts
}
