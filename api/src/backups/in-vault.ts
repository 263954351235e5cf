import type { ExpressionBuilder } from 'kysely'
import { literal } from '../database/literal.ts'
import type { Tables } from '../database/tables.ts'
import { FileState } from './backup-file.entity.ts'
import { GOOD } from './backup-status.ts'

// Conditions on what can be got back, for queries of files and of entries.

/** Files that lie in the vault, and that no reading found damaged. */
export const inVault = (eb: ExpressionBuilder<Tables, 'BackupFile'>) =>
  eb.and([
    eb('BackupFile.state', '=', literal(FileState.VAULT)),
    eb.or([eb('BackupFile.intact', 'is', null), eb('BackupFile.intact', '=', true)]),
  ])

/** Good backups of a job with such a file. */
export const goodInVault = (job: string) => (eb: ExpressionBuilder<Tables, 'BackupEntry'>) =>
  eb.and([
    eb('BackupEntry.job', '=', job),
    eb('BackupEntry.status', 'in', GOOD),
    eb(
      'BackupEntry.file',
      'in',
      eb.selectFrom('BackupFile').select('BackupFile.id').where('BackupFile.job', '=', job).where(inVault),
    ),
  ])
