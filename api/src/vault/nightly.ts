import { sql } from 'kysely'
import type { EntityManager } from '../database/database.ts'
import type { VaultKeeper } from './vault-work.ts'
import { type Clock, DAY } from '../platform/clock.ts'
import type { Log } from '../platform/log.ts'
import { BusyError, type VaultService } from './vault.service.ts'

/** What the tasks of a night work with. */
export interface Nightly {
  em: EntityManager
  vault: VaultService
  keeper: VaultKeeper
  clock: Clock
  log: Log
}

/** Applies the rules of every job that has any: each night. */
export async function applyAllRetention({ em, vault, keeper, log }: Nightly): Promise<void> {
  const { rows } = await sql<{ id: string }>`select id from expected_job where archived_at is null
    and coalesce(keep_last, keep_daily, keep_weekly, keep_monthly, keep_yearly) is not null`.execute(em.getKysely())
  for (const { id } of rows) {
    try {
      await betweenScans(keeper, () => vault.applyRetention(id, null, keeper))
    } catch (error) {
      // One job that fails keeps no other from its rules; the next night tries again.
      log.error({ err: error, job: id }, 'What a job does not keep could not be deleted')
    }
  }
}

/** Deletes what was kept apart so many days ago, where a good backup of the same due time lies intact in the vault. */
export async function forgetQuarantined({ em, vault, keeper, clock, log }: Nightly, days: number): Promise<void> {
  const { rows } = await sql<{ id: string }>`select q.id from backup_file q
    join backup_entry e on e.id = q.entry_id join backup_file f on f.id = e.file_id
    where q.state = 'QUARANTINE' and q.seen_at < ${clock().getTime() - days * DAY}
      and e.status in ('SUCCESS', 'HASH_MISMATCH') and f.id <> q.id and f.state = 'VAULT'
      and (f.intact is null or f.intact = 1)`.execute(em.getKysely())
  for (const { id } of rows) {
    try {
      await betweenScans(keeper, () => vault.deleteReplaced(id, keeper))
    } catch (error) {
      log.error({ err: error, file: id }, 'A file that was kept apart long ago could not be deleted')
    }
  }
}

/** A scan that is at work is waited for, and so is the next one. */
async function betweenScans(keeper: VaultKeeper, work: () => Promise<unknown>): Promise<void> {
  for (let left = 30; ; left -= 1) {
    try {
      await work()
      return
    } catch (error) {
      if (!(error instanceof BusyError) || left === 0) throw error
      await keeper.idle()
    }
  }
}
