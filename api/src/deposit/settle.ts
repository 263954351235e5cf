import { writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { sql } from 'kysely'
import { BackupEntry } from '../backups/backup-entry.entity.ts'
import { BackupRun } from '../backups/backup-run.entity.ts'
import { BackupStatus } from '../backups/backup-status.ts'
import { previousGood } from '../backups/entry-recorder.ts'
import { ExpectedJob } from '../backups/expected-job.entity.ts'
import { NAME, render, wrongPath } from '../backups/path-template.ts'
import { backupReason, declaredFile, judgeRun, type RunVerdict } from '../backups/verdict.ts'
import type { EntityManager } from '../database/database.ts'
import { decodeRows, type Row, saveRows, selectRows } from '../database/rows.ts'
import { EventCause, EventType } from '../events/event.entity.ts'
import { MINUTE } from '../platform/clock.ts'
import { newId } from '../platform/id.ts'
import { type Reason, Severity } from '../reasons/reason.ts'
import { BackupFile, FileRoot, FileState, type Intent } from '../vault/backup-file.entity.ts'
import { bringFile, hasArrived, leaveSource, type Move, type NotMoved } from '../vault/move-file.ts'
import type { FileFacts, ReadFacts, Stamp } from './file-facts.ts'
import { CLOCK_TOLERANCE } from './run-recorder.ts'
import type { ScanContext } from './scan-context.ts'

interface Subject {
  run: Row<BackupRun>
  job: Row<ExpectedJob>
  entry: Row<BackupEntry>
}

/** Looks at the file of each run that waits for one, decides, and moves it: intent, move, outcome. */
export async function settleRuns(scan: ScanContext): Promise<void> {
  const open = await openRuns(scan)
  for (const subject of open) {
    scan.check()
    try {
      await settleRun(scan, subject)
    } catch (error) {
      // One bad backup never ends the scan of the others.
      if ((error as { code?: string }).code === undefined && (error as Error).name === 'LeaseLostError') throw error
      scan.check()
      scan.log.error({ err: error, run: subject.run.id }, 'A backup could not be looked at')
      scan.trouble(`${subject.job.agentId}/${subject.job.databaseName}: ${(error as Error).message}`)
    }
  }
}

async function openRuns({ em, write }: ScanContext): Promise<Subject[]> {
  const runs = (await selectRows(em, BackupRun, 'isOpen', [1])).filter((run) => run.job !== null)
  const jobs = new Map(
    (await selectRows(em, ExpectedJob, 'id', [...new Set(runs.map((run) => run.job ?? ''))])).map((job) => [
      job.id,
      job,
    ]),
  )
  // Runs that waited undeclared until somebody made their job have no entry yet.
  for (const run of runs.filter(({ entry }) => entry === null)) {
    const job = jobs.get(run.job ?? '')
    if (job) await write(({ runRecorder }) => runRecorder.assign(run, job))
  }
  const entries = new Map(
    (
      await selectRows(
        em,
        BackupEntry,
        'id',
        runs.map((run) => run.entry ?? undefined),
      )
    ).map((entry) => [entry.id, entry]),
  )
  const subjects = runs.flatMap((run) => {
    const [job, entry] = [jobs.get(run.job ?? ''), entries.get(run.entry ?? '')]
    return job && entry ? [{ run, job, entry }] : []
  })
  // In the order of their due times: each is compared with the good one before it.
  return subjects.toSorted(
    (a, b) => a.entry.expectedAt.getTime() - b.entry.expectedAt.getTime() || (a.run.id < b.run.id ? -1 : 1),
  )
}

/** Where the file of a run is awaited; `database/` is accepted beside `databases/`. */
function awaitedPaths({ run, job, entry }: Subject): string[] {
  const template = job.agentDepositPathTemplate
  const fileName = run.stagedFileName ?? ''
  if (!fileName && template.includes('{file_name}')) return []
  if (fileName && !NAME.test(fileName)) return []
  const path = render(template, job, { expectedAt: entry.expectedAt, timeZone: job.timeZone, fileName })
  if (wrongPath(path)) return []
  return [path, ...(path.includes('/databases/') ? [path.replace('/databases/', '/database/')] : [])]
}

async function settleRun(scan: ScanContext, subject: Subject): Promise<void> {
  const { run, entry, job } = subject
  const now = scan.clock()
  const failed = [run.backup, run.compress, run.transfer].some((step) => step && !step.ok)
  const seen = failed ? null : await lookAt(scan, subject)
  // A verdict stands until another file comes.
  if (run.status !== null && (seen === null || seen.facts.kind === 'ABSENT')) return
  const declared = declaredFile(run)
  const verdict = judgeRun({
    ...{ run, file: seen?.facts ?? null, windowEnded: now >= entry.windowEndsAt },
    fileName: run.stagedFileName ?? job.agentDepositPathTemplate,
    keptStill: declared.sha256 !== null || (seen?.row ? now.getTime() - seen.row.seenAt.getTime() >= MINUTE : false),
    previous: await previousGood(scan.em, job.id, entry.expectedAt),
  })
  const skew = Math.max(run.startedAt?.getTime() ?? 0, run.endedAt?.getTime() ?? 0) - run.receivedAt.getTime()
  if (verdict.status !== null && skew > CLOCK_TOLERANCE) {
    verdict.reasons.push(backupReason('CLOCK_OFF', Severity.WARNING, { value: Math.round(skew / MINUTE) }))
  }
  if (verdict.place === 'DEPOSIT' || !seen?.stamp) {
    await settleInPlace(scan, subject, verdict, seen)
    return
  }
  await moveAway(scan, subject, verdict, { ...seen, stamp: seen.stamp })
}

interface Seen {
  path: string
  facts: FileFacts
  stamp: Stamp | null
  /** The row of exactly this file, where it was seen before. */
  row: Row<BackupFile> | null
}

/** What lies there; a file that has not changed since it was read is not read again. */
async function lookAt(scan: ScanContext, subject: Subject): Promise<Seen> {
  const { roots, worker } = scan
  const paths = awaitedPaths(subject)
  const seen = await worker.ask('statFiles', { root: roots.deposit, paths })
  const index = Math.max(
    0,
    seen.findIndex(({ kind }) => kind !== 'ABSENT'),
  )
  const there = seen[index] ?? { kind: 'ABSENT' as const }
  const path = paths[index] ?? ''
  if (there.kind !== 'FILE') return { path, facts: there, stamp: null, row: null }
  const row = await fileOfStamp(scan.em, path, there.stamp)
  const declared = declaredFile(subject.run)
  if (
    row?.facts &&
    (declared.contentSha256 === null || row.facts.contentSha256 !== null || row.facts.contentSize === null)
  ) {
    return { path, facts: row.facts, stamp: there.stamp, row }
  }
  const facts = await worker.ask('readBackupFile', {
    ...{ root: roots.deposit, path, temporaryFolder: scan.temporaryFolder, size: declared.size },
    ...{ contentHash: declared.contentSha256 !== null, hashOnly: false },
  })
  if (facts.kind === 'READ') scan.counts.filesRead += 1
  const stamp = facts.kind === 'READ' || facts.kind === 'OTHER_SIZE' ? facts.stamp : null
  return { path, facts, stamp, row: row && stamp && row.ctimeNs === stamp.ctimeNs ? row : null }
}

async function fileOfStamp(
  em: EntityManager,
  path: string,
  stamp: Stamp,
): Promise<(Row<BackupFile> & { facts: ReadFacts | null }) | null> {
  const { rows } = await sql<Record<string, unknown>>`select * from backup_file
    where dev = ${stamp.dev} and ino = ${stamp.ino} and size = ${stamp.size} and mtime_ns = ${stamp.mtimeNs}
      and ctime_ns = ${stamp.ctimeNs} and root = 'DEPOSIT' and path = ${path} and state = 'SEEN'`.execute(
    em.getKysely(),
  )
  return (decodeRows(em, BackupFile, rows)[0] as (Row<BackupFile> & { facts: ReadFacts | null }) | undefined) ?? null
}

/** The row of a file that lies in the deposit; a new one where it was not seen before. */
function fileRow(
  { job, entry }: Subject,
  seen: Seen & { stamp: Stamp },
  verdict: RunVerdict,
  now: Date,
): Row<BackupFile> {
  const facts = seen.facts.kind === 'READ' ? seen.facts : null
  const row: Row<BackupFile> = seen.row ?? {
    ...{ id: newId(), job: job.id, entry: entry.id, root: FileRoot.DEPOSIT, path: seen.path, state: FileState.SEEN },
    ...{ ...seen.stamp, sha256: null, fingerprint: null, checks: [], why: [], intent: null, facts: null },
    ...{ seenAt: now, verifiedAt: null, intact: null },
  }
  return Object.assign(row, {
    ...{ job: job.id, entry: entry.id, sha256: facts?.sha256 ?? null, fingerprint: facts?.fingerprint ?? null },
    ...{ checks: verdict.checks, facts },
  })
}

/** Nothing moves: the verdict is written where it is another one than before. */
async function settleInPlace(
  scan: ScanContext,
  subject: Subject,
  verdict: RunVerdict,
  seen: Seen | null,
): Promise<void> {
  const { run } = subject
  const same = run.status === verdict.status && JSON.stringify(run.reasons) === JSON.stringify(verdict.reasons)
  const fileIsNew = seen?.stamp && !seen.row
  if (same && !fileIsNew) return
  const now = scan.clock()
  await scan.write(async ({ em, entryRecorder }) => {
    if (seen?.stamp) {
      const row = fileRow(subject, { ...seen, stamp: seen.stamp }, verdict, now)
      await saveRows(em, BackupFile, [row])
      run.file = row.id
    }
    Object.assign(run, { status: verdict.status, reasons: verdict.reasons, isOpen: staysOpen(verdict.status) })
    await saveRows(em, BackupRun, [run])
    await entryRecorder.judge(run.entry as string, now, null)
  })
  if (verdict.status !== null) scan.counts.entriesJudged += 1
}

/** A file that never came, or came damaged, may still come: only what is good or failed at the agent is closed. */
const staysOpen = (status: BackupStatus | null): boolean =>
  status === null || status === BackupStatus.TRANSFER_INTEGRITY_FAILED

async function moveAway(
  scan: ScanContext,
  subject: Subject,
  verdict: RunVerdict,
  seen: Seen & { stamp: Stamp },
): Promise<void> {
  const { run, job, entry } = subject
  const row = fileRow(subject, seen, verdict, scan.clock())
  row.intent = {
    ...{ runId: run.id, status: verdict.status as BackupStatus, reasons: verdict.reasons },
    ...(verdict.place === 'VAULT'
      ? await vaultPlace(scan.em, subject, row)
      : { to: FileRoot.QUARANTINE as const, path: quarantinePath(job, entry, run, row), versionPath: null }),
  }
  row.state = FileState.INTENT
  await scan.write(async ({ em }) => {
    await saveRows(em, BackupFile, [row])
    await saveRows(em, BackupRun, [Object.assign(run, { file: row.id })])
  })
  await carryOut(scan, row)
}

const stamped = (date: Date): string => `${date.toISOString().slice(0, 16).replace(/[-:]/g, '')}Z`

const quarantinePath = (
  job: Row<ExpectedJob>,
  entry: Row<BackupEntry>,
  run: Row<BackupRun>,
  file: Row<BackupFile>,
): string =>
  `${job.agentId}/${job.databaseName}/${stamped(entry.expectedAt)}-${file.id.slice(-12)}/${run.stagedFileName ?? file.path.split('/').at(-1)}`

/** Where a good file goes; over an older one of the same job only where the template keeps nothing but the latest. */
export async function vaultPlace(
  em: EntityManager,
  { job, entry, run }: Subject,
  row: Row<BackupFile>,
): Promise<Pick<Intent, 'to' | 'path' | 'versionPath'>> {
  const fileName = run.stagedFileName ?? (row.path.split('/').at(-1) as string)
  const path = render(job.finalStoragePathTemplate, job, {
    expectedAt: entry.expectedAt,
    timeZone: job.timeZone,
    fileName,
  })
  const folder = path.includes('/') ? `${path.slice(0, path.lastIndexOf('/'))}/` : ''
  const version = (expectedAt: Date): string => `${folder}versions/${stamped(expectedAt)}_${path.split('/').at(-1)}`
  const { rows } = await sql<{ expected_at: number }>`select e.expected_at from backup_file f
    join backup_entry e on e.id = f.entry_id
    where f.path = ${path} and f.root = 'VAULT' and f.state = 'VAULT' and f.job_id = ${job.id} and f.entry_id <> ${entry.id}
    limit 1`.execute(em.getKysely())
  const lying = rows[0] ? new Date(rows[0].expected_at) : null
  const to = FileRoot.VAULT as const
  if (lying && lying > entry.expectedAt) return { to, path: version(entry.expectedAt), versionPath: null }
  return { to, path, versionPath: lying ? version(lying) : null }
}

/** Moves a file as its intent says, and records how it ended. Done again after a crash, it ends the same. */
export async function carryOut(scan: ScanContext, file: Row<BackupFile>): Promise<'MOVED' | 'STAYS'> {
  const intent = file.intent as Intent
  const root = intent.to === FileRoot.VAULT ? scan.roots.vault : scan.roots.quarantine
  const from = { root: file.root === FileRoot.QUARANTINE ? scan.roots.quarantine : scan.roots.deposit, path: file.path }
  const move: Move = {
    ...{ id: file.id, from, to: { root, path: intent.path }, sha256: file.sha256, versionPath: intent.versionPath },
    stamp: { dev: file.dev, ino: file.ino, size: file.size, mtimeNs: file.mtimeNs, ctimeNs: file.ctimeNs },
  }
  const moved = await bringFile(move, scan.atStep)
  if (hasArrived(moved)) {
    if (intent.to === FileRoot.QUARANTINE) await explain(join(root, intent.path), intent)
    await arrived(scan, file, intent, moved.stamp)
    await leaveSource(move, scan.atStep)
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

/** For somebody who looks into the quarantine without Vigie. */
async function explain(path: string, intent: Intent): Promise<void> {
  const why = JSON.stringify({ status: intent.status, reasons: intent.reasons, run: intent.runId }, null, 2)
  await writeFile(join(dirname(path), 'why.json'), `${why}\n`, { mode: 0o640 }).catch(() => undefined)
}

async function arrived(scan: ScanContext, file: Row<BackupFile>, intent: Intent, stamp: Stamp): Promise<void> {
  const now = scan.clock()
  const quarantined = intent.to === FileRoot.QUARANTINE
  await scan.write(async ({ em, entryRecorder, tell }) => {
    if (intent.versionPath !== null) {
      await sql`update backup_file set path = ${intent.versionPath}
        where path = ${intent.path} and root = 'VAULT' and state = 'VAULT' and id <> ${file.id}`.execute(em.getKysely())
    }
    Object.assign(file, {
      ...{ ...stamp, root: intent.to, path: intent.path, state: quarantined ? FileState.QUARANTINE : FileState.VAULT },
      ...{ why: quarantined ? intent.reasons : [], intent: null, verifiedAt: now, intact: quarantined ? null : true },
    })
    await saveRows(em, BackupFile, [file])
    const [run] = await selectRows(em, BackupRun, 'id', [intent.runId])
    if (!run) return
    const { status, reasons } = intent
    await saveRows(em, BackupRun, [Object.assign(run, { status, reasons, isOpen: staysOpen(status), file: file.id })])
    if (run.entry) await entryRecorder.judge(run.entry, now, null)
    if (!quarantined) return
    tell.event({
      ...{ type: EventType.BACKUP_QUARANTINED, severity: Severity.WARNING, at: now, cause: EventCause.READING },
      ...{ job: run.job, entry: run.entry, to: status },
      facts: { reasons, path: intent.path, name: `${run.agentId}/${run.databaseName}` },
    })
  })
  scan.counts[quarantined ? 'filesQuarantined' : 'filesPromoted'] += 1
  scan.counts.entriesJudged += 1
}

async function notMoved(
  scan: ScanContext,
  file: Row<BackupFile>,
  intent: Intent,
  moved: NotMoved,
): Promise<'MOVED' | 'STAYS'> {
  const now = scan.clock()
  const taken = moved.outcome === 'TAKEN'
  const waiting = why(moved, intent)
  if (moved.outcome === 'NO_ROOM' || moved.outcome === 'REFUSED') scan.trouble(waiting.subject ?? moved.outcome)
  await scan.write(async ({ em, entryRecorder, tell }) => {
    const [run] = await selectRows(em, BackupRun, 'id', [intent.runId])
    if (taken && run) {
      // Never overwritten: it is kept apart, and somebody decides.
      const path = `${run.agentId}/${run.databaseName || 'unknown'}/${stamped(now)}-${file.id.slice(-12)}/${file.path.split('/').at(-1)}`
      file.intent = {
        ...intent,
        to: FileRoot.QUARANTINE,
        path,
        versionPath: null,
        status: BackupStatus.FAILED,
        reasons: [waiting],
      }
      await saveRows(em, BackupFile, [file])
      return
    }
    const gone = moved.outcome === 'GONE'
    await saveRows(em, BackupFile, [
      Object.assign(file, { intent: null, state: gone ? FileState.LOST : FileState.SEEN }),
    ])
    if (!run) return
    await saveRows(em, BackupRun, [Object.assign(run, { status: null, reasons: [waiting], isOpen: true })])
    if (run.entry) await entryRecorder.judge(run.entry, now, null)
    if (!gone) return
    tell.event({
      ...{ type: EventType.BACKUP_LOST, severity: Severity.FAILED, at: now, cause: EventCause.READING },
      ...{ job: run.job, entry: run.entry },
      facts: { path: file.path, name: `${run.agentId}/${run.databaseName}` },
    })
  })
  return taken ? carryOut(scan, file) : 'STAYS'
}

function why(moved: NotMoved, intent: Intent): Reason {
  switch (moved.outcome) {
    case 'TAKEN':
      return backupReason('TARGET_TAKEN', Severity.FAILED, { subject: intent.path })
    case 'CHANGED':
      return backupReason('CHANGED_WHILE_READING', Severity.INFO)
    case 'GONE':
      return backupReason('FILE_LOST', Severity.FAILED, { subject: intent.path })
    case 'NO_ROOM':
      return backupReason('NOT_PROMOTED', Severity.WARNING, {
        subject: `no room: ${Math.ceil(moved.needed / 1e6)} MB are needed, ${Math.floor(moved.free / 1e6)} MB are free`,
      })
    case 'REFUSED':
      return backupReason('NOT_PROMOTED', Severity.WARNING, { subject: moved.detail })
  }
}
