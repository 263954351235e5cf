import { createHash } from 'node:crypto'
import { BackupEntry } from '../backups/backup-entry.entity.ts'
import { EntryRecorder } from '../backups/entry-recorder.ts'
import { BackupRun, RunOutcome } from '../backups/backup-run.entity.ts'
import { ExpectedJob } from '../backups/expected-job.entity.ts'
import { dueOfRun, duesOfRun, type RunSpan } from '../backups/schedule.ts'
import type { EntityManager } from '../database/database.ts'
import { isGood } from '../backups/backup-status.ts'
import { findRows, insertRows, type Row, saveRows, selectRows } from '../database/rows.ts'
import { tables } from '../database/tables.ts'
import { EventCause, EventType } from '../events/event.entity.ts'
import type { Tell } from '../events/outbox.ts'
import { CLOCK_TOLERANCE, DAY, HOUR, MINUTE } from '../platform/clock.ts'
import { newId } from '../platform/id.ts'
import { Severity } from '../reasons/reason.ts'
import type { DeclaredDatabase, DeclaredReport, Refusal } from '../backups/declared.ts'
import { shortened } from './kept-reports.ts'

/** A clock that runs ahead by more than this tells nothing that can be used. */
const MOST_AHEAD = DAY
/** No run began before this. */
const NEVER_SET = new Date('2010-01-01T00:00:00Z')
/** No agent holds a report back for so long: one that ended before has a clock that is wrong. */
const HELD_BACK = 7 * DAY
/** A clock that is behind by less misfiles nothing. */
const LEAST_BEHIND = HOUR
/** Between an id that was used again and its number. An agent's own id that ends so costs a note and no more. */
export const REUSED = ' #'

export interface Recorded {
  /** Runs that were not known before. */
  runs: number
  refused: number
  repeated: boolean
}

/** Writes what agents declare: one row for each database of a report. Works inside of a transaction. */
export class RunRecorder {
  private readonly entries: EntryRecorder

  constructor(
    private readonly em: EntityManager,
    private readonly tell: Tell,
  ) {
    this.entries = new EntryRecorder(em, tell)
  }

  /** Records a report that could be read, once: a repeat changes nothing. */
  async record(
    report: DeclaredReport,
    { receivedAt, reportPath, size }: { receivedAt: Date; reportPath: string | null; size: number },
  ): Promise<Recorded> {
    const { agentId, runId } = report
    const known = Map.groupBy(await this.ofRun(agentId, runId), (run) => run.databaseName)
    const names = new Set<string>()
    const answer: Recorded = { runs: 0, refused: 0, repeated: known.size > 0 }
    const shared = { agentId, runId, receivedAt, reportPath, sizeOfReport: size, overallStatus: report.overallStatus }
    for (const database of report.databases) {
      if (names.has(database.name)) continue
      names.add(database.name)
      const contentHash = contentHashOf(database)
      const same = known.get(database.name) ?? []
      if (same.some((run) => isRepeatOf(run, contentHash))) continue
      const job = await this.jobOf(agentId, database.name)
      const times = spanOf(report, database)
      const ahead = Math.max(times.startedAt?.getTime() ?? 0, times.endedAt?.getTime() ?? 0) - receivedAt.getTime()
      const outcome = ahead > MOST_AHEAD ? RunOutcome.CLOCK_AHEAD : job ? RunOutcome.ACCEPTED : RunOutcome.UNDECLARED
      const run: Row<BackupRun> = {
        id: newId(),
        ...shared,
        // A constant id, or a report that was corrected: other content is another run.
        runId: same.length > 0 ? `${runId}${REUSED}${same.length + 1}` : runId,
        contentHash,
        databaseName: database.name,
        outcome,
        ...times,
        job: outcome === RunOutcome.ACCEPTED ? (job?.id ?? null) : null,
        entry: null,
        file: null,
        detail:
          outcome === RunOutcome.CLOCK_AHEAD
            ? `Its clock is ${Math.round(ahead / (60 * MINUTE))} hours ahead of this server's: set it, for example with timedatectl set-ntp true.`
            : null,
        backup: database.backup,
        compress: database.compress,
        transfer: database.transfer,
        stagedFileName: database.stagedFileName,
        logsSummary: database.logsSummary,
        raw: shortened(database.raw),
        status: null,
        reasons: [],
        isOpen: outcome === RunOutcome.ACCEPTED,
        settledAt: null,
      }
      await insertRows(this.em, BackupRun, [run])
      answer.runs += 1
      if (outcome === RunOutcome.ACCEPTED && job) await this.assign(run, job)
      else {
        answer.refused += 1
        await this.announce(run)
      }
      await this.settleOlder(agentId, database.name, run)
    }
    for (const { name, detail, raw } of report.refused) {
      // A part that was refused before, or was good under this id, is a repeat.
      if (names.has(name) || known.has(name)) continue
      names.add(name)
      answer.refused += 1
      await this.refuse('WRONG_TYPES', { ...shared, databaseName: name, detail, raw, told: true })
    }
    return answer
  }

  /** Records a report, or a part of one, that cannot be used. `told` = its event is written now, not at a second sight. */
  async refuse(
    outcome: Refusal,
    {
      told,
      raw,
      ...facts
    }: Pick<
      Row<BackupRun>,
      'agentId' | 'runId' | 'databaseName' | 'detail' | 'receivedAt' | 'reportPath' | 'sizeOfReport'
    > & {
      raw: string | null
      told: boolean
    },
  ): Promise<void> {
    const run: Row<BackupRun> = {
      id: newId(),
      ...facts,
      outcome: outcome as RunOutcome,
      job: null,
      entry: null,
      file: null,
      backup: null,
      compress: null,
      transfer: null,
      overallStatus: null,
      stagedFileName: null,
      contentHash: null,
      logsSummary: null,
      startedAt: null,
      endedAt: null,
      status: null,
      reasons: [],
      settledAt: null,
      raw: raw && shortened(raw),
      // A file that may be half written is told of only when the next scan finds it unchanged.
      isOpen: !told,
    }
    await insertRows(this.em, BackupRun, [run])
    if (told) await this.announce(run)
  }

  /** A bad report that was found again, unchanged: now somebody must know. */
  async announce(run: Row<BackupRun>): Promise<void> {
    const undeclared = run.outcome === RunOutcome.UNDECLARED
    if (undeclared && (await this.announcedBefore(run))) return
    this.tell.event({
      type: undeclared ? EventType.REPORT_UNDECLARED : EventType.REPORT_REFUSED,
      severity: Severity.WARNING,
      at: run.receivedAt,
      cause: EventCause.READING,
      to: run.outcome,
      facts: {
        name: run.databaseName ? `${run.agentId}/${run.databaseName}` : run.agentId,
        ...(run.reportPath ? { path: run.reportPath } : {}),
        ...(run.detail ? { detail: run.detail } : {}),
      },
    })
  }

  /** Puts a run to the due time that it belongs to, and its entry on the list of what is looked at. */
  async assign(run: Row<BackupRun>, job: Row<ExpectedJob>): Promise<void> {
    const byClock = await this.dueOf(run, job)
    const expectedAt = (await this.byArrival(run, job, byClock)) ?? byClock
    if (!expectedAt) return
    const entry = await this.entries.open(job, expectedAt, run.receivedAt)
    run.entry = entry.id
    run.job = job.id
    const [stored] = await selectRows(this.em, BackupRun, 'id', [run.id])
    if (stored) await saveRows(this.em, BackupRun, [Object.assign(stored, { entry: entry.id, job: job.id })])
    this.tell.entries.add(entry.id)
  }

  /** By its own clock. Late for a due time that has a good backup already, it is early for the next. */
  private async dueOf(run: Row<BackupRun>, job: Row<ExpectedJob>): Promise<Date | null> {
    const [due = null, next] = duesOfRun(job, spanOfRun(run))
    if (!due || !next) return due
    const [entry] = await selectRows(this.em, BackupEntry, 'job', [job.id], { expectedAt: due })
    return entry && isGood(entry.status) && entry.bestRun !== run.id ? next : due
  }

  /**
   * The due time that a run belongs to by its arrival, where its clock cannot be right: it says that it ended longer ago
   * than any report is held back, or as long ago as the run of that agent before it (no outage lasts as long twice), or
   * it would be the second good one of its night while the night of its arrival stands empty. Null = its clock is believed.
   */
  private async byArrival(run: Row<BackupRun>, job: Row<ExpectedJob>, byClock: Date | null): Promise<Date | null> {
    const told = run.endedAt ?? run.startedAt
    if (!told || run.receivedAt.getTime() - told.getTime() < CLOCK_TOLERANCE) return null
    const took = Math.max(0, (run.endedAt?.getTime() ?? 0) - (run.startedAt?.getTime() ?? 0))
    const began = new Date(run.receivedAt.getTime() - (run.startedAt && run.endedAt ? Math.min(took, DAY) : 0))
    const due = dueOfRun(job, { began, ended: run.receivedAt })
    if (!due || !byClock || due <= byClock) return null
    const behind = run.receivedAt.getTime() - told.getTime()
    if (behind > HELD_BACK || (await this.isBehindAsBefore(run, behind))) return due
    const [there] = await selectRows(this.em, BackupEntry, 'job', [job.id], { expectedAt: byClock })
    const [here] = await selectRows(this.em, BackupEntry, 'job', [job.id], { expectedAt: due })
    const isEmpty = !here || here.bestRun === null
    const isGoodAlready = there?.bestRun && there.bestRun !== run.id && isGood(there.status)
    return isEmpty && isGoodAlready ? due : null
  }

  private async isBehindAsBefore({ id, agentId, receivedAt }: Row<BackupRun>, behind: number): Promise<boolean> {
    if (behind < LEAST_BEHIND) return false
    const before = await tables(this.em)
      .selectFrom('BackupRun')
      .select(['receivedAt', 'startedAt', 'endedAt'])
      .where('agentId', '=', agentId)
      .where('id', '<>', id)
      .where('receivedAt', '<', receivedAt)
      .where('receivedAt', '>', new Date(receivedAt.getTime() - HELD_BACK))
      .where((eb) => eb(eb.fn.coalesce('endedAt', 'startedAt'), 'is not', null))
      .orderBy('receivedAt', 'desc')
      .limit(3)
      .execute()
    return before.some((run) => {
      const told = run.endedAt ?? run.startedAt
      return told !== null && Math.abs(run.receivedAt.getTime() - told.getTime() - behind) < CLOCK_TOLERANCE
    })
  }

  /** What was told under an id, the later ones of a database with a number behind it, in the order of their coming. */
  ofRun(agentId: string, runId: string): Promise<Row<BackupRun>[]> {
    const again = `${runId}${REUSED}`
    return findRows(this.em, BackupRun, (query) =>
      query
        .where('agentId', '=', agentId)
        .where((eb) =>
          eb.or([eb('runId', '=', runId), eb.and([eb('runId', '>', again), eb('runId', '<', `${again}:`)])]),
        )
        .orderBy('id'),
    )
  }

  private async jobOf(agentId: string, databaseName: string): Promise<Row<ExpectedJob> | null> {
    const jobs = await selectRows(this.em, ExpectedJob, 'agentId', [agentId], { databaseName })
    return jobs.find((job) => job.archivedAt === null) ?? null
  }

  private async announcedBefore({ id, agentId, databaseName }: Row<BackupRun>): Promise<boolean> {
    const others = await tables(this.em)
      .selectFrom('BackupRun')
      .select('id')
      .where('agentId', '=', agentId)
      .where('databaseName', '=', databaseName)
      .where('outcome', '=', RunOutcome.UNDECLARED)
      .where('settledAt', 'is', null)
      .where('id', '<>', id)
      .limit(1)
      .execute()
    return others.length > 0
  }

  /** A part of a report that could be read cures the one of the same database that could not. */
  private async settleOlder(agentId: string, databaseName: string, by: Row<BackupRun>): Promise<void> {
    const settled = await tables(this.em)
      .updateTable('BackupRun')
      .set({ settledAt: by.receivedAt })
      .where('agentId', '=', agentId)
      .where('databaseName', '=', databaseName)
      .where('outcome', 'in', [RunOutcome.WRONG_TYPES, RunOutcome.CLOCK_AHEAD])
      .where('settledAt', 'is', null)
      .where('id', '<>', by.id)
      .returning('id')
      .execute()
    if (settled.length > 0) tellSettled(this.tell, { name: `${agentId}/${databaseName}` }, by.receivedAt)
  }
}

/** A part that could not be read is no run: what can be read under its id is another. Null = of an older Vigie. */
const isRepeatOf = ({ outcome, contentHash }: Row<BackupRun>, told: string): boolean =>
  outcome !== RunOutcome.WRONG_TYPES && (contentHash === null || contentHash === told)

/** What was told of one database, whatever the order of its fields. */
function contentHashOf({ backup, compress, transfer, stagedFileName, logsSummary }: DeclaredDatabase): string {
  const told = JSON.stringify([backup, compress, transfer, stagedFileName, logsSummary])
  return createHash('sha256').update(told).digest('base64url')
}

/**
 * From when to when a run went, as it says itself. A clock that was never set (1970) tells nothing; one that runs ahead
 * tells no more than when the report came.
 */
function spanOfRun({ startedAt, endedAt, receivedAt }: Row<BackupRun>): RunSpan {
  const told = (...times: (Date | null)[]): Date => {
    const time = times.find((one) => one !== null && one > NEVER_SET) ?? receivedAt
    return time < receivedAt ? time : receivedAt
  }
  return { began: told(startedAt, endedAt), ended: told(endedAt, startedAt) }
}

/** Whether a run stands under another due time than its own clock tells. */
export function isFiledByArrival(job: Row<ExpectedJob>, run: Row<BackupRun>, expectedAt: Date): boolean {
  const span = spanOfRun(run)
  const byClock = span.began < run.receivedAt ? duesOfRun(job, span).at(-1) : undefined
  return byClock !== undefined && byClock < expectedAt
}

export function tellSettled(tell: Tell, facts: { name: string; path?: string }, at: Date): void {
  tell.event({ type: EventType.REPORT_SETTLED, severity: Severity.INFO, at, cause: EventCause.READING, facts })
}

/** From the first to the last time that the report gives for a database. */
function spanOf(
  report: DeclaredReport,
  { backup, compress, transfer }: DeclaredReport['databases'][number],
): { startedAt: Date | null; endedAt: Date | null } {
  const steps = [backup, compress, transfer].filter((step) => step !== null)
  const starts = steps.flatMap((step) => step.startedAt ?? [])
  const ends = steps.flatMap((step) => step.endedAt ?? [])
  const date = (text: string | undefined | null): Date | null => (text ? new Date(text) : null)
  return {
    startedAt: date(starts.toSorted()[0] ?? report.startedAt),
    endedAt: date(ends.toSorted().at(-1) ?? report.endedAt),
  }
}
