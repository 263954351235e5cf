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

/** Good backups of jobs with such a file. */
export const goodInVault = (jobs: readonly string[]) => (eb: ExpressionBuilder<Tables, 'BackupEntry'>) =>
  eb.and([
    eb('BackupEntry.job', 'in', jobs),
    eb('BackupEntry.status', 'in', GOOD),
    eb.exists(
      eb
        .selectFrom('BackupFile')
        .select('BackupFile.id')
        .whereRef('BackupFile.id', '=', 'BackupEntry.file')
        .whereRef('BackupFile.job', '=', 'BackupEntry.job')
        .where(inVault),
    ),
  ])
