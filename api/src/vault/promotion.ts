import { rmdir, unlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { ExpressionBuilder } from 'kysely'
import type { BackupEntry } from '../backups/backup-entry.entity.ts'
import { BackupRun } from '../backups/backup-run.entity.ts'
import { BackupStatus } from '../backups/backup-status.ts'
import { EntryRecorder } from '../backups/entry-recorder.ts'
import type { ExpectedJob } from '../backups/expected-job.entity.ts'
import type { Roots } from '../config/config.ts'
import { folderName, render } from '../backups/path-template.ts'
import { backupReason, staysOpen } from '../backups/verdict.ts'
import type { EntityManager } from '../database/database.ts'
import { literal } from '../database/literal.ts'
import { findRows, type Row, saveRows, selectRows } from '../database/rows.ts'
import { type Tables, tables } from '../database/tables.ts'
import type { Stamp } from '../backups/file-facts.ts'
import { LINK_TAKES } from '../files/file-work.ts'
import type { VaultWork } from './vault-work.ts'
import { EventCause, EventType } from '../events/event.entity.ts'
import { newId } from '../platform/id.ts'
import { type Reason, Severity } from '../reasons/reason.ts'
import { BackupFile, FileRoot, FileState, type Intent, type Leftover } from '../backups/backup-file.entity.ts'
import { removeManifest } from './manifests.ts'
import { bringFile, hasArrived, type Move, type Moved, type NotMoved, removeLeftover } from './move-file.ts'

// Intent, move, outcome, and what is left behind: each a record of its own, each done again after a crash with the same
// end. At every instant the rows tell where the file is, and no file is removed before its row says that it is elsewhere.

interface Subject {
  run: Row<BackupRun>
  job: Row<ExpectedJob>
  entry: Row<BackupEntry>
}

const stamped = (date: Date): string => `${date.toISOString().slice(0, 16).replace(/[-:]/g, '')}Z`
const nameOf = (path: string): string => path.split('/').at(-1) as string
const folderOf = (path: string): string => (path.includes('/') ? path.slice(0, path.lastIndexOf('/') + 1) : '')
const stampOf = ({ dev, ino, size, mtimeNs, ctimeNs }: Row<BackupFile>): Stamp => ({ dev, ino, size, mtimeNs, ctimeNs })

/** Where a file goes that is kept apart: a folder of its own, so that no two are in each other's way. */
export const quarantinePlace = (
  { run, job, entry }: Subject,
  file: Row<BackupFile>,
): Pick<Intent, 'to' | 'path' | 'versionPath'> => ({
  to: FileRoot.QUARANTINE,
  path: `${job.agentId}/${folderName(job.databaseName)}/${stamped(entry.expectedAt)}-${file.id.slice(-12)}/${run.stagedFileName ?? nameOf(file.path)}`,
  versionPath: null,
})

/** Where a good file goes: over an older one of the same database only where the template keeps nothing but the latest. */
export async function vaultPlace(
  em: EntityManager,
  { job, entry, run }: Subject,
  file: Row<BackupFile>,
): Promise<Pick<Intent, 'to' | 'path' | 'versionPath'>> {
  const to = FileRoot.VAULT as const
  const fileName = run.stagedFileName ?? nameOf(file.path)
  const path = render(job.finalStoragePathTemplate, job, {
    expectedAt: entry.expectedAt,
    timeZone: job.timeZone,
    fileName,
  })
  const version = (expectedAt: Date): string => `${folderOf(path)}versions/${stamped(expectedAt)}_${nameOf(path)}`
  const holder = await holderOf(em, path, job)
  if (!holder) return { to, path, versionPath: null }
  // Another good run for the same time: each keeps its own file.
  const isTwin = holder.sha256 !== null && holder.sha256 === file.sha256
  if (holder.entry === entry.id) return { to, path: isTwin ? path : await numbered(em, path), versionPath: null }
  if (holder.expectedAt > entry.expectedAt) return { to, path: version(entry.expectedAt), versionPath: null }
  return { to, path, versionPath: version(holder.expectedAt) }
}

/** What lies at a path of the vault. */
const liesAt = (path: string) => (eb: ExpressionBuilder<Tables, 'BackupFile'>) =>
  eb.and([
    eb('BackupFile.path', '=', path),
    eb('BackupFile.root', '=', FileRoot.VAULT),
    eb('BackupFile.state', '=', literal(FileState.VAULT)),
  ])

/** Whose good file lies at a path, if it is one of the same database, also of a job that was retired since. */
async function holderOf(
  em: EntityManager,
  path: string,
  { agentId, databaseName }: Row<ExpectedJob>,
): Promise<{ entry: string; expectedAt: Date; sha256: string | null } | null> {
  const holder = await tables(em)
    .selectFrom('BackupFile')
    .innerJoin('BackupEntry', 'BackupEntry.id', 'BackupFile.entry')
    .innerJoin('ExpectedJob', 'ExpectedJob.id', 'BackupFile.job')
    .select(['BackupEntry.id as entry', 'BackupEntry.expectedAt', 'BackupFile.sha256'])
    .where(liesAt(path))
    .where('ExpectedJob.agentId', '=', agentId)
    .where('ExpectedJob.databaseName', '=', databaseName)
    .limit(1)
    .executeTakeFirst()
  return holder ?? null
}

/** `crm.sql.gz` becomes `crm-2.sql.gz`, or the next number that is free. */
async function numbered(em: EntityManager, path: string): Promise<string> {
  const [stem = '', ...extensions] = nameOf(path).split('.')
  for (let number = 2; ; number += 1) {
    const candidate = `${folderOf(path)}${[`${stem}-${number}`, ...extensions].join('.')}`
    if ((await selectRows(em, BackupFile, 'path', [candidate], { root: FileRoot.VAULT })).length === 0) return candidate
  }
}

/** How a move ended. HINDERED = no room, or refused: it is tried again later; MOVING = it is being copied. */
type Carried = 'MOVED' | 'STAYS' | 'HINDERED' | 'MOVING'

/**
 * Moves a file as its intent says, and records how it ended. Done again after a crash, it ends the same. MOVING = it is
 * being copied: the next scan takes it up.
 */
export async function carryOut(scan: VaultWork, file: Row<BackupFile>): Promise<Carried> {
  const intent = file.intent as Intent
  const root = rootOf(scan.roots, intent.to)
  const leftover: Leftover = { root: file.root, path: file.path, stamp: stampOf(file) }
  const move: Move = {
    id: file.id,
    sha256: file.sha256,
    versionPath: intent.versionPath,
    stamp: leftover.stamp,
    from: { root: rootOf(scan.roots, file.root), path: file.path },
    to: { root, path: intent.path },
  }
  const taken = await scan.files.take<Moved>(
    {
      key: `move ${file.id}`,
      kind: 'MOVING',
      owner: file.job ?? file.id,
      path: file.path,
      size: file.size,
      run: () => bringFile(move, scan.atStep),
    },
    scan.files.isCopying ? scan.until : Math.max(scan.until, performance.now() + LINK_TAKES),
  )
  if (!taken) return 'MOVING'
  const moved = taken.value
  if (hasArrived(moved)) {
    if (intent.to === FileRoot.QUARANTINE) await explain(join(root, intent.path), intent)
    const kept = await arrived(scan, file, intent, { stamp: moved.stamp, leftover, by: moved.outcome })
    await leave(scan, kept)
    return 'MOVED'
  }
  if (file.root === FileRoot.QUARANTINE) {
    // It stays where it was; whoever asked is told.
    Object.assign(file, { intent: null, state: FileState.QUARANTINE })
    await scan.write(({ em }) => saveRows(em, BackupFile, [file]))
    return 'STAYS'
  }
  return notMoved(scan, file, intent, moved)
}

export const rootOf = (roots: Roots, root: FileRoot): string =>
  ({ DEPOSIT: roots.deposit, VAULT: roots.vault, QUARANTINE: roots.quarantine })[root]

/** Removes what a file left where it came from. Where that cannot be, each scan tries again. */
export async function leave(scan: VaultWork, file: Row<BackupFile>): Promise<boolean> {
  const { leftover } = file
  if (!leftover) return true
  const root = rootOf(scan.roots, leftover.root)
  if (!(await removeLeftover(root, leftover.path, leftover.stamp, scan.atStep))) return false
  if (leftover.root === FileRoot.VAULT) {
    const isRemoved = await removeManifest(root, leftover.path, file.id).then(
      () => true,
      () => false,
    )
    if (!isRemoved) return false
  }
  if (leftover.root === FileRoot.QUARANTINE) await removeExplained(dirname(join(root, leftover.path)))
  await scan.write(({ em }) => saveRows(em, BackupFile, [Object.assign(file, { leftover: null })]))
  return true
}

/** For somebody who looks into the quarantine without Vigie. */
async function explain(path: string, intent: Intent): Promise<void> {
  const why = JSON.stringify({ status: intent.status, reasons: intent.reasons, run: intent.runId }, null, 2)
  // A file that is itself called so is not written over.
  await writeFile(join(dirname(path), WHY), `${why}\n`, { mode: 0o640, flag: 'wx' }).catch(() => undefined)
}
const WHY = 'why.json'

/** The folder of a file that was kept apart, with the explanation beside it. */
export async function removeExplained(folder: string): Promise<void> {
  await unlink(join(folder, WHY)).catch(() => undefined)
  await rmdir(folder).catch(() => undefined)
}

interface Arrival {
  stamp: Stamp
  leftover: Leftover
  by: 'MOVED' | 'ALREADY_THERE'
}

/** Answers with the row that holds the file now. */
async function arrived(
  scan: VaultWork,
  file: Row<BackupFile>,
  intent: Intent,
  arrival: Arrival,
): Promise<Row<BackupFile>> {
  const now = scan.clock()
  const quarantined = intent.to === FileRoot.QUARANTINE
  // What somebody accepts out of the quarantine was not proven by its acceptance.
  const wasProven = !quarantined && file.root === FileRoot.DEPOSIT
  const { stamp, leftover } = arrival
  const kept = await scan.write(async ({ em, tell }) => {
    if (intent.versionPath !== null) {
      await tables(em)
        .updateTable('BackupFile')
        .set({ path: intent.versionPath, hasManifest: false })
        .where(liesAt(intent.path))
        .where('id', '<>', file.id)
        .execute()
    }
    const same = arrival.by === 'ALREADY_THERE' ? await sameInVault(em, file, intent) : null
    const holding = same ?? file
    if (same) Object.assign(same, { leftover: same.leftover ?? leftover })
    else {
      Object.assign(file, {
        ...stamp,
        root: intent.to,
        path: intent.path,
        state: quarantined ? FileState.QUARANTINE : FileState.VAULT,
        why: quarantined ? intent.reasons : [],
        verifiedAt: now,
        intact: wasProven ? true : null,
        hasManifest: false,
        leftover,
      })
    }
    file.intent = null
    await saveRows(em, BackupFile, [holding])
    const [run] = await selectRows(em, BackupRun, 'id', [intent.runId])
    if (run) {
      const { status, reasons } = intent
      await saveRows(em, BackupRun, [
        Object.assign(run, { status, reasons, isOpen: staysOpen(status), file: holding.id }),
      ])
      if (run.entry) await new EntryRecorder(em, tell).judge(run.entry, now, null)
    }
    // One content, sent twice for one time, is one file of the vault.
    if (same) await tables(em).deleteFrom('BackupFile').where('id', '=', file.id).execute()
    if (quarantined && run) {
      tell.event({
        type: EventType.BACKUP_QUARANTINED,
        severity: Severity.WARNING,
        at: now,
        cause: EventCause.READING,
        job: run.job,
        entry: run.entry,
        to: intent.status,
        facts: { reasons: intent.reasons, path: intent.path, name: `${run.agentId}/${run.databaseName}` },
      })
    }
    return holding
  })
  scan.counts[quarantined ? 'filesQuarantined' : 'filesPromoted'] += 1
  scan.counts.entriesJudged += 1
  return kept
}

async function sameInVault(em: EntityManager, file: Row<BackupFile>, intent: Intent): Promise<Row<BackupFile> | null> {
  const [same] = await findRows(em, BackupFile, (query) =>
    query.where(liesAt(intent.path)).where('id', '<>', file.id).limit(1),
  )
  return same ?? null
}

async function notMoved(scan: VaultWork, file: Row<BackupFile>, intent: Intent, moved: NotMoved): Promise<Carried> {
  const now = scan.clock()
  const isHindered = moved.outcome === 'NO_ROOM' || moved.outcome === 'REFUSED'
  const taken = moved.outcome === 'TAKEN'
  const waiting = why(moved, intent)
  if (isHindered) scan.trouble(intent.to.toLowerCase(), waiting.subject ?? moved.outcome)
  await scan.write(async ({ em, tell }) => {
    const [run] = await selectRows(em, BackupRun, 'id', [intent.runId])
    if (taken && run) {
      // Never overwritten: it is kept apart, and somebody decides.
      const folder = `${run.agentId}/${folderName(run.databaseName)}/${stamped(now)}-${newId().slice(-12)}`
      const apart = intent.to === FileRoot.QUARANTINE ? intent : { status: BackupStatus.FAILED, reasons: [waiting] }
      file.intent = {
        to: FileRoot.QUARANTINE,
        path: `${folder}/${nameOf(file.path)}`,
        versionPath: null,
        runId: run.id,
        status: apart.status,
        reasons: apart.reasons,
      }
      await saveRows(em, BackupFile, [file])
      return
    }
    const gone = moved.outcome === 'GONE'
    await saveRows(em, BackupFile, [
      Object.assign(file, { intent: null, state: gone ? FileState.LOST : FileState.SEEN }),
    ])
    if (!run) return
    // What is wrong with a file is known, also where it cannot be put apart.
    const status = intent.to === FileRoot.QUARANTINE && isHindered ? intent.status : null
    const reasons = status === null ? [waiting] : [...intent.reasons, waiting]
    await saveRows(em, BackupRun, [Object.assign(run, { status, reasons, isOpen: staysOpen(status) })])
    if (run.entry) await new EntryRecorder(em, tell).judge(run.entry, now, null)
  })
  if (taken) return carryOut(scan, file)
  return isHindered ? 'HINDERED' : 'STAYS'
}

function why(moved: NotMoved, intent: Intent): Reason {
  const stays = intent.to === FileRoot.QUARANTINE ? 'NOT_QUARANTINED' : 'NOT_PROMOTED'
  switch (moved.outcome) {
    case 'TAKEN':
      return backupReason('TARGET_TAKEN', Severity.FAILED, { subject: intent.path })
    case 'CHANGED':
      return backupReason('CHANGED_WHILE_READING', Severity.INFO)
    case 'GONE':
      return backupReason('FILE_LOST', Severity.FAILED, { subject: intent.path })
    case 'NO_ROOM':
      return backupReason(stays, Severity.WARNING, {
        subject: `no room: ${Math.ceil(moved.needed / 1e6)} MB are needed, ${Math.floor(moved.free / 1e6)} MB are free`,
      })
    case 'REFUSED':
      return backupReason(stays, Severity.WARNING, { subject: moved.detail })
  }
}

/**
 * What was being moved, by the scan before or until a crash, and what could not be removed before, is done to its end.
 * Answers with the jobs whose file could not be moved.
 */
export async function takeUp(scan: VaultWork): Promise<Set<string>> {
  const resting = new Set<string>()
  const files = await findRows(scan.em, BackupFile, (query) =>
    query.where((eb) => eb.or([eb('state', '=', literal(FileState.INTENT)), eb('leftover', 'is not', null)])),
  )
  for (const file of files) {
    scan.check()
    try {
      if (file.state === FileState.INTENT) {
        const moved = await carryOut(scan, file)
        if (moved === 'MOVING') scan.counts.filesWaiting += 1
        // Tried just now: the next scan tries again.
        if (moved === 'HINDERED' && file.job) resting.add(file.job)
      } else await leave(scan, file)
    } catch (error) {
      scan.rethrow(error)
      scan.log.error({ err: error, file: file.id }, 'A file could not be taken up again')
      scan.trouble(`file ${file.path}`, `${file.path}: ${(error as Error).message}`)
    }
  }
  return resting
}
