import type { EntityManager } from '../database/database.ts'
import { insertRows, type Row, saveRows, selectRows } from '../database/rows.ts'
import { tables } from '../database/tables.ts'
import { EventCause, EventType } from '../events/event.entity.ts'
import { type Reason, sameReasons, Severity } from '../reasons/reason.ts'
import type { Tell } from '../events/outbox.ts'
import { DAY, MINUTE } from '../platform/clock.ts'
import { newId } from '../platform/id.ts'
import { BackupFile, FileRoot, FileState } from './backup-file.entity.ts'
import { BackupEntry, HashComparison } from './backup-entry.entity.ts'
import { BackupRun } from './backup-run.entity.ts'
import { BackupStatus, ExpectChange, GOOD, isGood, statusSeverity } from './backup-status.ts'
import { ExpectedJob } from './expected-job.entity.ts'
import { standingOf } from './jobs.service.ts'
import { type Company, DOUBTS, TELLING_SIZE } from './doubts.ts'
import { proofOf } from './proof.ts'
import { declaredFile, judgeEntry, type JudgedRun } from './verdict.ts'

/** Writes what was decided about expected backups: entry, job and event together. Works inside of a transaction. */
export class EntryRecorder {
  constructor(
    private readonly em: EntityManager,
    private readonly tell: Tell,
  ) {}

  /** The entry of a due time, made where there is none. */
  async open(job: Row<ExpectedJob>, expectedAt: Date, now: Date): Promise<Row<BackupEntry>> {
    const known = (await selectRows(this.em, BackupEntry, 'job', [job.id], { expectedAt }))[0]
    if (known) return known
    const entry = newEntry(job, expectedAt, now)
    await insertRows(this.em, BackupEntry, [entry])
    this.tell.entries.add(entry.id)
    this.tell.jobs.add(job.id)
    return entry
  }

  /** Judges an entry by its runs and the clock, and what follows from it for its job. */
  async judge(entryId: string, now: Date, blind: string | null): Promise<BackupStatus> {
    const [entry] = await selectRows(this.em, BackupEntry, 'id', [entryId])
    if (!entry) return BackupStatus.UNKNOWN
    const [job] = await selectRows(this.em, ExpectedJob, 'id', [entry.job])
    const runs = await selectRows(this.em, BackupRun, 'entry', [entryId])
    const files = await selectRows(
      this.em,
      BackupFile,
      'id',
      runs.map((run) => run.file ?? undefined),
    )
    const arrivalOf = (run: Row<BackupRun>): Date => {
      const file = files.find(({ id }) => id === run.file)
      return file && isGood(run.status ?? BackupStatus.UNKNOWN) && file.arrivedAt > run.receivedAt
        ? file.arrivedAt
        : run.receivedAt
    }
    const verdict = judgeEntry(
      {
        windowEndsAt: entry.windowEndsAt,
        awaited: entry.awaited,
        blind,
        runs: runs.map((run) => ({
          id: run.id,
          status: run.status,
          reasons: run.reasons,
          arrivedAt: arrivalOf(run),
          fate: fateOf(files.find(({ id }) => id === run.file)),
        })),
      },
      now,
    )
    const best = runs.find(({ id }) => id === verdict.bestRunId)
    // What stood before: of this time, or of the job where this time is its newest.
    const isNewest = !job?.statusOf || entry.expectedAt >= job.statusOf
    const from = entry.judgedAt
      ? entry.status
      : isNewest
        ? (job?.currentStatus ?? BackupStatus.UNKNOWN)
        : BackupStatus.UNKNOWN
    const before = { ...entry }
    const wasStatus = entry.judgedAt ? entry.status : null
    entry.status = verdict.status
    entry.reasons = verdict.reasons
    if (verdict.judged) entry.judgedAt = now
    if (best) {
      const file = files.find(({ id }) => id === best.file) ?? null
      entry.previousSuccessfulHash = (await previousGood(this.em, entry.job, entry.expectedAt))?.sha256 ?? null
      evidence(entry, best, file)
      entry.arrivedAt = isGood(verdict.status) ? arrivalOf(best) : null
      // Good without a file that was read is good by somebody's word.
      entry.proof = isGood(verdict.status) ? proofOf(file?.checks ?? []) : null
    } else entry.proof = null
    const overdue = entry.awaited && now >= entry.windowEndsAt
    if (saysTheSame(before, entry)) return entry.status
    await saveRows(this.em, BackupEntry, [entry])
    this.tell.entries.add(entry.id)
    this.tell.jobs.add(entry.job)
    if (job && (verdict.judged || overdue)) {
      const moved = verdict.judged && wasStatus !== entry.status
      await this.follow(job, entry, { from, moved, judged: verdict.judged }, now)
    }
    return entry.status
  }

  private async follow(
    job: Row<ExpectedJob>,
    entry: Row<BackupEntry>,
    { from, moved, judged }: { from: BackupStatus; moved: boolean; judged: boolean },
    now: Date,
  ): Promise<void> {
    const { status, expectedAt } = entry
    const newest = job.statusOf === null || expectedAt >= job.statusOf
    const sameEntry = job.statusOf?.getTime() === expectedAt.getTime()
    const wasBad = sameEntry && !isGood(job.currentStatus) && job.currentStatus !== BackupStatus.UNKNOWN
    if (newest) {
      job.currentStatus = status
      job.currentProof = entry.proof
      job.statusOf = expectedAt
      job.standing = standingOf(job)
      if (isGood(status)) job.badInARow = 0
      else if (judged && !wasBad) job.badInARow += 1
    }
    job.lastCheckedAt = now
    const later = (a: Date | null): Date => (a && a > expectedAt ? a : expectedAt)
    if (isGood(status)) {
      if (!job.lastSuccessfulBackupAt || expectedAt >= job.lastSuccessfulBackupAt) {
        job.previousSuccessfulHash = entry.measuredHash
        const [file] = await selectRows(this.em, BackupFile, 'id', [entry.file ?? undefined])
        job.previousFingerprint = file?.fingerprint ?? null
      }
      job.lastSuccessfulBackupAt = later(job.lastSuccessfulBackupAt)
      if (job.lastFailedBackupAt?.getTime() === expectedAt.getTime()) {
        job.lastFailedBackupAt = await newestBad(this.em, job.id)
      }
    } else if (judged) {
      job.lastFailedBackupAt = later(job.lastFailedBackupAt)
      // It was good once: the good one before it is the last.
      if (job.lastSuccessfulBackupAt?.getTime() === expectedAt.getTime()) {
        const good = await previousGood(this.em, job.id, expectedAt)
        job.lastSuccessfulBackupAt = good?.expectedAt ?? null
        job.previousSuccessfulHash = good?.sha256 ?? null
        job.previousFingerprint = good?.fingerprint ?? null
      }
    }
    await saveRows(this.em, ExpectedJob, [job])
    this.tell.jobs.add(job.id)
    if (newest && isGood(status)) await this.tellDoubts(job, entry, now)
    // A steady success is no news; everything else is.
    if (!moved || (status === BackupStatus.SUCCESS && from === BackupStatus.SUCCESS)) return
    this.tell.event({
      type: EventType.BACKUP_STATUS_CHANGED,
      severity: statusSeverity(status, job.expectChange),
      at: now,
      cause: EventCause.READING,
      job: job.id,
      entry: entry.id,
      machine: job.machine,
      from,
      to: status,
      facts: {
        reasons: entry.reasons,
        name: `${job.agentId}/${job.databaseName}`,
        expectedAt: expectedAt.toISOString(),
        newest,
      },
    })
  }

  /** Good, and not what it should be: somebody should know where the job expects change; and when it is over. */
  private async tellDoubts(job: Row<ExpectedJob>, entry: Row<BackupEntry>, now: Date): Promise<void> {
    const doubts = job.expectChange === ExpectChange.ALERT ? entry.reasons.filter(({ code }) => DOUBTS.has(code)) : []
    const isDoubtful = doubts.length > 0
    // The same doubt each night is told once; where none was told, none is over.
    const codesOf = (reasons: Reason[]): string => reasons.map(({ code }) => code).join()
    if (codesOf(doubts) === codesOf(await doubtsTold(this.em, job.id))) return
    this.tell.event({
      type: isDoubtful ? EventType.BACKUP_DOUBTED : EventType.BACKUP_TRUSTED,
      severity: isDoubtful ? Severity.WARNING : Severity.INFO,
      at: now,
      cause: EventCause.READING,
      job: job.id,
      entry: entry.id,
      machine: job.machine,
      to: entry.status,
      facts: {
        reasons: doubts,
        name: `${job.agentId}/${job.databaseName}`,
        expectedAt: entry.expectedAt.toISOString(),
      },
    })
  }
}

/** The doubts that were told of a job last; [] = none, or they are over. */
async function doubtsTold(em: EntityManager, jobId: string): Promise<Reason[]> {
  const told = await tables(em)
    .selectFrom('Event')
    .select('facts')
    .where('job', '=', jobId)
    .where('type', 'in', [EventType.BACKUP_DOUBTED, EventType.BACKUP_TRUSTED])
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst()
  return told?.facts.reasons ?? []
}

/** What became of the file of a run, as it was read last. What retention deleted was good. */
function fateOf(file: Row<BackupFile> | undefined): JudgedRun['fate'] {
  if (!file || file.root !== FileRoot.VAULT) return null
  if (file.state === FileState.LOST) return 'LOST'
  return file.state === FileState.VAULT && file.intact === false ? 'DAMAGED' : null
}

export interface GoodBackup {
  expectedAt: Date
  sha256: string | null
  fingerprint: string | null
}

/** The newest good backup that was due before an instant. */
export async function previousGood(em: EntityManager, jobId: string, before: Date): Promise<GoodBackup | null> {
  const good = await tables(em)
    .selectFrom('BackupEntry')
    .leftJoin('BackupFile', 'BackupFile.id', 'BackupEntry.file')
    .select(['BackupEntry.expectedAt', 'BackupEntry.measuredHash as sha256', 'BackupFile.fingerprint'])
    .where('BackupEntry.job', '=', jobId)
    .where('BackupEntry.expectedAt', '<', before)
    .where('BackupEntry.status', 'in', GOOD)
    .orderBy('BackupEntry.expectedAt', 'desc')
    .limit(1)
    .executeTakeFirst()
  return good ?? null
}

/** What a file is compared with beside the good one before it. */
export async function companyOf(
  em: EntityManager,
  job: Row<ExpectedJob>,
  expectedAt: Date,
  { sha256, stamp }: { sha256: string; stamp: { size: number } },
): Promise<Company> {
  const before = await tables(em)
    .selectFrom('BackupEntry')
    .select(['expectedAt', 'measuredSize', 'measuredHash'])
    .where('job', '=', job.id)
    .where('expectedAt', '<', expectedAt)
    .where('status', 'in', GOOD)
    .orderBy('expectedAt', 'desc')
    .limit(COMPARED)
    .execute()
  // That of the last one is told as unchanged.
  const older = before.slice(1).find((entry) => entry.measuredHash === sha256)
  const isUnchanged = before[0]?.measuredHash === sha256
  const other = stamp.size < TELLING_SIZE ? null : await otherWith(em, sha256, job.id, expectedAt)
  return {
    sameAsOlder: older && !isUnchanged ? older.expectedAt : null,
    sameAsOther: other && `${other.agentId}/${other.databaseName}`,
    before: before.flatMap((entry) =>
      entry.measuredSize === null ? [] : [{ size: entry.measuredSize, expectedAt: entry.expectedAt }],
    ),
  }
}

/** Another job that had the same content at about the same time. */
async function otherWith(
  em: EntityManager,
  sha256: string,
  jobId: string,
  expectedAt: Date,
): Promise<Pick<Row<ExpectedJob>, 'agentId' | 'databaseName'> | null> {
  const due = expectedAt.getTime()
  const other = await tables(em)
    .selectFrom('BackupEntry')
    .innerJoin('ExpectedJob', 'ExpectedJob.id', 'BackupEntry.job')
    .select(['ExpectedJob.agentId', 'ExpectedJob.databaseName'])
    .where('BackupEntry.measuredHash', '=', sha256)
    .where('BackupEntry.job', '<>', jobId)
    .where('BackupEntry.status', 'in', GOOD)
    .where('BackupEntry.expectedAt', '>=', new Date(due - 3 * DAY))
    .where('BackupEntry.expectedAt', '<=', new Date(due + 3 * DAY))
    .limit(1)
    .executeTakeFirst()
  return other ?? null
}

/** How many good backups before it a new one is compared with: a quarter of daily ones. */
const COMPARED = 90

const BAD = [BackupStatus.FAILED, BackupStatus.MISSING, BackupStatus.TRANSFER_INTEGRITY_FAILED]

async function newestBad(em: EntityManager, jobId: string): Promise<Date | null> {
  const bad = await tables(em)
    .selectFrom('BackupEntry')
    .select('expectedAt')
    .where('job', '=', jobId)
    .where('status', 'in', BAD)
    .orderBy('expectedAt', 'desc')
    .limit(1)
    .executeTakeFirst()
  return bad?.expectedAt ?? null
}

/** What is known of the best run, copied so that history needs no joins. */
function evidence(entry: Row<BackupEntry>, run: Row<BackupRun>, file: Row<BackupFile> | null): void {
  const declared = declaredFile(run)
  entry.bestRun = run.id
  entry.file = file?.id ?? null
  entry.agentReportTimestamp = run.endedAt
  entry.reportedHash = declared.sha256
  entry.reportedSize = declared.size
  entry.hashBeforeCompression = run.compress ? (run.backup?.sha256 ?? null) : null
  entry.measuredHash = file?.sha256 ?? null
  entry.measuredSize = file?.size ?? null
  entry.stagedFileName = run.stagedFileName
  entry.logsSummary = run.logsSummary
  entry.durationSeconds =
    run.startedAt && run.endedAt && run.endedAt >= run.startedAt
      ? Math.round((run.endedAt.getTime() - run.startedAt.getTime()) / 1000)
      : null
  entry.hashComparison =
    entry.previousSuccessfulHash === null || entry.measuredHash === null
      ? null
      : entry.previousSuccessfulHash === entry.measuredHash
        ? HashComparison.SAME
        : HashComparison.DIFFERENT
}

/** A due time that nothing is known of yet. */
export function newEntry(job: Row<ExpectedJob>, expectedAt: Date, now: Date): Row<BackupEntry> {
  return {
    id: newId(),
    job: job.id,
    expectedAt,
    createdAt: now,
    windowEndsAt: new Date(expectedAt.getTime() + job.graceMinutes * MINUTE),
    status: BackupStatus.UNKNOWN,
    reasons: [],
    proof: null,
    awaited: job.active && expectedAt > job.createdAt,
    judgedAt: null,
    arrivedAt: null,
    protected: false,
    bestRun: null,
    file: null,
    agentReportTimestamp: null,
    reportedHash: null,
    measuredHash: null,
    reportedSize: null,
    measuredSize: null,
    hashBeforeCompression: null,
    stagedFileName: null,
    logsSummary: null,
    previousSuccessfulHash: null,
    hashComparison: null,
    durationSeconds: null,
  }
}

/** Whether an entry that was judged again stands as it stood. */
const saysTheSame = (before: Row<BackupEntry>, after: Row<BackupEntry>): boolean =>
  before.status === after.status &&
  (before.judgedAt === null) === (after.judgedAt === null) &&
  before.bestRun === after.bestRun &&
  sameReasons(before.reasons, after.reasons)
