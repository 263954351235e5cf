import { unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { BackupEntry } from '../backups/backup-entry.entity.ts'
import { BackupRun } from '../backups/backup-run.entity.ts'
import { BackupStatus, isGood } from '../backups/backup-status.ts'
import { ExpectedJob } from '../backups/expected-job.entity.ts'
import { backupReason, declaredFile, judgeRun } from '../backups/verdict.ts'
import { previousGood } from '../backups/entry-recorder.ts'
import type { EntityManager } from '../database/database.ts'
import type { Transact } from '../events/outbox.ts'
import { goodInVault } from '../backups/in-vault.ts'
import { literal } from '../database/literal.ts'
import { findRows, type Row, requireRow, saveRows, selectRows } from '../database/rows.ts'
import { inOrder, seekPage } from '../database/seek.ts'
import { tables } from '../database/tables.ts'
import type { VaultWork } from './vault-work.ts'
import type { VaultKeeper } from './vault-work.ts'
import { carryOut, leave, removeExplained, vaultPlace } from './promotion.ts'
import { DomainError, InvalidInputError, NotFoundError } from '../platform/errors.ts'
import { EventCause, EventType } from '../events/event.entity.ts'
import type { Clock } from '../platform/clock.ts'
import type { Page, PageArgs } from '../platform/page.ts'
import { Severity } from '../reasons/reason.ts'
import { BackupFile, FileRoot, FileState } from '../backups/backup-file.entity.ts'
import { lyingIn } from './lying.ts'
import { FLOOR, keepsEverything, type Kept, type KeepRules, planRetention } from './retention.ts'
import { rereadVaultFile } from './reverify.ts'

/** A scan is at work; what was asked for would come in its way. */
export class BusyError extends DomainError {
  constructor() {
    super('BUSY', 'A scan is moving files. Try again in a moment.')
  }
}

/** A backup that would stay is not as it was: nothing is deleted until it was read again. */
export class SurvivorsError extends DomainError {
  constructor(paths: string[]) {
    super(
      'SURVIVORS_CHANGED',
      `What would stay changes or cannot be read (${paths.join(', ')}). Nothing was deleted; verify it again first.`,
    )
  }
}

export interface RetentionPlan {
  plan: Kept<Row<BackupEntry>>[]
  keepsEverything: boolean
}

/** What is kept and what is kept apart, and what somebody decides about it. */
export class VaultService {
  constructor(
    private readonly em: EntityManager,
    private readonly transact: Transact,
    private readonly clock: Clock,
  ) {}

  /** What is kept apart, newest first. */
  quarantine(page: PageArgs): Promise<Page<Row<BackupFile>>> {
    const query = tables(this.em).selectFrom('BackupFile').where('state', '=', literal(FileState.QUARANTINE))
    return seekPage(this.em, { query, order: ['seenAt', 'id'], direction: 'desc' }, page, async (ids: string[]) =>
      inOrder(ids, await selectRows(this.em, BackupFile, 'id', ids)),
    )
  }

  /** A file by its own id, or by that of its entry. */
  async file(id: string): Promise<Row<BackupFile>> {
    const [file] = await selectRows(this.em, BackupFile, 'id', [id])
    if (file) return file
    const [entry] = await selectRows(this.em, BackupEntry, 'id', [id])
    const [own] = await selectRows(this.em, BackupFile, 'id', [entry?.file ?? undefined])
    if (!own) throw new NotFoundError('backup file', `the id ${id}, nor has an entry of that id one`)
    return own
  }

  /** A protected backup is never deleted by retention. */
  async protect(entryId: string, isProtected: boolean, actor: string): Promise<Row<BackupEntry>> {
    return this.transact(this.em, async ({ em, tell }) => {
      const entry = await requireRow(em, BackupEntry, entryId, 'backup entry')
      if (entry.protected === isProtected) return entry
      await saveRows(em, BackupEntry, [Object.assign(entry, { protected: isProtected })])
      tell.entries.add(entry.id)
      tell.event({
        type: EventType.BACKUP_PROTECTED,
        severity: Severity.INFO,
        at: this.clock(),
        cause: EventCause.USER,
        actor,
        job: entry.job,
        entry: entry.id,
        to: String(isProtected),
        facts: { expectedAt: entry.expectedAt.toISOString() },
      })
      return entry
    })
  }

  /** Takes a quarantined file into the vault after all: somebody answers for it, with a reason. */
  async accept(id: string, reason: string, actor: string, keeper: VaultKeeper): Promise<Row<BackupFile>> {
    const why = reason.trim()
    if (why.length < 3 || why.length > 500)
      throw new InvalidInputError('reason', 'must be 3 to 500 characters', 'Say why the file is good all the same.')
    const known = await this.quarantined(id)
    await this.whileNoScanRuns(keeper, async (scan) => {
      const file = await this.quarantined(known.id)
      const { run, job, entry } = await this.subjectOf(file)
      await refuseWhileMoving(scan.em, job.id)
      const accepted = backupReason('ACCEPTED_BY_HAND', Severity.WARNING, { subject: `${actor}: ${why}` })
      file.intent = {
        ...(await vaultPlace(scan.em, { run, job, entry }, file)),
        runId: run.id,
        status: BackupStatus.SUCCESS,
        reasons: [accepted, ...file.why],
      }
      file.state = FileState.INTENT
      await scan.write(async ({ em, tell }) => {
        await saveRows(em, BackupFile, [file])
        tell.event({
          type: EventType.QUARANTINE_ACCEPTED,
          severity: Severity.WARNING,
          at: this.clock(),
          cause: EventCause.USER,
          actor,
          job: job.id,
          entry: entry.id,
          facts: { path: file.path, detail: why, name: `${job.agentId}/${job.databaseName}` },
        })
      })
      // MOVING = it is copied for longer than anybody waits: the scan after that brings it to its end.
      const moved = await carryOut(scan, file)
      if (moved === 'STAYS') {
        throw new InvalidInputError(
          'id',
          'could not be moved to the vault',
          'The scanner’s health says what hinders it.',
        )
      }
    })
    return this.fileOf(known)
  }

  /** Deletes a quarantined file for good. */
  async delete(id: string, actor: string, keeper: VaultKeeper): Promise<Row<BackupFile>> {
    const known = await this.quarantined(id)
    await this.whileNoScanRuns(keeper, async (scan) => deleteQuarantined(scan, await this.quarantined(known.id), actor))
    return this.file(known.id)
  }

  /** Deletes a quarantined file by rule, where the good backup of its due time still lies in the vault in this moment. */
  async deleteReplaced(id: string, keeper: VaultKeeper): Promise<void> {
    await this.whileNoScanRuns(keeper, async (scan) => {
      const file = await this.quarantined(id)
      const [entry] = await selectRows(this.em, BackupEntry, 'id', [file.entry ?? undefined])
      const [good] = await selectRows(this.em, BackupFile, 'id', [entry?.file ?? undefined])
      if (!entry || !isGood(entry.status) || !good || good.id === id) return
      if ((await lyingIn(scan, [good])).size > 0) await deleteQuarantined(scan, file, null)
    })
  }

  /** Reads a file once more: one in quarantine is judged again, one in the vault compared with what it was. */
  async reverify(id: string, keeper: VaultKeeper): Promise<Row<BackupFile>> {
    const known = await this.file(id)
    if (known.state === FileState.VAULT || known.state === FileState.LOST) {
      await rereadVaultFile(keeper.rereading(), known)
      return this.file(known.id)
    }
    if (known.state !== FileState.QUARANTINE)
      throw new InvalidInputError('id', `is ${known.state}`, 'Only files in vault or quarantine can be verified again.')
    // Read before scans are kept waiting: it may be large.
    const { worker, roots, temporaryFolder } = keeper.rereading()
    const asked = await this.subjectOf(known)
    const facts = await worker.ask('readBackupFile', {
      root: roots.quarantine,
      path: known.path,
      temporaryFolder,
      contentHash: declaredFile(asked.run).contentSha256 !== null,
      hashOnly: false,
    })
    await this.whileNoScanRuns(keeper, async (scan) => {
      const file = await this.quarantined(known.id)
      const { run, job, entry } = await this.subjectOf(file)
      await refuseWhileMoving(scan.em, job.id)
      const verdict = judgeRun({
        run,
        file: facts,
        windowEnded: true,
        keptStill: true,
        fileName: run.stagedFileName ?? file.path,
        previous: await previousGood(scan.em, job.id, entry.expectedAt),
        mustBeProven: job.mustBeProven,
      })
      Object.assign(file, {
        checks: verdict.checks.length ? verdict.checks : file.checks,
        ...(facts.kind === 'READ' ? { ...facts.stamp, sha256: facts.sha256, fingerprint: facts.fingerprint } : {}),
      })
      if (verdict.place === 'VAULT' && verdict.status) {
        file.intent = {
          ...(await vaultPlace(scan.em, { run, job, entry }, file)),
          runId: run.id,
          status: verdict.status,
          reasons: verdict.reasons,
        }
        file.state = FileState.INTENT
        await scan.write(({ em }) => saveRows(em, BackupFile, [file]))
        await carryOut(scan, file)
        return
      }
      const gone = facts.kind === 'ABSENT'
      await scan.write(async ({ em, tell }) => {
        Object.assign(file, {
          why: verdict.reasons,
          verifiedAt: this.clock(),
          state: gone ? FileState.LOST : file.state,
        })
        await saveRows(em, BackupFile, [file])
        if (file.entry) tell.entries.add(file.entry)
      })
    })
    return this.fileOf(known)
  }

  /** What the rules of a job keep, and what they would delete. Nothing is changed. */
  async retentionPlan(jobId: string, rules: KeepRules | null): Promise<RetentionPlan> {
    const job = await requireRow(this.em, ExpectedJob, jobId, 'expected job')
    const good = await findRows(this.em, BackupEntry, (query) => query.where(goodInVault([jobId])))
    const wanted = rules ?? job
    return {
      plan: planRetention(good, wanted, job.timeZone),
      keepsEverything: keepsEverything(wanted),
    }
  }

  /** Deletes what the rules of a job do not keep: only what was asked for by setting them. */
  async applyRetention(jobId: string, actor: string | null, keeper: VaultKeeper): Promise<Row<BackupEntry>[]> {
    const first = await this.retentionPlan(jobId, null)
    if (condemnedBy(first).length === 0) return []
    // What stays must be there before anything goes: the newest that are kept are read again where they changed.
    const rereading = keeper.rereading()
    for (const file of await this.changedSurvivors(first, rereading)) await rereadVaultFile(rereading, file)
    const plan = await this.retentionPlan(jobId, null)
    const condemned = condemnedBy(plan)
    if (condemned.length === 0) return []
    await this.whileNoScanRuns(keeper, async (scan) => {
      await refuseWhileMoving(scan.em, jobId)
      const changed = await this.changedSurvivors(plan, scan)
      if (changed.length > 0) throw new SurvivorsError(changed.map(({ path }) => path))
      for (const entry of condemned) await deleteFromVault(scan, entry, actor)
    })
    return condemned
  }

  /** The newest that are kept, where they do not lie in the vault as they were when they were read last. */
  private async changedSurvivors(
    { plan }: RetentionPlan,
    at: Pick<VaultWork, 'worker' | 'roots'>,
  ): Promise<Row<BackupFile>[]> {
    const kept = plan.filter(({ rules }) => rules.length > 0).slice(0, FLOOR)
    const ids = kept.map(({ backup }) => backup.file ?? undefined)
    const files = await selectRows(this.em, BackupFile, 'id', ids)
    const lying = await lyingIn(at, files)
    return files.filter(({ id }) => !lying.has(id))
  }

  /** A file that was moved; where its content lay in the vault already, the row that holds it. */
  private async fileOf({ id, entry }: Row<BackupFile>): Promise<Row<BackupFile>> {
    const [file] = await selectRows(this.em, BackupFile, 'id', [id])
    return file ?? this.file(entry ?? id)
  }

  private async quarantined(id: string): Promise<Row<BackupFile>> {
    const file = await this.file(id)
    if (file.state === FileState.QUARANTINE) return file
    throw new InvalidInputError('id', `is not in quarantine but ${file.state}`, 'Ask quarantinedBackups for what is.')
  }

  private async subjectOf(file: Row<BackupFile>) {
    const [entry] = await selectRows(this.em, BackupEntry, 'id', [file.entry ?? undefined])
    const [job] = await selectRows(this.em, ExpectedJob, 'id', [file.job ?? undefined])
    const [run] = await selectRows(this.em, BackupRun, 'file', [file.id])
    if (entry && job && run) return { entry, job, run }
    throw new InvalidInputError('id', 'belongs to no run any more', 'Delete it, or keep it.')
  }

  private async whileNoScanRuns(keeper: VaultKeeper, work: (scan: VaultWork) => Promise<void>): Promise<void> {
    const done = await keeper.exclusively(async (scan) => {
      await work(scan)
      return true
    })
    if (done === null) throw new BusyError()
  }
}

const condemnedBy = ({ plan, keepsEverything: all }: RetentionPlan): Row<BackupEntry>[] =>
  all ? [] : plan.filter(({ rules }) => rules.length === 0).map(({ backup }) => backup)

async function deleteQuarantined(scan: VaultWork, file: Row<BackupFile>, actor: string | null): Promise<void> {
  const path = join(scan.roots.quarantine, file.path)
  await unlink(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT')
      throw new InvalidInputError('id', `cannot be deleted (${error.code})`, 'See the folder’s mode.')
  })
  await removeExplained(dirname(path))
  await scan.write(async ({ em, tell }) => {
    await saveRows(em, BackupFile, [Object.assign(file, { state: FileState.DELETED })])
    if (file.entry) tell.entries.add(file.entry)
    tell.event({
      type: EventType.QUARANTINE_DELETED,
      severity: Severity.INFO,
      at: scan.clock(),
      cause: actor === null ? EventCause.RULES : EventCause.USER,
      actor,
      job: file.job,
      entry: file.entry,
      facts: { path: file.path },
    })
  })
}

/** The row says first that it goes; the file follows, at once or, where that fails, at a later scan. */
async function deleteFromVault(scan: VaultWork, entry: Row<BackupEntry>, actor: string | null): Promise<void> {
  const files = await selectRows(scan.em, BackupFile, 'entry', [entry.id], { state: FileState.VAULT })
  for (const file of files) await deleteFile(scan, entry, file, actor)
}

async function deleteFile(
  scan: VaultWork,
  entry: Row<BackupEntry>,
  file: Row<BackupFile>,
  actor: string | null,
): Promise<void> {
  const { path, dev, ino, size, mtimeNs, ctimeNs } = file
  await scan.write(async ({ em, tell }) => {
    const leftover = { root: FileRoot.VAULT, path, stamp: { dev, ino, size, mtimeNs, ctimeNs } }
    await saveRows(em, BackupFile, [Object.assign(file, { state: FileState.DELETED, leftover })])
    tell.entries.add(entry.id)
    tell.event({
      type: EventType.BACKUP_DELETED,
      severity: Severity.INFO,
      at: scan.clock(),
      actor,
      cause: actor ? EventCause.USER : EventCause.RULES,
      job: entry.job,
      entry: entry.id,
      facts: { path, expectedAt: entry.expectedAt.toISOString() },
    })
  })
  if (!(await leave(scan, file)))
    scan.log.error({ path }, 'A file that retention deletes cannot be removed; it is tried again')
}

/** A file of the same job is on its way to the vault: what it takes the place of is known when it has arrived. */
async function refuseWhileMoving(em: EntityManager, jobId: string): Promise<void> {
  const moving = await selectRows(em, BackupFile, 'job', [jobId], { state: FileState.INTENT })
  if (moving.length > 0) throw new BusyError()
}
