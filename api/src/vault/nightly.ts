import { KEEPS } from '../backups/job-fields.ts'
import { FileState } from '../backups/backup-file.entity.ts'
import { GOOD } from '../backups/backup-status.ts'
import { inVault } from '../backups/in-vault.ts'
import type { EntityManager } from '../database/database.ts'
import { literal } from '../database/literal.ts'
import { tables } from '../database/tables.ts'
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
  const jobs = await tables(em)
    .selectFrom('ExpectedJob')
    .select('id')
    .where('archivedAt', 'is', null)
    .where((eb) => eb(eb.fn.coalesce(...KEEPS), 'is not', null))
    .execute()
  for (const { id } of jobs) {
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
  const files = await tables(em)
    .selectFrom('BackupFile as apart')
    .innerJoin('BackupEntry', 'BackupEntry.id', 'apart.entry')
    .innerJoin('BackupFile', 'BackupFile.id', 'BackupEntry.file')
    .select('apart.id')
    .where('apart.state', '=', literal(FileState.QUARANTINE))
    .where('apart.seenAt', '<', new Date(clock().getTime() - days * DAY))
    .where('BackupEntry.status', 'in', GOOD)
    .where(inVault)
    .execute()
  for (const { id } of files) {
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
