import { ExecutionStatus, ResultCode } from '@vigie/agent/actions'
import type { EntityManager } from '../database/database.ts'
import { findRows, type Row, selectRows, updateRow } from '../database/rows.ts'
import { EventCause, EventType } from '../events/event.entity.ts'
import type { Transact, Transaction } from '../events/outbox.ts'
import { startBy } from '../executions/deadlines.ts'
import { Execution } from '../executions/execution.entity.ts'
import { MachinePolicy } from '../executions/machine-policy.entity.ts'
import { move } from '../executions/move.ts'
import { tellExecution } from '../executions/tell-execution.ts'
import { Machine } from '../machines/machine.entity.ts'
import type { Clock } from '../platform/clock.ts'
import { Severity } from '../reasons/reason.ts'
import { isDone, nextStep } from './next-step.ts'
import { Rollout, RolloutStatus } from './rollout.entity.ts'

const { DRAFT, AWAITING_APPROVAL, QUEUED, CANCELLED } = ExecutionStatus

/** Gives the next machine of each rollout its turn, or ends it. Each in a transaction of its own: one costs no other. Throws the first error. */
export async function advanceRollouts(em: EntityManager, transact: Transact, clock: Clock): Promise<void> {
  const running = await findRows(em.fork(), Rollout, (query) =>
    query.where('status', '=', RolloutStatus.RUNNING).orderBy('id'),
  )
  let trouble: unknown = null
  for (const { id } of running)
    await transact(em, (transaction) => advance(transaction, id, clock())).catch((error: unknown) => {
      trouble ??= error
    })
  if (trouble !== null) throw trouble
}

async function advance(transaction: Transaction, id: string, at: Date): Promise<void> {
  const { em } = transaction
  const [rollout] = await selectRows(em, Rollout, 'id', [id])
  if (rollout?.status !== RolloutStatus.RUNNING) return
  const members = await selectRows(em, Execution, 'rollout', [id])
  const step = nextStep(members, rollout.maxFailures)
  if (step.kind === 'WAIT') return
  if (step.kind === 'RELEASE') {
    const next = members.find((each) => each.id === step.id)
    if (next) await giveTurn(transaction, next, at)
    return
  }
  if (step.kind === 'STOP') await callOff(transaction, members, { at, code: ResultCode.ROLLOUT_STOPPED })
  const status = step.kind === 'STOP' ? RolloutStatus.STOPPED : RolloutStatus.DONE
  await endRollout(transaction, rollout, { status, at, members })
}

/** From now on the machine is handed it; how long it has for that is counted from now, and ends with the order itself. */
async function giveTurn(transaction: Transaction, execution: Row<Execution>, at: Date): Promise<void> {
  const { em, tell } = transaction
  const [machine] = await selectRows(em, Machine, 'id', [execution.machine])
  // Out of service it is handed nothing: nobody waits for it.
  if (!machine || machine.archivedAt) return callOff(transaction, [execution], { at, code: null })
  const [policy] = await selectRows(em, MachinePolicy, 'machine', [execution.machine])
  const hasWindows = (policy?.policy.windows.length ?? 0) > 0
  const until = startBy(at, execution.notBefore, hasWindows)
  await updateRow(em, Execution, execution.id, {
    turnAt: at,
    startBy: until < execution.expiresAt ? until : execution.expiresAt,
  })
  tell.executions.add(execution.id)
}

/** Those that have not begun; what a machine has is left to it. */
export async function callOff(
  transaction: Transaction,
  members: readonly Row<Execution>[],
  { at, code, actor = null }: { at: Date; code: ResultCode | null; actor?: string | null },
): Promise<void> {
  for (const each of members) {
    const isOff = await move(transaction, each.id, {
      from: [DRAFT, AWAITING_APPROVAL, QUEUED],
      status: CANCELLED,
      endedAt: at,
      code,
    })
    if (isOff) await tellExecution(transaction, each, { type: EventType.EXECUTION_CANCELLED, at, actor })
  }
}

const TOLD = {
  [RolloutStatus.DONE]: EventType.ROLLOUT_ENDED,
  [RolloutStatus.STOPPED]: EventType.ROLLOUT_STOPPED,
  [RolloutStatus.CANCELLED]: EventType.ROLLOUT_CANCELLED,
} as const

interface Ending {
  status: keyof typeof TOLD
  at: Date
  members: readonly Row<Execution>[]
  actor?: string | null
}

export async function endRollout(
  { em, tell }: Transaction,
  { id, action, params }: Row<Rollout>,
  { status, at, members, actor = null }: Ending,
): Promise<void> {
  await updateRow(em, Rollout, id, { status, endedAt: at })
  const about = params.unit ?? params.hook
  tell.event({
    type: TOLD[status],
    severity: status === RolloutStatus.STOPPED ? Severity.WARNING : Severity.INFO,
    at,
    cause: actor === null ? EventCause.READING : EventCause.USER,
    actor,
    facts: { action, ...(about === undefined ? {} : { about }), rollout: id, count: members.filter(isDone).length },
  })
}
