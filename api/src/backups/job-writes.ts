import { sql } from 'kysely'
import type { EntityManager } from '../database/database.ts'
import { columnsOf, decodeRows, insertRows, type Row, saveRows, selectRows } from '../database/rows.ts'
import { InvalidInputError } from '../platform/errors.ts'
import type { Tell } from '../events/outbox.ts'
import { Machine } from '../machines/machine.entity.ts'
import { MINUTE } from '../platform/clock.ts'
import { newId } from '../platform/id.ts'
import { BackupEntry } from './backup-entry.entity.ts'
import { type ExpectedJob, Protection } from './expected-job.entity.ts'
import type { JobDraft } from './job-draft.ts'
import type { Protected } from './named-machines.ts'
import { nextDue } from './schedule.ts'

// What storing a job checks against the others, and writes beside it. Each works inside a record.

export async function refuseTaken(em: EntityManager, draft: JobDraft, ownId: string | null): Promise<void> {
  const { rows } = await sql<{ id: string; same: number; agent_id: string; database_name: string }>`
    select id, agent_id, database_name, agent_id = ${draft.agentId} and database_name = ${draft.databaseName} as same
    from expected_job where archived_at is null and id <> ${ownId ?? ''}
      and ((agent_id = ${draft.agentId} and database_name = ${draft.databaseName}) or target_key = ${draft.targetKey})
    order by same desc limit 1`.execute(em.getKysely())
  const other = rows[0]
  if (!other) return
  if (other.same) {
    throw new InvalidInputError(
      'databaseName',
      `is already expected of agent ${draft.agentId} (job ${other.id})`,
      'Change that job, or retire it first.',
    )
  }
  throw new InvalidInputError(
    'finalStoragePathTemplate',
    `gives the same paths as the job ${other.agent_id}/${other.database_name}`,
    'Put {agent_id} and {database_name} into it.',
  )
}

export async function refuseUnknownMachines(em: EntityManager, draft: JobDraft, protects: Protected[]): Promise<void> {
  const named = [
    ...(draft.machine ? [['machineId', draft.machine] as const] : []),
    ...protects.map(({ machineId }, index) => [`protects[${index}].machineId`, machineId] as const),
  ]
  const known = new Set(
    (
      await selectRows(
        em,
        Machine,
        'id',
        named.map(([, id]) => id),
      )
    ).map((machine) => machine.id),
  )
  for (const [field, id] of named) {
    if (!known.has(id)) throw new InvalidInputError(field, `is no known machine (${id})`, 'Ask machines for the ids.')
  }
  for (const [index, { path }] of protects.entries()) {
    if (!/^\/[^\p{Cc}]*$/u.test(path) || path.length > 4096)
      throw new InvalidInputError(
        `protects[${index}].path`,
        'must be an absolute path',
        'Write it like /var/lib/mysql.',
      )
  }
}

export async function writeProtections(em: EntityManager, job: string, protects: Protected[]): Promise<void> {
  await sql`delete from protection where job_id = ${job}`.execute(em.getKysely())
  await insertRows(
    em,
    Protection,
    protects.map(({ machineId, path }) => ({ id: newId(), job, machine: machineId, path })),
  )
}

/** What came before somebody declared it waits in the inbox: it belongs to the new job. */
export async function adoptUndeclared(
  em: EntityManager,
  job: string,
  { agentId, databaseName }: JobDraft,
): Promise<void> {
  await sql`update backup_run set outcome = 'ACCEPTED', job_id = ${job}, is_open = 1
    where agent_id = ${agentId} and database_name = ${databaseName} and outcome = 'UNDECLARED'
      and settled_at is null`.execute(em.getKysely())
}

/**
 * What is awaited just now follows the new plan: a due time that the new schedule does not have is awaited no more, and
 * one that stays ends with the new grace.
 */
export async function replan(em: EntityManager, before: Row<ExpectedJob>, after: JobDraft, tell: Tell): Promise<void> {
  const otherSchedule = before.cron !== after.cron || before.timeZone !== after.timeZone
  if (!otherSchedule && before.graceMinutes === after.graceMinutes) return
  const { rows } = await sql<Record<string, unknown>>`select ${sql.raw(columnsOf(em, BackupEntry))} from backup_entry
    where job_id = ${before.id} and judged_at is null and awaited = 1`.execute(em.getKysely())
  const open = decodeRows(em, BackupEntry, rows)
  for (const entry of open) {
    const stays = nextDue(after, new Date(entry.expectedAt.getTime() - 1))?.getTime() === entry.expectedAt.getTime()
    if (stays) entry.windowEndsAt = new Date(entry.expectedAt.getTime() + after.graceMinutes * MINUTE)
    else entry.awaited = false
    tell.entries.add(entry.id)
  }
  await saveRows(em, BackupEntry, open)
}
