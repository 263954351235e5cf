import type { Row } from '../database/rows.ts'
import type { VaultWork } from './vault-work.ts'
import { type BackupFile, FileState } from '../backups/backup-file.entity.ts'

/** The ids of those that lie in the vault now, as they were when they were read last: what is deleted elsewhere leans on it. */
export async function lyingIn(
  { worker, roots }: Pick<VaultWork, 'worker' | 'roots'>,
  files: readonly Row<BackupFile>[],
): Promise<Set<string>> {
  const seen = await worker.ask('statFiles', { root: roots.vault, paths: files.map(({ path }) => path) })
  const lying = files.filter(({ size, mtimeNs, state, intact }, index) => {
    const there = seen[index]
    const isAsItWas = there?.kind === 'FILE' && there.stamp.size === size && there.stamp.mtimeNs === mtimeNs
    return isAsItWas && state === FileState.VAULT && intact !== false
  })
  return new Set(lying.map(({ id }) => id))
}
