import type { ExpressionBuilder } from 'kysely'
import { BackupEntry } from '../backups/backup-entry.entity.ts'
import { BackupStatus } from '../backups/backup-status.ts'
import { EntryRecorder } from '../backups/entry-recorder.ts'
import { newEntry, previousGood } from '../backups/entry-recorder.ts'
import { ExpectedJob } from '../backups/expected-job.entity.ts'
import { standingOf } from '../backups/jobs.service.ts'
import { nextDue } from '../backups/schedule.ts'
import type { EntityManager } from '../database/database.ts'
import { findRows, insertRows, type Row, saveRows } from '../database/rows.ts'
import { type Tables, tables } from '../database/tables.ts'
import { CLOCK_TOLERANCE, isFuture } from '../platform/clock.ts'
import type { ScanContext } from './scan-context.ts'

/** Jobs that come due are opened so many in a transaction: it writes one row each and judges nothing. */
const BATCH = 250
/** After a long outage the oldest due times beyond this many are left out, for each job and scan. */
const MOST_AT_ONCE = 1000

/**
 * Times that were stored while this server's own clock was ahead: a due time further than one period from now was never
 * computed from now, and what stood for a time that has not come yet says nothing of how a job stands.
 */
export async function mendFuture(scan: ScanContext): Promise<void> {
  const now = scan.clock()
  // Every scan leaves its row: without one from the future no clock was ahead, and no job is looked at.
  const ahead = new Date(now.getTime() + CLOCK_TOLERANCE)
  const scans = await tables(scan.em).selectFrom('Scan').select('id').where('startedAt', '>', ahead).limit(1).execute()
  if (scans.length === 0) return
  await scan.write(async ({ em, tell }) => {
    await tables(em).deleteFrom('Scan').where('startedAt', '>', ahead).execute()
    const wrong = await jobsAhead(em, now)
    for (const job of wrong) {
      const isComing = (eb: ExpressionBuilder<Tables, 'BackupEntry'>) =>
        eb.and([eb('job', '=', job.id), eb('expectedAt', '>', now)])
      // Nobody awaited them, and no run belongs to them.
      await tables(em).deleteFrom('BackupEntry').where(isComing).where('bestRun', 'is', null).execute()
      await tables(em).updateTable('BackupEntry').set({ awaited: false }).where(isComing).execute()
      Object.assign(job, await standsNow(em, job, now))
      job.standing = standingOf(job)
      tell.jobs.add(job.id)
    }
    await saveRows(em, ExpectedJob, wrong)
  })
}

/** Jobs with a due time beyond the next one from now, or that stand by a time that has not come yet. */
async function jobsAhead(em: EntityManager, now: Date): Promise<Row<ExpectedJob>[]> {
  const jobs = await findRows(em, ExpectedJob, (query) =>
    query
      .where('archivedAt', 'is', null)
      .where((eb) =>
        eb.or([eb('nextDueAt', '>', now), eb('statusOf', '>', now), eb('lastSuccessfulBackupAt', '>', now)]),
      ),
  )
  return jobs.filter((job) => {
    const next = nextDue(job, now)
    const isLate = job.active && job.nextDueAt !== null && next !== null && job.nextDueAt > next
    return isLate || [job.statusOf, job.lastSuccessfulBackupAt].some((time) => time !== null && isFuture(time, now))
  })
}

/** How a job stands by what was due until now. */
async function standsNow(em: EntityManager, job: Row<ExpectedJob>, now: Date): Promise<Partial<Row<ExpectedJob>>> {
  const [entry] = await findRows(em, BackupEntry, (query) =>
    query.where('job', '=', job.id).where('expectedAt', '<=', now).orderBy('expectedAt', 'desc').limit(1),
  )
  const good = await previousGood(em, job.id, now)
  return {
    nextDueAt: job.active ? nextDue(job, entry?.expectedAt ?? now) : job.nextDueAt,
    statusOf: entry?.expectedAt ?? null,
    currentStatus: entry?.status ?? BackupStatus.UNKNOWN,
    currentProof: entry?.proof ?? null,
    lastSuccessfulBackupAt: good?.expectedAt ?? null,
    previousSuccessfulHash: good?.sha256 ?? null,
    previousFingerprint: good?.fingerprint ?? null,
  }
}

/** Makes the entries that have come due since the last scan; after an outage, those of all the time between. */
export async function openWindows(scan: ScanContext): Promise<void> {
  const now = scan.clock()
  for (;;) {
    scan.check()
    if ((await jobsDue(scan.em, now)).length === 0) return
    const opened = await scan.write(async ({ em, tell }) => {
      const jobs = await jobsDue(em, now)
      if (jobs.length === 0) return 0
      const wanted = jobs.flatMap((job) => duesOf(job, now))
      const known = new Set(await knownDues(em, wanted))
      const entries = wanted.filter((entry) => !known.has(`${entry.job} ${entry.expectedAt.getTime()}`))
      await insertRows(em, BackupEntry, entries)
      await saveRows(em, ExpectedJob, jobs)
      for (const entry of entries) tell.entries.add(entry.id)
      for (const job of jobs) tell.jobs.add(job.id)
      return entries.length
    })
    scan.counts.entriesOpened += opened
  }
}

const jobsDue = (em: ScanContext['em'], now: Date): Promise<Row<ExpectedJob>[]> =>
  findRows(em, ExpectedJob, (query) =>
    query
      .where('archivedAt', 'is', null)
      .where((eb) => eb.ref('active'))
      .where('nextDueAt', '<=', now)
      .limit(BATCH),
  )

async function knownDues(em: ScanContext['em'], wanted: Row<BackupEntry>[]): Promise<string[]> {
  const from = Math.min(...wanted.map(({ expectedAt }) => expectedAt.getTime()))
  const entries = await tables(em)
    .selectFrom('BackupEntry')
    .select(['job', 'expectedAt'])
    .where('job', 'in', [...new Set(wanted.map(({ job }) => job))])
    .where('expectedAt', '>=', new Date(from))
    .execute()
  return entries.map(({ job, expectedAt }) => `${job} ${expectedAt.getTime()}`)
}

/** The due times of a job up to now, as new entries; its next due time moves on. */
function duesOf(job: Row<ExpectedJob>, now: Date): Row<BackupEntry>[] {
  const dues: Date[] = []
  let due = job.nextDueAt
  while (due && due <= now) {
    dues.push(due)
    due = nextDue(job, due)
  }
  job.nextDueAt = due
  return dues.slice(-MOST_AT_ONCE).map((expectedAt) => newEntry(job, expectedAt, now))
}

/** Judges what is due and has nothing: a short transaction for each, so that the API answers between them. */
export async function closeWindows(scan: ScanContext, blindOf: (agentId: string) => string | null): Promise<void> {
  const now = scan.clock()
  const entries = await tables(scan.em)
    .selectFrom('BackupEntry')
    .innerJoin('ExpectedJob', 'ExpectedJob.id', 'BackupEntry.job')
    .select(['BackupEntry.id', 'BackupEntry.reasons', 'ExpectedJob.agentId'])
    .where('BackupEntry.judgedAt', 'is', null)
    .where((eb) => eb.ref('BackupEntry.awaited'))
    .where('BackupEntry.windowEndsAt', '<=', now)
    .orderBy('BackupEntry.windowEndsAt')
    .orderBy('BackupEntry.id')
    .execute()
  for (const { id, agentId, reasons } of entries) {
    scan.check()
    const blind = blindOf(agentId)
    if (blind !== null && reasons.some(({ code }) => code === 'SCANNER_BLIND')) continue
    const status = await scan.write(({ em, tell }) => new EntryRecorder(em, tell).judge(id, now, blind))
    if (status === BackupStatus.UNKNOWN) continue
    scan.counts.entriesJudged += 1
    if (status === BackupStatus.MISSING) scan.counts.entriesMissing += 1
  }
}
