import { sql } from 'kysely'
import { BackupEntry } from '../backups/backup-entry.entity.ts'
import { BackupStatus } from '../backups/backup-status.ts'
import { EntryRecorder } from '../backups/entry-recorder.ts'
import { newEntry, previousGood } from '../backups/entry-recorder.ts'
import { ExpectedJob } from '../backups/expected-job.entity.ts'
import { standingOf } from '../backups/jobs.service.ts'
import { nextDue } from '../backups/schedule.ts'
import type { EntityManager } from '../database/database.ts'
import { columnsOf, decodeRows, insertRows, type Row, saveRows, selectRows } from '../database/rows.ts'
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
  const ahead = sql`started_at > ${now.getTime() + CLOCK_TOLERANCE}`
  const { rows: scans } = await sql`select 1 from scan where ${ahead} limit 1`.execute(scan.em.getKysely())
  if (scans.length === 0) return
  await scan.write(async ({ em, tell }) => {
    const kysely = em.getKysely()
    await sql`delete from scan where ${ahead}`.execute(kysely)
    const wrong = await jobsAhead(em, now)
    for (const job of wrong) {
      const coming = sql`job_id = ${job.id} and expected_at > ${now.getTime()}`
      // Nobody awaited them, and no run belongs to them.
      await sql`delete from backup_entry where ${coming} and best_run_id is null`.execute(kysely)
      await sql`update backup_entry set awaited = 0 where ${coming}`.execute(kysely)
      Object.assign(job, await standsNow(em, job, now))
      job.standing = standingOf(job)
      tell.jobs.add(job.id)
    }
    await saveRows(em, ExpectedJob, wrong)
  })
}

/** Jobs with a due time beyond the next one from now, or that stand by a time that has not come yet. */
async function jobsAhead(em: EntityManager, now: Date): Promise<Row<ExpectedJob>[]> {
  const { rows } = await sql<Record<string, unknown>>`select ${sql.raw(columnsOf(em, ExpectedJob))} from expected_job
    where archived_at is null and (next_due_at > ${now.getTime()} or status_of > ${now.getTime()}
      or last_successful_backup_at > ${now.getTime()})`.execute(em.getKysely())
  return decodeRows(em, ExpectedJob, rows).filter((job) => {
    const next = nextDue(job, now)
    const isLate = job.active && job.nextDueAt !== null && next !== null && job.nextDueAt > next
    return isLate || [job.statusOf, job.lastSuccessfulBackupAt].some((time) => time !== null && isFuture(time, now))
  })
}

/** How a job stands by what was due until now. */
async function standsNow(em: EntityManager, job: Row<ExpectedJob>, now: Date): Promise<Partial<Row<ExpectedJob>>> {
  const { rows } = await sql<{ at: number | null }>`select max(expected_at) as at from backup_entry
    where job_id = ${job.id} and expected_at <= ${now.getTime()}`.execute(em.getKysely())
  const at = rows[0]?.at ?? null
  const [entry] = at === null ? [] : await selectRows(em, BackupEntry, 'job', [job.id], { expectedAt: new Date(at) })
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
    const { rows } = await sql<
      Record<string, unknown>
    >`select ${sql.raw(columnsOf(scan.em, ExpectedJob))} from expected_job
      where archived_at is null and active = 1 and next_due_at <= ${now.getTime()} limit ${BATCH}`.execute(
      scan.em.getKysely(),
    )
    const jobs = decodeRows(scan.em, ExpectedJob, rows)
    if (jobs.length === 0) return
    const wanted = jobs.flatMap((job) => duesOf(job, now))
    await scan.write(async ({ em, tell }) => {
      const known = new Set(await knownDues(em, wanted))
      const entries = wanted.filter((entry) => !known.has(`${entry.job} ${entry.expectedAt.getTime()}`))
      await insertRows(em, BackupEntry, entries)
      await saveRows(em, ExpectedJob, jobs)
      for (const entry of entries) tell.entries.add(entry.id)
      for (const job of jobs) tell.jobs.add(job.id)
      scan.counts.entriesOpened += entries.length
    })
  }
}

async function knownDues(em: ScanContext['em'], wanted: Row<BackupEntry>[]): Promise<string[]> {
  const from = Math.min(...wanted.map(({ expectedAt }) => expectedAt.getTime()))
  const { rows } = await sql<{ job: string; at: number }>`select job_id as job, expected_at as at from backup_entry
    where job_id in (${sql.join([...new Set(wanted.map(({ job }) => job))])}) and expected_at >= ${from}`.execute(
    em.getKysely(),
  )
  return rows.map(({ job, at }) => `${job} ${at}`)
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
  const { rows } = await sql<{ id: string; agent: string; reasons: string }>`
    select e.id, j.agent_id as agent, e.reasons from backup_entry e join expected_job j on j.id = e.job_id
    where e.judged_at is null and e.awaited = 1 and e.window_ends_at <= ${now.getTime()}
    order by e.window_ends_at, e.id`.execute(scan.em.getKysely())
  for (const { id, agent, reasons } of rows) {
    scan.check()
    const blind = blindOf(agent)
    if (blind !== null && reasons.includes('SCANNER_BLIND')) continue
    const status = await scan.write(({ em, tell }) => new EntryRecorder(em, tell).judge(id, now, blind))
    if (status === BackupStatus.UNKNOWN) continue
    scan.counts.entriesJudged += 1
    if (status === BackupStatus.MISSING) scan.counts.entriesMissing += 1
  }
}
