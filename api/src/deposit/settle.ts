import { sql } from 'kysely'
import { BackupEntry } from '../backups/backup-entry.entity.ts'
import { BackupRun } from '../backups/backup-run.entity.ts'
import type { BackupStatus } from '../backups/backup-status.ts'
import { isGood } from '../backups/backup-status.ts'
import { doubtsOf } from '../backups/doubts.ts'
import { companyOf, previousGood } from '../backups/entry-recorder.ts'
import { ExpectedJob } from '../backups/expected-job.entity.ts'
import { NAME } from '../backups/name.ts'
import { render, wrongPath } from '../backups/path-template.ts'
import { backupReason, declaredFile, judgeRun, type RunVerdict, staysOpen } from '../backups/verdict.ts'
import type { EntityManager } from '../database/database.ts'
import { decodeRows, type Row, saveRows, selectRows } from '../database/rows.ts'
import { CLOCK_TOLERANCE, MINUTE } from '../platform/clock.ts'
import { newId } from '../platform/id.ts'
import { type Reason, Severity } from '../reasons/reason.ts'
import { BackupFile, FileRoot, FileState } from '../vault/backup-file.entity.ts'
import { isLeftover } from '../vault/move-file.ts'
import { carryOut, quarantinePlace, vaultPlace } from '../vault/promotion.ts'
import type { FileFacts, ReadFacts, Stamp } from './file-facts.ts'
import type { FileSeen } from './read-file.ts'
import { isFiledByArrival, REUSED } from './run-recorder.ts'
import type { ScanContext } from './scan-context.ts'

interface Subject {
  run: Row<BackupRun>
  job: Row<ExpectedJob>
  entry: Row<BackupEntry>
}

/** Looks at the file of each run that waits for one, decides, and moves it: intent, move, outcome. */
export async function settleRuns(scan: ScanContext): Promise<void> {
  const subjects = await openRuns(scan)
  const claims = claimsOf(subjects)
  for (const subject of subjects) {
    scan.check()
    try {
      await settleRun(scan, subject, claims)
    } catch (error) {
      // One bad backup never ends the scan of the others.
      scan.rethrow(error)
      scan.log.error({ err: error, run: subject.run.id }, 'A backup could not be looked at')
      const name = `${subject.job.agentId}/${subject.job.databaseName}`
      scan.trouble(`backup ${name}`, `${name}: ${(error as Error).message}`)
    }
  }
}

async function openRuns({ em, write }: ScanContext): Promise<Subject[]> {
  const runs = (await selectRows(em, BackupRun, 'isOpen', [1])).filter((run) => run.job !== null)
  const jobIds = [...new Set(runs.map((run) => run.job ?? ''))]
  const jobs = new Map((await selectRows(em, ExpectedJob, 'id', jobIds)).map((job) => [job.id, job]))
  // Runs that waited undeclared until somebody made their job have no entry yet.
  for (const run of runs.filter(({ entry }) => entry === null)) {
    const job = jobs.get(run.job ?? '')
    if (job) await write(({ runRecorder }) => runRecorder.assign(run, job))
  }
  const entryIds = runs.map((run) => run.entry ?? undefined)
  const entries = new Map((await selectRows(em, BackupEntry, 'id', entryIds)).map((entry) => [entry.id, entry]))
  const subjects = runs.flatMap((run) => {
    const [job, entry] = [jobs.get(run.job ?? ''), entries.get(run.entry ?? '')]
    return job && entry ? [{ run, job, entry }] : []
  })
  // In the order of their due times: each is compared with the good one before it.
  return subjects.toSorted(older)
}

const older = (a: Subject, b: Subject): number =>
  a.entry.expectedAt.getTime() - b.entry.expectedAt.getTime() ||
  a.run.receivedAt.getTime() - b.run.receivedAt.getTime() ||
  (a.run.id < b.run.id ? -1 : 1)

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

const stepFailed = ({ run }: Subject): boolean =>
  [run.backup, run.compress, run.transfer].some((step) => step && !step.ok)

/** Which runs await a file at each path, oldest first: agents send the same name every night. */
type Claims = Map<string, Subject[]>

const claimsOf = (subjects: readonly Subject[]): Claims => {
  const claims: Claims = new Map()
  for (const subject of subjects.filter((one) => !stepFailed(one))) {
    const [path] = awaitedPaths(subject)
    if (path) claims.set(path, [...(claims.get(path) ?? []), subject])
  }
  return claims
}

/**
 * Whether a file at a path that several runs await is another run's: that of the newest whose hash it has; where none
 * has it, the newest of all may condemn it.
 */
function isAnothers(
  subject: Subject,
  claims: Claims,
  { stamp, sha256 }: { stamp: Stamp; sha256: string | null },
): boolean {
  const claimants = claims.get(awaitedPaths(subject)[0] ?? '') ?? []
  const matching = claimants.filter(({ run }) => {
    const declared = declaredFile(run)
    return declared.sha256 !== null && declared.sha256 === sha256 && (declared.size ?? stamp.size) === stamp.size
  })
  const owner = matching.at(-1) ?? claimants.at(-1)
  return owner !== undefined && owner.run.id !== subject.run.id
}

async function settleRun(scan: ScanContext, subject: Subject, claims: Claims): Promise<void> {
  const { run, entry, job } = subject
  const now = scan.clock()
  const seen = stepFailed(subject) ? null : await lookAt(scan, subject, claims)
  const absent = seen === null || seen.facts.kind === 'ABSENT'
  // A verdict stands until another file comes.
  if (run.status !== null && absent) return
  if (absent && (await closeTwin(scan, subject))) return
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
  if (run.status !== null && verdict.place !== 'VAULT') return
  const skew = Math.max(run.startedAt?.getTime() ?? 0, run.endedAt?.getTime() ?? 0) - run.receivedAt.getTime()
  if (verdict.status !== null && skew > CLOCK_TOLERANCE) {
    verdict.reasons.push(backupReason('CLOCK_OFF', Severity.WARNING, { value: Math.round(skew / MINUTE) }))
  }
  if (verdict.status !== null) verdict.reasons.push(...notesOf(subject))
  if (verdict.status !== null && isGood(verdict.status) && seen?.facts.kind === 'READ')
    verdict.reasons.push(...(await doubtsAbout(scan.em, subject, seen.facts)))
  if (verdict.place === 'DEPOSIT' || !seen?.stamp) await settleInPlace(scan, subject, verdict, seen)
  else await moveAway(scan, subject, verdict, { ...seen, stamp: seen.stamp })
}

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

interface Seen {
  root: FileRoot
  path: string
  facts: FileFacts
  stamp: Stamp | null
  /** The row of exactly this file, where it was seen before. */
  row: Row<BackupFile> | null
}

const ABSENT: FileFacts = { kind: 'ABSENT' }

/** What lies there; a file that has not changed since it was read is not read again. */
async function lookAt(scan: ScanContext, subject: Subject, claims: Claims): Promise<Seen> {
  const paths = awaitedPaths(subject)
  const seen = await scan.worker.ask('statFiles', { root: scan.roots.deposit, paths })
  for (const [index, path] of paths.entries()) {
    const there = seen[index] as FileSeen
    if (there.kind === 'ABSENT') continue
    const base = { root: FileRoot.DEPOSIT, path, stamp: null, row: null }
    if (there.kind !== 'FILE') return { ...base, facts: there }
    if (await isLeft(scan.em, path, there.stamp)) continue
    const found = await readThere(scan, subject, { path, stamp: there.stamp })
    const { stamp, facts } = found
    if (stamp && isAnothers(subject, claims, { stamp, sha256: facts.kind === 'READ' ? facts.sha256 : null })) continue
    return found
  }
  return fromQuarantine(scan, subject, paths[0] ?? '')
}

async function readThere(
  scan: ScanContext,
  subject: Subject,
  { path, stamp: seen }: { path: string; stamp: Stamp },
): Promise<Seen> {
  const declared = declaredFile(subject.run)
  const root = FileRoot.DEPOSIT
  const row = await fileOfStamp(scan.em, path, seen)
  const known = row?.facts
  if (known && (declared.contentSha256 === null || known.contentSha256 !== null || known.contentSize === null)) {
    const otherSize = declared.size !== null && seen.size !== declared.size
    return { root, path, facts: otherSize ? { kind: 'OTHER_SIZE', stamp: seen } : known, stamp: seen, row }
  }
  const facts = await scan.worker.ask('readBackupFile', {
    root: scan.roots.deposit,
    path,
    temporaryFolder: scan.temporaryFolder,
    size: declared.size,
    contentHash: declared.contentSha256 !== null,
    hashOnly: false,
  })
  if (facts.kind === 'READ') scan.counts.filesRead += 1
  const stamp = facts.kind === 'READ' || facts.kind === 'OTHER_SIZE' ? facts.stamp : null
  return { root, path, facts, stamp, row: row && stamp && row.ctimeNs === stamp.ctimeNs ? row : null }
}

/** What could not be removed after its promotion is no new file. */
async function isLeft(em: EntityManager, path: string, stamp: Stamp): Promise<boolean> {
  const { rows } = await sql<Record<string, unknown>>`select leftover from backup_file
    where leftover is not null and leftover ->> 'path' = ${path} and leftover ->> 'root' = 'DEPOSIT'`.execute(
    em.getKysely(),
  )
  return rows.some(({ leftover }) => isLeftover(stamp, (JSON.parse(leftover as string) as { stamp: Stamp }).stamp))
}

/** A good file that came before its report, and was judged by an older one, is found again in the quarantine. */
async function fromQuarantine(scan: ScanContext, { run, job }: Subject, path: string): Promise<Seen> {
  const nothing = { root: FileRoot.DEPOSIT, path, facts: ABSENT, stamp: null, row: null }
  const declared = declaredFile(run)
  if (declared.sha256 === null) return nothing
  const { rows } = await sql<Record<string, unknown>>`select * from backup_file
    where job_id = ${job.id} and state = 'QUARANTINE' and sha256 = ${declared.sha256} limit 1`.execute(
    scan.em.getKysely(),
  )
  const [row] = decodeRows(scan.em, BackupFile, rows)
  if (!row) return nothing
  const facts = await scan.worker.ask('readBackupFile', {
    root: scan.roots.quarantine,
    path: row.path,
    temporaryFolder: scan.temporaryFolder,
    size: declared.size,
    contentHash: declared.contentSha256 !== null,
    hashOnly: false,
  })
  // What is broken in itself stays apart, and is not judged anew at each scan.
  if (facts.kind !== 'READ' || facts.checks.some(({ outcome }) => outcome === 'FAILED')) return nothing
  Object.assign(row, facts.stamp)
  return { root: FileRoot.QUARANTINE, path: row.path, facts, stamp: facts.stamp, row }
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
    leftover: null,
    facts: null,
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

async function moveAway(
  scan: ScanContext,
  subject: Subject,
  verdict: RunVerdict,
  seen: Seen & { stamp: Stamp },
): Promise<void> {
  const { run } = subject
  const row = fileRow(subject, seen, verdict, scan.clock())
  if (row.sha256 === null) {
    // Of another size than declared, it was not read: its hash tells it apart from now on.
    const hashed = await scan.worker.ask('readBackupFile', {
      root: scan.roots.deposit,
      path: seen.path,
      temporaryFolder: scan.temporaryFolder,
      size: null,
      contentHash: false,
      hashOnly: true,
    })
    // It changes while it is read: the next scan looks again, and the end of the grace ends that.
    if (hashed.kind !== 'READ')
      return settleInPlace(
        scan,
        subject,
        { ...verdict, status: null, reasons: [backupReason('CHANGED_WHILE_READING', Severity.INFO)] },
        null,
      )
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
  await carryOut(scan, row)
}
