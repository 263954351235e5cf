import { ExecutionStatus, ResultCode } from '@vigie/agent/actions'
import type { EntityManager } from '../database/database.ts'
import { findRows, type Row, selectRows, updateRow } from '../database/rows.ts'
import { tables } from '../database/tables.ts'
import { EventType } from '../events/event.entity.ts'
import type { Transact, Transaction } from '../events/outbox.ts'
import { type Clock, DAY } from '../platform/clock.ts'
import { Severity } from '../reasons/reason.ts'
import { MachinePackage } from '../state/machine-package.entity.ts'
import { MachineState } from '../state/machine-state.entity.ts'
import { endAs } from './agent-work.service.ts'
import { Execution, Verification } from './execution.entity.ts'
import type { ExecutionLogs } from './execution-log.ts'
import { MachinePolicy } from './machine-policy.entity.ts'
import { tellExecution } from './tell-execution.ts'
import { type Verdict, verify } from './verify.ts'

const { DRAFT, AWAITING_APPROVAL, QUEUED, CLAIMED, RUNNING, EXPIRED, INTERRUPTED, FAILED } = ExecutionStatus

/** A machine that has said nothing for so long will not say how it ended. If it does, that counts. */
const NOT_HEARD_FOR = 7 * DAY
const AT_ONCE = 100

/** Ends what nobody approved or took in time, and what was never heard of again; verifies what has ended. */
export async function settleExecutions(em: EntityManager, transact: Transact, clock: Clock): Promise<void> {
  await expire(em, transact, clock)
  await verifyEnded(em, transact, clock)
}

async function expire(em: EntityManager, transact: Transact, clock: Clock): Promise<void> {
  await transact(em, async (transaction) => {
    const at = clock()
    const late = await findRows(transaction.em, Execution, (query) =>
      query
        .where((eb) =>
          eb.or([
            eb.and([eb('status', 'in', [DRAFT, AWAITING_APPROVAL]), eb('approveBy', '<=', at)]),
            eb.and([eb('status', '=', QUEUED), eb.or([eb('startBy', '<=', at), eb('expiresAt', '<=', at)])]),
          ]),
        )
        .orderBy('id')
        .limit(AT_ONCE),
    )
    for (const each of late) await endAs(transaction, each, { status: EXPIRED, at })
    const since = new Date(at.getTime() - NOT_HEARD_FOR)
    const silent = await findRows(transaction.em, Execution, (query) =>
      query
        .where('status', 'in', [CLAIMED, RUNNING])
        .where('claimedAt', '<=', since)
        .where('machine', 'not in', (eb) =>
          eb.selectFrom('MachinePolicy').select('MachinePolicy.machine').where('askedAt', '>', since),
        )
        .orderBy('id')
        .limit(AT_ONCE),
    )
    for (const each of silent) await endAs(transaction, each, { status: INTERRUPTED, at, code: ResultCode.NOT_HEARD })
  })
}

async function verifyEnded(em: EntityManager, transact: Transact, clock: Clock): Promise<void> {
  await transact(em, async (transaction) => {
    const { em: own, tell } = transaction
    const now = clock()
    const waiting = await findRows(own, Execution, (query) =>
      query.where('verification', '=', Verification.PENDING).orderBy('id').limit(AT_ONCE),
    )
    if (waiting.length === 0) return
    const machines = [...new Set(waiting.map(({ machine }) => machine))]
    const states = new Map(
      (await selectRows(own, MachineState, 'machine', machines)).map((each) => [each.machine, each]),
    )
    const packages = Map.groupBy(await selectRows(own, MachinePackage, 'machine', machines), ({ machine }) => machine)
    const plans = await plansOf(own, waiting)
    const boots = new Map(
      (await selectRows(own, MachinePolicy, 'machine', machines)).map(({ machine, bootId }) => [machine, bootId]),
    )
    for (const each of waiting) {
      const seen = {
        since: await firstReportAfter(own, each),
        state: states.get(each.machine) ?? null,
        packages: packages.get(each.machine) ?? [],
        bootId: boots.get(each.machine) ?? null,
      }
      const { verification, contradictions } = verify(each, plans.get(each.id) ?? null, seen, now)
      if (verification === Verification.PENDING) continue
      await updateRow(own, Execution, each.id, {
        verification,
        contradictions: contradictions.slice(0, 200),
        verifiedAt: verification === Verification.INCONCLUSIVE ? null : now,
      })
      tell.executions.add(each.id)
      await tellSeen(transaction, each, { verification, contradictions }, now)
    }
  })
}

/** That its programs ended well closes nothing: what was seen does, and opens what they did not tell. */
async function tellSeen(
  transaction: Transaction,
  execution: Row<Execution>,
  { verification, contradictions }: Verdict,
  at: Date,
): Promise<void> {
  if (verification === Verification.CONFIRMED)
    await tellExecution(transaction, execution, { type: EventType.EXECUTION_CONFIRMED, at })
  if (verification === Verification.CONTRADICTED)
    await tellExecution(transaction, execution, {
      type: EventType.EXECUTION_CONTRADICTED,
      at,
      severity: Severity.AT_RISK,
      facts: { detail: contradictions.join(', ').slice(0, 500) },
    })
}

/** By the machine's own clock, whatever that says: when the first report that was made after it was; null = there is none. */
async function firstReportAfter(
  em: EntityManager,
  { machine, machineEndedAt, claimedAt }: Row<Execution>,
): Promise<Date | null> {
  if (machineEndedAt === null || claimedAt === null) return null
  const found = await tables(em)
    .selectFrom('InventoryReport')
    .select('at')
    .where('machine', '=', machine)
    .where('collectedAt', '>', machineEndedAt)
    .where('receivedAt', '>=', claimedAt)
    .orderBy('receivedAt')
    .limit(1)
    .executeTakeFirst()
  return found?.at ?? null
}

async function plansOf(em: EntityManager, executions: readonly Row<Execution>[]) {
  const found = await tables(em)
    .selectFrom('Execution')
    .select(['id', 'plan'])
    .where(
      'id',
      'in',
      executions.map(({ id }) => id),
    )
    .execute()
  return new Map(found.map(({ id, plan }) => [id, plan as Row<Execution>['plan']]))
}

/** Days; null = never. */
export interface LogDays {
  ended: number | null
  failed: number | null
}

/** Deletes logs that were kept for long enough; those that are pinned stay. What is known of the execution stays too. */
export async function forgetLogs(
  em: EntityManager,
  logs: ExecutionLogs,
  { clock, transact, days }: { clock: Clock; transact: Transact; days: LogDays },
): Promise<void> {
  const now = clock()
  // One that was noted and whose file is there still, because Vigie ended between the two.
  const noted = await findRows(em, Execution, (query) =>
    query.where('logDeletedAt', '>', new Date(now.getTime() - 3 * DAY)),
  )
  for (const { id } of noted) await logs.remove(id)
  const isBad = [FAILED, INTERRUPTED]
  for (const [keep, bad] of [
    [days.ended, false],
    [days.failed, true],
  ] as const) {
    if (keep === null) continue
    for (;;) {
      const due = await findRows(em.fork(), Execution, (query) =>
        query
          .where('status', bad ? 'in' : 'not in', isBad)
          .where('endedAt', '<=', new Date(now.getTime() - keep * DAY))
          .where('logSize', '>', 0)
          .where('logDeletedAt', 'is', null)
          .where('pinned', '=', false)
          .orderBy('id')
          .limit(AT_ONCE),
      )
      for (const { id } of due) await forgetLog(em, logs, { id, transact, now })
      if (due.length < AT_ONCE) break
    }
  }
}

/** Noted first: a log that is gone and not noted would look like one that was never whole. Somebody may have pinned it since. */
async function forgetLog(
  em: EntityManager,
  logs: ExecutionLogs,
  { id, transact, now }: { id: string; transact: Transact; now: Date },
): Promise<void> {
  const isForgotten = await transact(em, async ({ em: own, tell }) => {
    const [execution] = await selectRows(own, Execution, 'id', [id])
    if (!execution || execution.pinned) return false
    await updateRow(own, Execution, id, { logDeletedAt: now })
    tell.executions.add(id)
    return true
  })
  if (isForgotten) await logs.remove(id)
}
