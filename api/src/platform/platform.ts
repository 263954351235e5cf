import type { Quota } from '../access/quota.ts'
import type { AlertSettings } from '../alerts/alerts.service.ts'
import type { Roots } from '../backups/job-draft.ts'
import type { ChangeFeed } from './changes.ts'
import type { Clock } from './clock.ts'
import type { FairShare } from './fair-share.ts'
import type { Log } from './log.ts'

/** The doors to the outside, given to whoever needs them. */
export interface Platform {
  clock: Clock
  log: Log
  changes: ChangeFeed
  share: FairShare
  /** What each token may still send today. */
  quota: Quota
  /** How browsers and agents reach Vigie; null = as they were asked. */
  publicUrl: string | null
  /** Where backups arrive, are kept, and are kept apart. */
  roots: Roots
  /** How messages reach people. */
  settings: AlertSettings
}
