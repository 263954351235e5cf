import type { EntityManager } from '../database/database.ts'
import { findRows, insertRows, type Row, saveRows, selectRows } from '../database/rows.ts'
import { tables } from '../database/tables.ts'
import { InvalidInputError } from '../platform/errors.ts'
import type { Tell } from '../events/outbox.ts'
import { Machine } from '../machines/machine.entity.ts'
import { MINUTE } from '../platform/clock.ts'
import { newId } from '../platform/id.ts'
import { BackupEntry } from './backup-entry.entity.ts'
import { RunOutcome } from './backup-run.entity.ts'
import { type ExpectedJob, Protection } from './expected-job.entity.ts'
import type { JobDraft } from './job-draft.ts'
import type { Protected } from './named-machines.ts'
import { nextDue } from './schedule.ts'

// What storing a job checks against the others, and writes beside it. Each works inside a record.

export async function refuseTaken(em: EntityManager, draft: JobDraft, ownId: string | null): Promise<void> {
  const { agentId, databaseName, targetKey } = draft
  // One of the same database, and one of the same paths: no more can be in service.
  const others = await tables(em)
    .selectFrom('ExpectedJob')
    .select(['id', 'agentId', 'databaseName'])
    .where('archivedAt', 'is', null)
    .where('id', '<>', ownId ?? '')
    .where((eb) =>
      eb.or([
        eb.and([eb('agentId', '=', agentId), eb('databaseName', '=', databaseName)]),
        eb('targetKey', '=', targetKey),
      ]),
    )
    .execute()
  const same = others.find((other) => other.agentId === agentId && other.databaseName === databaseName)
  if (same) {
    throw new InvalidInputError(
      'databaseName',
      `is already expected of agent ${agentId} (job ${same.id})`,
      'Change that job, or retire it first.',
    )
  }
  const [other] = others
  if (!other) return
  throw new InvalidInputError(
    'finalStoragePathTemplate',
    `gives the same paths as the job ${other.agentId}/${other.databaseName}`,
    'Put {agent_id} and {database_name} into it.',
  )
}

export async function refuseUnknownMachines(em: EntityManager, draft: JobDraft, protects: Protected[]): Promise<void> {
  const named = [
    ...(draft.machine === null ? [] : [['machineId', draft.machine] as const]),
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
  for (const [index, { path }] of protects.entries()) readProtectedPath(`protects[${index}].path`, path)
}

/** Of a path on Linux (PATH_MAX of limits.h). */
const LONGEST_PATH = 4096

/** @throws BAD_USER_INPUT */
export function readProtectedPath(field: string, path: string): string {
  if (path.length <= LONGEST_PATH && /^\/[^\p{Cc}]*$/u.test(path)) return path
  throw new InvalidInputError(field, 'must be an absolute path', 'Write it like /var/lib/mysql.')
}

export async function writeProtections(em: EntityManager, job: string, protects: Protected[]): Promise<void> {
  await tables(em).deleteFrom('Protection').where('job', '=', job).execute()
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
  await tables(em)
    .updateTable('BackupRun')
    .set({ outcome: RunOutcome.ACCEPTED, job, isOpen: true })
    .where('agentId', '=', agentId)
    .where('databaseName', '=', databaseName)
    .where('outcome', '=', RunOutcome.UNDECLARED)
    .where('settledAt', 'is', null)
    .execute()
}

/**
 * What is awaited just now follows the new plan: a due time that the new schedule does not have is awaited no more, and
 * one that stays ends with the new grace.
 */
export async function replan(em: EntityManager, before: Row<ExpectedJob>, after: JobDraft, tell: Tell): Promise<void> {
  const otherSchedule = before.cron !== after.cron || before.timeZone !== after.timeZone
  if (!otherSchedule && before.graceMinutes === after.graceMinutes) return
  const open = await findRows(em, BackupEntry, (query) =>
    query
      .where('job', '=', before.id)
      .where('judgedAt', 'is', null)
      .where((eb) => eb.ref('awaited')),
  )
  for (const entry of open) {
    const stays = nextDue(after, new Date(entry.expectedAt.getTime() - 1))?.getTime() === entry.expectedAt.getTime()
    if (stays) entry.windowEndsAt = new Date(entry.expectedAt.getTime() + after.graceMinutes * MINUTE)
    else entry.awaited = false
    tell.entries.add(entry.id)
  }
  await saveRows(em, BackupEntry, open)
}
