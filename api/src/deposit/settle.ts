import { BackupEntry } from '../backups/backup-entry.entity.ts'
import { BackupRun } from '../backups/backup-run.entity.ts'
import type { BackupStatus } from '../backups/backup-status.ts'
import { isGood } from '../backups/backup-status.ts'
import { doubtsOf } from '../backups/doubts.ts'
import { EntryRecorder } from '../backups/entry-recorder.ts'
import { companyOf, previousGood } from '../backups/entry-recorder.ts'
import { ExpectedJob } from '../backups/expected-job.entity.ts'
import { backupReason, declaredFile, judgeRun, type RunVerdict, staysOpen } from '../backups/verdict.ts'
import type { EntityManager } from '../database/database.ts'
import { literal } from '../database/literal.ts'
import { findRows, type Row, saveRows, selectRows } from '../database/rows.ts'
import { CLOCK_TOLERANCE, MINUTE } from '../platform/clock.ts'
import { newId } from '../platform/id.ts'
import { type Reason, sameReasons, Severity } from '../reasons/reason.ts'
import { BackupFile, FileRoot, FileState } from '../backups/backup-file.entity.ts'
import { carryOut, quarantinePlace, vaultPlace } from '../vault/promotion.ts'
import type { ReadFacts, Stamp } from '../backups/file-facts.ts'
import {
  beginReading,
  type Claims,
  claimsOf,
  lookAt,
  openSubjects,
  readHash,
  type Seen,
  stepFailed,
  type Subject,
} from './look.ts'
import { RunRecorder } from './run-recorder.ts'
import { isFiledByArrival, REUSED } from './run-recorder.ts'
import type { ScanContext } from './scan-context.ts'

/**
 * Looks at the file of each run that waits for one, decides, and moves it: intent, move, outcome. Not of jobs that rest, and
 * not of agents whose folder is hidden.
 */
export async function settleRuns(
  scan: ScanContext,
  { resting, hidden }: { resting: ReadonlySet<string>; hidden: ReadonlyMap<string, string> },
): Promise<void> {
  await assignAdopted(scan)
  const onTheMove = await findRows(scan.em, BackupFile, (query) => query.where('state', '=', literal(FileState.INTENT)))
  const moving = new Set(onTheMove.map(({ id }) => id))
  const subjects = (await openSubjects(scan.em)).filter(
    ({ run, job }) => !resting.has(job.id) && !hidden.has(job.agentId) && (run.file === null || !moving.has(run.file)),
  )
  await beginReading(scan, subjects)
  const claims = claimsOf(subjects)
  // Each backup is compared with the good one before it, and may take its place: where that one is still being read or
  // copied, those after it wait.
  const waiting = new Set(onTheMove.flatMap(({ job }) => job ?? []))
  for (const subject of subjects) {
    scan.check()
    try {
      const settled = await settleRun(scan, subject, { claims, isHeld: waiting.has(subject.job.id) })
      if (settled === 'SETTLED') continue
      waiting.add(subject.job.id)
      scan.counts.filesWaiting += 1
    } catch (error) {
      // One bad backup never ends the scan of the others.
      scan.rethrow(error)
      scan.log.error({ err: error, run: subject.run.id }, 'A backup could not be looked at')
      const name = `${subject.job.agentId}/${subject.job.databaseName}`
      scan.trouble(`backup ${name}`, `${name}: ${(error as Error).message}`)
    }
  }
}

/** Runs that waited undeclared until somebody made their job have no entry yet. */
async function assignAdopted({ em, write }: ScanContext): Promise<void> {
  const runs = await findRows(em, BackupRun, (query) =>
    query
      .where((eb) => eb.ref('isOpen'))
      .where('job', 'is not', null)
      .where('entry', 'is', null),
  )
  const jobs = await selectRows(em, ExpectedJob, 'id', [...new Set(runs.map((run) => run.job ?? ''))])
  for (const run of runs) {
    const job = jobs.find(({ id }) => id === run.job)
    if (job) await write(({ em, tell }) => new RunRecorder(em, tell).assign(run, job))
  }
}

async function settleRun(
  scan: ScanContext,
  subject: Subject,
  { claims, isHeld }: { claims: Claims; isHeld: boolean },
): Promise<'SETTLED' | 'NOT_YET'> {
  const { run, entry, job } = subject
  const now = scan.clock()
  const found = stepFailed(subject) ? null : await lookAt(scan, subject, claims)
  const seen = found && isHeld ? held(found) : found
  const absent = seen === null || seen.facts.kind === 'ABSENT'
  // A verdict stands until another file comes.
  if (run.status !== null && absent) return 'SETTLED'
  if (absent && (await closeTwin(scan, subject))) return 'SETTLED'
  const isVerifying = seen?.facts.kind === 'VERIFYING'
  if (run.status !== null && isVerifying) return 'NOT_YET'
  const declared = declaredFile(run)
  const verdict = judgeRun({
    run,
    file: seen?.facts ?? null,
    windowEnded: now >= entry.windowEndsAt,
    fileName: run.stagedFileName ?? job.agentDepositPathTemplate,
    keptStill: declared.sha256 !== null || (seen?.row ? now.getTime() - seen.row.seenAt.getTime() >= MINUTE : false),
    previous: await previousGood(scan.em, job.id, entry.expectedAt),
    mustBeProven: job.mustBeProven,
  })
  // A run that was judged already takes only the file that it declared: another one is of a run that is still to come.
  if (run.status !== null && verdict.place !== 'VAULT') return 'SETTLED'
  const skew = Math.max(run.startedAt?.getTime() ?? 0, run.endedAt?.getTime() ?? 0) - run.receivedAt.getTime()
  if (verdict.status !== null && skew > CLOCK_TOLERANCE) {
    verdict.reasons.push(backupReason('CLOCK_OFF', Severity.WARNING, { value: Math.round(skew / MINUTE) }))
  }
  if (verdict.status !== null) verdict.reasons.push(...notesOf(subject))
  if (verdict.status !== null && isGood(verdict.status) && seen?.facts.kind === 'READ')
    verdict.reasons.push(...(await doubtsAbout(scan.em, subject, seen.facts)))
  if (verdict.place !== 'DEPOSIT' && seen?.stamp)
    return moveAway(scan, subject, verdict, { ...seen, stamp: seen.stamp })
  await settleInPlace(scan, subject, verdict, seen)
  return isVerifying ? 'NOT_YET' : 'SETTLED'
}

/** What was found of it is not used yet. */
const held = (seen: Seen): Seen =>
  seen.stamp && (seen.facts.kind === 'READ' || seen.facts.kind === 'OTHER_SIZE')
    ? { ...seen, facts: { kind: 'VERIFYING', size: seen.stamp.size } }
    : seen

async function doubtsAbout(em: EntityManager, { run, job, entry }: Subject, facts: ReadFacts): Promise<Reason[]> {
  const company = await companyOf(em, job, entry.expectedAt, facts)
  const { startedAt } = run
  const file = { size: facts.stamp.size, dumpedOn: facts.dumpedOn ?? null, startedAt, expectedAt: entry.expectedAt }
  return doubtsOf(file, company)
}

/** What is odd about a report beside its steps. */
function notesOf({ run, job, entry }: Subject): Reason[] {
  const notes: Reason[] = []
  const told = run.endedAt ?? run.startedAt
  if (told && isFiledByArrival(job, run, entry.expectedAt))
    notes.push(
      backupReason('CLOCK_BEHIND', Severity.WARNING, {
        value: Math.round((run.receivedAt.getTime() - told.getTime()) / MINUTE),
      }),
    )
  if (run.runId.includes(REUSED)) notes.push(backupReason('RUN_ID_REUSED', Severity.WARNING))
  if (!stepFailed({ run, job, entry }) && /^(fail|error|ko$)/i.test(run.overallStatus ?? ''))
    notes.push(backupReason('OVERALL_FAILED', Severity.WARNING, { subject: run.overallStatus?.slice(0, 100) ?? null }))
  return notes
}

/** The same content reported twice for one time is one backup: the second needs no file of its own. */
async function closeTwin(scan: ScanContext, { run }: Subject): Promise<boolean> {
  const [entry] = await selectRows(scan.em, BackupEntry, 'id', [run.entry ?? undefined])
  const { sha256 } = declaredFile(run)
  if (!entry || !isGood(entry.status) || sha256 === null || entry.measuredHash !== sha256) return false
  await scan.write(({ em }) =>
    saveRows(em, BackupRun, [
      Object.assign(run, { status: entry.status, reasons: [], isOpen: false, file: entry.file }),
    ]),
  )
  return true
}

/** The row of a file; a new one where it was not seen before. */
function fileRow(
  { job, entry }: Subject,
  seen: Seen & { stamp: Stamp },
  verdict: RunVerdict,
  now: Date,
): Row<BackupFile> {
  const facts = seen.facts.kind === 'READ' ? seen.facts : null
  const row: Row<BackupFile> = seen.row ?? {
    id: newId(),
    job: job.id,
    entry: entry.id,
    root: seen.root,
    path: seen.path,
    state: FileState.SEEN,
    ...seen.stamp,
    sha256: null,
    fingerprint: null,
    checks: [],
    why: [],
    intent: null,
    hasManifest: false,
    leftover: null,
    facts: null,
    arrivedAt: arrivalOf(seen.stamp, now),
    seenAt: now,
    verifiedAt: null,
    triedAt: null,
    intact: null,
  }
  return Object.assign(row, {
    job: job.id,
    entry: entry.id,
    sha256: facts?.sha256 ?? null,
    fingerprint: facts?.fingerprint ?? null,
    checks: verdict.checks,
    facts,
  })
}

/** When the file was whole here: its inode changes last when it gets its name (rename(2)), by this machine's clock. */
const arrivalOf = ({ ctimeNs }: Stamp, now: Date): Date =>
  new Date(Math.min(Number(BigInt(ctimeNs) / 1_000_000n), now.getTime()))

/** Nothing moves: the verdict is written where it is another one than before. */
async function settleInPlace(
  scan: ScanContext,
  subject: Subject,
  verdict: RunVerdict,
  seen: Seen | null,
): Promise<void> {
  const { run } = subject
  const same = run.status === verdict.status && sameReasons(run.reasons, verdict.reasons)
  const fileIsNew = seen?.stamp && !seen.row
  if (same && !fileIsNew) return
  const now = scan.clock()
  await scan.write(async ({ em, tell }) => {
    // What lies in the quarantine keeps what is known of it until it is read again.
    if (seen?.stamp && seen.root === FileRoot.DEPOSIT) {
      const row = fileRow(subject, { ...seen, stamp: seen.stamp }, verdict, now)
      await saveRows(em, BackupFile, [row])
      run.file = row.id
    }
    Object.assign(run, { status: verdict.status, reasons: verdict.reasons, isOpen: staysOpen(verdict.status) })
    await saveRows(em, BackupRun, [run])
    await new EntryRecorder(em, tell).judge(run.entry as string, now, null)
  })
  if (verdict.status !== null) scan.counts.entriesJudged += 1
}

async function moveAway(
  scan: ScanContext,
  subject: Subject,
  verdict: RunVerdict,
  seen: Seen & { stamp: Stamp },
): Promise<'SETTLED' | 'NOT_YET'> {
  const { run } = subject
  const row = fileRow(subject, seen, verdict, scan.clock())
  if (row.sha256 === null) {
    // Of another size than declared, it was not read: its hash tells it apart from now on.
    const hashed = await readHash(scan, subject, seen)
    if (hashed.kind === 'VERIFYING' && run.status !== null) return 'NOT_YET'
    // It changes while it is read: the next scan looks again, and the end of the grace ends that.
    if (hashed.kind !== 'READ') {
      const why =
        hashed.kind === 'VERIFYING'
          ? backupReason('FILE_VERIFYING', Severity.INFO, { subject: seen.path, value: hashed.size })
          : backupReason('CHANGED_WHILE_READING', Severity.INFO)
      await settleInPlace(scan, subject, { ...verdict, status: null, reasons: [why] }, null)
      return hashed.kind === 'VERIFYING' ? 'NOT_YET' : 'SETTLED'
    }
    row.sha256 = hashed.sha256
  }
  row.intent = {
    runId: run.id,
    status: verdict.status as BackupStatus,
    reasons: verdict.reasons,
    ...(verdict.place === 'VAULT' ? await vaultPlace(scan.em, subject, row) : quarantinePlace(subject, row)),
  }
  row.state = FileState.INTENT
  await scan.write(async ({ em }) => {
    await saveRows(em, BackupFile, [row])
    await saveRows(em, BackupRun, [Object.assign(run, { file: row.id })])
  })
  if ((await carryOut(scan, row)) !== 'MOVING') return 'SETTLED'
  if (run.status === null) await tellMoving(scan, run, row)
  return 'NOT_YET'
}

/** It is proven and being copied: the entry says so meanwhile. */
async function tellMoving(scan: ScanContext, { id }: Row<BackupRun>, { path, size }: Row<BackupFile>): Promise<void> {
  const moving = backupReason('FILE_MOVING', Severity.INFO, { subject: path, value: size })
  await scan.write(async ({ em, tell }) => {
    const [run] = await selectRows(em, BackupRun, 'id', [id])
    if (!run?.entry || run.status !== null) return
    await saveRows(em, BackupRun, [Object.assign(run, { reasons: [moving] })])
    await new EntryRecorder(em, tell).judge(run.entry, scan.clock(), null)
  })
}
