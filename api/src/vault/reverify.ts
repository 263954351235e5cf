import type { ExpressionBuilder } from 'kysely'
import { EntryRecorder } from '../backups/entry-recorder.ts'
import type { Roots } from '../config/config.ts'
import type { EntityManager } from '../database/database.ts'
import { literal } from '../database/literal.ts'
import { findRows, type Row, saveRows, selectRows } from '../database/rows.ts'
import { type Tables, tables } from '../database/tables.ts'
import type { FileReader } from './vault-work.ts'
import { EventCause, EventType } from '../events/event.entity.ts'
import type { Transact } from '../events/outbox.ts'
import type { Clock } from '../platform/clock.ts'
import type { Log } from '../platform/log.ts'
import { Severity } from '../reasons/reason.ts'
import { BackupFile, FileRoot, FileState } from '../backups/backup-file.entity.ts'

export interface Rereading {
  em: EntityManager
  transact: Transact
  clock: Clock
  roots: Roots
  worker: FileReader
  temporaryFolder: string
  log: Log
  isStopping: () => boolean
  /** Throws where the vault is not there: an absent file is then not lost. */
  mustSee(): Promise<void>
}

/** Every file is read again within so many nights. */
const NIGHTS = 30

/** What lies in the vault, or should. */
const ofVault = (eb: ExpressionBuilder<Tables, 'BackupFile'>) =>
  eb.or([
    eb('state', '=', literal(FileState.VAULT)),
    eb.and([eb('state', '=', literal(FileState.LOST)), eb('root', '=', FileRoot.VAULT)]),
  ])

/** Reads the thirtieth of the vault that was not read for longest: disks forget, and only reading finds out. */
export async function reverifyVault(rereading: Rereading): Promise<{ read: number; bad: number }> {
  const { em, log, isStopping } = rereading
  const { count } = await tables(em)
    .selectFrom('BackupFile')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where(ofVault)
    .executeTakeFirstOrThrow()
  const files = await findRows(em, BackupFile, (query) =>
    query
      .where(ofVault)
      .orderBy(
        (eb) => eb.fn.coalesce('triedAt', 'verifiedAt'),
        (order) => order.asc().nullsFirst(),
      )
      .orderBy('id')
      .limit(Math.ceil(count / NIGHTS)),
  )
  let bad = 0
  for (const file of files) {
    if (isStopping()) break
    try {
      if (!(await rereadVaultFile(rereading, file))) bad += 1
    } catch (error) {
      // One that cannot be read keeps nobody else waiting.
      log.error({ err: error, path: file.path }, 'A file of the vault could not be read again')
      bad += 1
    }
  }
  return { read: files.length, bad }
}

/** A newer file is taking this path just now: what was read may be that one. */
async function isMoving(em: EntityManager, path: string): Promise<boolean> {
  const files = await tables(em)
    .selectFrom('BackupFile')
    .select('id')
    .where('state', '=', literal(FileState.INTENT))
    .where((eb) => eb(eb.ref('intent', '->>').key('path'), '=', path))
    .limit(1)
    .execute()
  return files.length > 0
}

/** Reads one file of the vault and compares it with what it was when it was proven. False = lost, damaged or not readable. */
export async function rereadVaultFile(rereading: Rereading, file: Row<BackupFile>): Promise<boolean> {
  const { em, transact, clock, roots, worker, temporaryFolder } = rereading
  const facts = await worker.ask('readBackupFile', {
    root: roots.vault,
    path: file.path,
    temporaryFolder,
    contentHash: false,
    hashOnly: true,
  })
  const intact = facts.kind === 'READ' && facts.sha256 === file.sha256
  const lost = facts.kind === 'ABSENT' || facts.kind === 'NOT_A_FILE'
  // Neither intact nor damaged is known of a file that could not be read: the next night tries again.
  if (lost) await rereading.mustSee()
  const moving = intact ? false : await isMoving(em, file.path)
  const known = !moving && (intact || lost || facts.kind === 'READ')
  await transact(em, async ({ em: own, tell }) => {
    const [now] = await selectRows(own, BackupFile, 'id', [file.id])
    if (!now || (now.state !== FileState.VAULT && now.state !== FileState.LOST) || now.path !== file.path) return
    const before = { intact: now.intact, state: now.state }
    Object.assign(now, {
      ...(known ? { intact, state: lost ? FileState.LOST : FileState.VAULT } : {}),
      // Put back from elsewhere, it has the same content and another inode.
      ...(intact && facts.kind === 'READ' ? facts.stamp : {}),
      ...(known ? { verifiedAt: clock() } : {}),
      triedAt: clock(),
    })
    await saveRows(own, BackupFile, [now])
    if (now.entry) tell.entries.add(now.entry)
    // What was good and is damaged or gone is good no more, and neither is its job; found whole again, both are.
    if (known && now.entry) await new EntryRecorder(own, tell).judge(now.entry, clock(), null)
    const type = lost ? EventType.BACKUP_LOST : intact ? EventType.BACKUP_INTACT : EventType.BACKUP_DAMAGED
    const same = before.intact === now.intact && before.state === now.state
    if (!known || same || (intact && before.intact !== false)) return
    tell.event({
      type,
      severity: intact ? Severity.INFO : Severity.FAILED,
      at: clock(),
      cause: EventCause.READING,
      job: now.job,
      entry: now.entry,
      facts: { path: now.path },
    })
  })
  return intact
}
