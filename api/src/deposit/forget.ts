import type { EntityManager } from '../database/database.ts'
import { findRows, type Row, requireRow, selectRows } from '../database/rows.ts'
import { tables } from '../database/tables.ts'
import { DomainError } from '../platform/errors.ts'
import { EventCause, EventType } from '../events/event.entity.ts'
import { Severity } from '../reasons/reason.ts'
import { removeLeftover } from '../vault/move-file.ts'
import { BackupFile } from '../backups/backup-file.entity.ts'
import { lyingIn } from '../vault/lying.ts'
import { rootOf } from '../vault/promotion.ts'
import type { ScanContext } from './scan-context.ts'
import { awaitedIn } from './survey.ts'
import { forgottenOf, isAwaited } from './unawaited.ts'
import type { ForgetRules } from '../config/config.ts'
import { UnawaitedFile } from './unawaited-file.entity.ts'

/** The file is not as it was shown, or a run awaits it by now. */
export class AwaitedError extends DomainError {
  constructor(path: string) {
    super('AWAITED', `${path} is another file by now, or a run awaits it. Nothing was deleted; look again.`)
  }
}

/** So many files are deleted in one go: scans wait meanwhile. */
const AT_ONCE = 200

/**
 * Deletes what nobody awaits, as the rules say: only what the vault holds as well, and still holds when it is deleted.
 * True = there may be more.
 */
export async function forgetProven(scan: ScanContext, rules: ForgetRules): Promise<boolean> {
  // A quota counts also what is never forgotten.
  const lying = await findRows(scan.em, UnawaitedFile, (query) =>
    rules.quota === null ? query.where('provenBy', 'is not', null) : query,
  )
  const files = lying.map((file) => ({ ...file, isProven: file.provenBy !== null }))
  const all = forgottenOf(files, rules, scan.clock())
  const wanted = all.slice(0, AT_ONCE)
  const held = await heldByVault(scan, wanted)
  let count = 0
  for (const [agentId, own] of Map.groupBy(
    wanted.filter(({ id }) => held.has(id)),
    (file) => file.agentId,
  )) {
    scan.check()
    const removed = await removeAll(scan, own)
    if (removed.length === 0) continue
    await scan.write(async ({ em, tell }) => {
      await forgetRows(em, removed)
      tell.event({
        type: EventType.DEPOSIT_FORGOTTEN,
        severity: Severity.INFO,
        at: scan.clock(),
        cause: EventCause.RULES,
        facts: { name: agentId, count: removed.length },
      })
    })
    count += removed.length
  }
  return all.length > AT_ONCE && count > 0
}

/** Deletes one of them because somebody says so, whatever the vault holds. Errors: NOT_FOUND, AWAITED */
export async function deleteUnawaited(scan: ScanContext, id: string, actor: string): Promise<Row<UnawaitedFile>> {
  const file = await requireRow(scan.em, UnawaitedFile, id, 'unawaited file')
  const [removed] = await removeAll(scan, [file])
  if (!removed) throw new AwaitedError(file.path)
  await scan.write(async ({ em, tell }) => {
    await forgetRows(em, [file])
    tell.event({
      type: EventType.DEPOSIT_FORGOTTEN,
      severity: Severity.WARNING,
      at: scan.clock(),
      cause: EventCause.USER,
      actor,
      facts: { name: file.agentId, path: file.path, count: 1 },
    })
  })
  return file
}

/** Which of them lie in the vault as they were when they were proven. */
async function heldByVault(scan: ScanContext, files: readonly Row<UnawaitedFile>[]): Promise<Set<string>> {
  const ids = [...new Set(files.flatMap(({ provenBy }) => provenBy ?? []))]
  const whole = await lyingIn(scan, await selectRows(scan.em, BackupFile, 'id', ids))
  return new Set(files.filter(({ provenBy }) => provenBy !== null && whole.has(provenBy)).map(({ id }) => id))
}

/** Removes those that are still the files that were looked at, and that no run awaits by now; answers with them. */
async function removeAll(scan: ScanContext, files: readonly Row<UnawaitedFile>[]): Promise<Row<UnawaitedFile>[]> {
  const removed: Row<UnawaitedFile>[] = []
  for (const [root, own] of Map.groupBy(files, (file) => file.root)) {
    const awaited = await awaitedIn(scan.em, root)
    const folder = rootOf(scan.roots, root)
    const seen = await scan.worker.ask('statFiles', { root: folder, paths: own.map(({ path }) => path) })
    for (const [index, file] of own.entries()) {
      scan.check()
      const there = seen[index]
      const isSame = there?.kind === 'FILE' && there.stamp.ino === file.ino && there.stamp.ctimeNs === file.ctimeNs
      if (!isSame || isAwaited(file.path, awaited)) continue
      if (await removeLeftover(folder, file.path, there.stamp)) removed.push(file)
      else
        scan.log.warn({ root, path: file.path }, 'A file that nobody awaits cannot be removed: see its folder’s mode')
    }
  }
  return removed
}

const forgetRows = async (em: EntityManager, files: readonly Row<UnawaitedFile>[]): Promise<void> => {
  const ids = files.map(({ id }) => id)
  await tables(em).deleteFrom('UnawaitedFile').where('id', 'in', ids).execute()
}
