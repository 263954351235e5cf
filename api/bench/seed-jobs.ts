import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import { openDatabase } from '../src/database/database.ts'
import { migrate } from '../src/database/migrate.ts'
import { seeded } from '../test/fleet.ts'
import { DAY, HOUR } from '../src/platform/clock.ts'
import { newId } from '../src/platform/id.ts'

/** Jobs of `agents` × 5 databases with a year of nights, straight into the tables, and the folders of their agents. */
export async function seedJobs(dataDir: string, agents: number, days: number): Promise<void> {
  mkdirSync(dataDir, { recursive: true })
  const file = join(dataDir, 'vigie.sqlite')
  const orm = await openDatabase({ file })
  await migrate(orm)
  await orm.close()
  const db = new DatabaseSync(file)
  db.exec('pragma synchronous = off; pragma foreign_keys = off; pragma cache_size = -400000')
  const insert = (table: string, row: Record<string, SQLInputValue>): StatementSync => {
    const names = Object.keys(row)
    return db.prepare(
      `insert into ${table} (${names.join(', ')}) values (${names.map((name) => `@${name}`).join(', ')})`,
    )
  }
  const random = seeded(11)
  const today = Math.floor(Date.now() / DAY) * DAY
  let jobs: StatementSync | null = null
  let entries: StatementSync | null = null
  db.exec('begin')
  for (let number = 0; number < agents * 5; number += 1) {
    const agentId = `agent-${Math.floor(number / 5)}`
    if (number % 5 === 0) {
      for (const folder of ['log', 'databases'])
        mkdirSync(join(dataDir, 'agent_deposits', agentId, folder), { recursive: true })
    }
    const databaseName = ['crm', 'erp', 'shop', 'wiki', 'mail'][number % 5] as string
    const id = newId()
    const hour = number % 24
    const bad = number % 97 === 0
    const job = {
      id,
      agent_id: agentId,
      database_name: databaseName,
      machine_id: null,
      company_name: `Company ${number % 50}`,

      city: `City ${number % 10}`,
      neighborhood: null,
      cron: `0 ${hour} * * *`,
      time_zone: 'UTC',
      frequency: 'DAILY',

      expected_hour_utc: hour,
      expected_minute_utc: 0,
      days_of_week: null,
      day_of_month: null,
      last_day_of_month: null,
      grace_minutes: 60,
      agent_deposit_path_template: '{agent_id}/databases/{file_name}',

      agent_log_deposit_path_template: '{agent_id}/log',
      target_key: `${agentId}/${databaseName}`,
      recipients: '[]',
      final_storage_path_template: '{agent_id}/{database_name}/{year}{month}{day}T{hour}{minute}_{file_name}',
      expect_change: 'ALERT',
      runbook: null,
      keep_last: null,
      keep_daily: null,
      keep_weekly: null,

      keep_monthly: null,
      keep_yearly: null,
      active: 1,
      current_status: bad ? 'FAILED' : 'SUCCESS',
      standing: bad ? 1 : 5,
      last_checked_at: today,
      status_of: today - DAY,
      next_due_at: today + 2 * DAY + hour * HOUR,
      bad_in_arow: 0,

      last_successful_backup_at: today - DAY,
      last_failed_backup_at: null,
      previous_successful_hash: 'a'.repeat(64),
      previous_fingerprint: null,
      created_at: today - 400 * DAY,
      archived_at: null,
    }
    jobs ??= insert('expected_job', job)
    jobs.run(job)
    for (let day = days; day > 0; day -= 1) {
      const expectedAt = today - day * DAY + hour * HOUR
      const status = random() < 0.98 ? 'SUCCESS' : random() < 0.5 ? 'MISSING' : 'FAILED'
      const entry = {
        id: newId(),
        job_id: id,
        expected_at: expectedAt,
        window_ends_at: expectedAt + HOUR,
        status,
        reasons: '[]',
        awaited: 1,

        judged_at: expectedAt + HOUR,
        arrived_at: expectedAt + 1000,
        protected: 0,
        best_run_id: null,
        file_id: null,

        agent_report_timestamp: expectedAt,
        reported_hash: null,
        measured_hash: null,
        reported_size: 1e6,
        measured_size: 1e6,

        hash_before_compression: null,
        staged_file_name: null,
        logs_summary: null,
        previous_successful_hash: null,
        hash_comparison: null,
        duration_seconds: 60,
        created_at: expectedAt,
      }
      entries ??= insert('backup_entry', entry)
      entries.run(entry)
    }
  }
  db.exec('commit')
  db.exec('pragma analysis_limit = 1000; analyze')
  db.close()
}
