import {
  classOf,
  ActionClass,
  type ActionPlan,
  type ExecutionResult,
  ExecutionStatus,
  LARGEST_PIECE,
  type Order,
  orderDigest,
  planShape,
  type Policy,
  policyHash,
  policyShape,
  RefusalCode,
  ResultCode,
  resultHash,
  resultShape,
} from '@vigie/agent/actions'
import type { Caller } from '../access/caller.ts'
import type { Quota } from '../access/quota.ts'
import type { EntityManager } from '../database/database.ts'
import { findRows, type Row, saveRows, selectRows, updateRow } from '../database/rows.ts'
import { type EventFacts, EventType } from '../events/event.entity.ts'
import type { Transact, Transaction } from '../events/outbox.ts'
import { Scope } from '../graphql/scope.ts'
import { Machine } from '../machines/machine.entity.ts'
import { type Clock, DAY, MINUTE } from '../platform/clock.ts'
import { ConflictError, ForbiddenError, InvalidInputError, NotFoundError } from '../platform/errors.ts'
import { newId } from '../platform/id.ts'
import { Severity } from '../reasons/reason.ts'
import { Execution, OPEN, StopKind, Verification } from './execution.entity.ts'
import type { ExecutionLogs } from './execution-log.ts'
import { MachinePolicy } from './machine-policy.entity.ts'
import { move } from './move.ts'
import { orderOf } from './order.ts'
import { mayStill } from './present-rights.ts'
import { isAwaitingTurn } from './turn.ts'
import { isUndone } from './undone.ts'
import { tellExecution } from './tell-execution.ts'

export interface Hello {
  bootId: string
  /** JSON text. */
  policy: string
  executions: { id: string; claimId: string; startedAt?: Date | null }[]
}

export interface WorkOrder extends Order {
  signature: string | null
  /** True: it says what it would do, and does nothing. */
  isPlanWanted: boolean
}

export interface Known {
  id: string
  /** Null = nothing is known of it here. */
  status: ExecutionStatus | null
  logSize: number
  stop: StopKind | null
}

export interface Work {
  askAgainInSeconds: number
  orders: WorkOrder[]
  known: Known[]
}

const { DRAFT, AWAITING_APPROVAL, QUEUED, CLAIMED, RUNNING, EXPIRED, REJECTED, CANCELLED, INTERRUPTED, FAILED } =
  ExecutionStatus

const NOT_TOLD_FOR = 7 * DAY
/** A UUID, and some room. */
const LONGEST_CLAIM = 64

/** Seconds: while somebody waits for the machine, and otherwise. */
const ASK_AGAIN = { awaited: 3, quiet: 60 }

/** What agents ask and tell of executions. All of it may come twice, late, or never. */
export class AgentWorkService {
  constructor(
    private readonly em: EntityManager,
    private readonly transact: Transact,
    private readonly clock: Clock,
    private readonly given: { logs: ExecutionLogs; quota: Quota },
  ) {}

  /** Takes what a machine allows and what it has under way, and gives it what it is asked. */
  async work(hello: Hello, caller: Caller): Promise<Work> {
    const machineId = machineOf(caller)
    const policy = readJson(policyShape, 'policy', hello.policy)
    const now = this.clock()
    await this.keepPolicy(machineId, hello, policy, now)
    const open = await findRows(this.em, Execution, (query) =>
      query
        .where('machine', '=', machineId)
        .where('status', 'in', [...OPEN])
        .orderBy('id'),
    )
    await this.noteProgress(hello, open, now)
    const [machine] = await selectRows(this.em, Machine, 'id', [machineId])
    const machineKey = machine?.machineKey ?? null
    const isOut = machineKey === null || machine?.archivedAt !== null
    const orders = isOut ? [] : open.filter((each) => isAskable(each, now))
    const told = await selectRows(
      this.em,
      Execution,
      'id',
      hello.executions.map(({ id }) => id),
    )
    const known = new Map(told.filter((each) => each.machine === machineId).map((each) => [each.id, each]))
    return {
      askAgainInSeconds: orders.some((each) => isAwaited(each, policy)) ? ASK_AGAIN.awaited : ASK_AGAIN.quiet,
      orders: orders.map((each) => ({
        ...orderOf(each, machineKey ?? ''),
        signature: each.signature,
        isPlanWanted: each.status === DRAFT,
      })),
      known: hello.executions.map(({ id }) => ({
        id,
        status: known.get(id)?.status ?? null,
        logSize: known.get(id)?.logSize ?? 0,
        stop: known.get(id)?.stop ?? null,
      })),
    }
  }

  /** Written where it says something else, and once a minute that it was asked for. */
  private async keepPolicy(machineId: string, { bootId }: Hello, policy: Policy, now: Date): Promise<void> {
    const hash = policyHash(policy)
    const [known] = await selectRows(this.em, MachinePolicy, 'machine', [machineId])
    const isNews = known?.hash !== hash || known.bootId !== bootId
    if (!isNews && now.getTime() - known.askedAt.getTime() < MINUTE) return
    await this.transact(this.em, async ({ em, tell }) => {
      const [before] = await selectRows(em, MachinePolicy, 'machine', [machineId])
      const row = before ?? { id: newId(), machine: machineId, policy, hash, since: now, askedAt: now, bootId }
      const isOther = before?.hash !== hash
      Object.assign(row, { policy, hash, bootId, askedAt: now, since: isOther ? now : row.since })
      await saveRows(em, MachinePolicy, [row])
      if (isOther) tell.machines.add(machineId)
    })
  }

  /** What the machine has begun, and what it has and knows nothing of. */
  private async noteProgress({ executions, bootId }: Hello, open: readonly Row<Execution>[], now: Date): Promise<void> {
    const has = new Map(executions.map((each) => [each.id, each]))
    const begun = open.filter(({ id, status, claimId }) => {
      const told = has.get(id)
      return status === CLAIMED && told?.startedAt && told.claimId === claimId
    })
    // It was claimed a good while ago, and the machine has lost it: its disk was restored, or its folder deleted.
    const lost = open.filter(
      ({ id, status, claimedAt, bootId: claimedIn }) =>
        (status === CLAIMED || status === RUNNING) &&
        !has.has(id) &&
        claimedAt !== null &&
        // A copy of the machine asks by the same token, and is another start of a kernel: it says nothing of the original.
        // Who has asked for a week without a word of it will not say one.
        now.getTime() - claimedAt.getTime() > (claimedIn === bootId ? 2 * MINUTE : NOT_TOLD_FOR),
    )
    if (begun.length + lost.length === 0) return
    await this.transact(this.em, async (transaction) => {
      for (const { id } of begun)
        await move(transaction, id, { from: [CLAIMED], status: RUNNING, startedAt: has.get(id)?.startedAt ?? now })
      for (const each of lost)
        await endAs(transaction, each, {
          status: INTERRUPTED,
          at: now,
          code: ResultCode.LOST,
        })
    })
  }

  /** The machine's plan: what somebody approves, or not. Errors: NOT_FOUND, BAD_USER_INPUT */
  async propose(id: string, text: string, caller: Caller): Promise<boolean> {
    this.given.quota.spend(caller, text.length)
    const plan: ActionPlan = readJson(planShape, 'plan', text)
    return this.transact(this.em, async (transaction) => {
      const execution = await this.own(transaction.em, id, caller)
      const now = this.clock()
      if (execution.approveBy <= now) return false
      return move(transaction, id, {
        from: [DRAFT],
        status: AWAITING_APPROVAL,
        plan,
        effect: plan.effect,
        plannedAt: now,
      })
    })
  }

  /** The machine does not do it. Errors: NOT_FOUND, BAD_USER_INPUT */
  async reject(
    id: string,
    { code, detail }: { code: string; detail: string | null },
    caller: Caller,
  ): Promise<boolean> {
    if (!(Object.values(RefusalCode) as string[]).includes(code))
      throw new InvalidInputError(
        'code',
        `must be one of ${Object.keys(RefusalCode).join(', ')}`,
        'See docs/actions.md.',
      )
    const refusal = { code: code as RefusalCode, detail: detail?.slice(0, 500) ?? null }
    return this.transact(this.em, async (transaction) => {
      const execution = await this.own(transaction.em, id, caller)
      const at = this.clock()
      const facts = { detail: refusal.detail === null ? code : `${code}: ${refusal.detail}` }
      // Under this name the machine has been asked for something else: somebody plays the server, or the server is not one.
      if (refusal.code === RefusalCode.OTHER_CONTENT) await tellConflict(transaction, execution, at, facts)
      const isMoved = await move(transaction, id, { from: [DRAFT, QUEUED], status: REJECTED, refusal, endedAt: at })
      if (isMoved)
        await tellExecution(transaction, execution, {
          type: EventType.EXECUTION_REFUSED,
          at,
          severity: Severity.WARNING,
          facts,
        })
      return isMoved
    })
  }

  /**
   * Hands an execution to one who takes it: this is the moment from which it may begin. Asked again by the same claim the
   * answer is the same. Errors: NOT_FOUND
   */
  async claim(id: string, { claimId, digest }: { claimId: string; digest: string }, caller: Caller): Promise<boolean> {
    if (claimId.length > LONGEST_CLAIM)
      throw new InvalidInputError(
        'claimId',
        `must be at most ${LONGEST_CLAIM} characters`,
        'Make a UUID for each taking.',
      )
    return this.transact(this.em, async (transaction) => {
      const { em } = transaction
      const execution = await this.own(em, id, caller)
      const now = this.clock()
      const isIts = execution.claimId === claimId && (execution.status === CLAIMED || execution.status === RUNNING)
      if (isIts) return true
      if (execution.status !== QUEUED || !isAskable(execution, now)) return false
      const [machine] = await selectRows(em, Machine, 'id', [execution.machine])
      if (machine?.archivedAt) return false
      if (digest !== orderDigest(orderOf(execution, machine?.machineKey ?? ''))) {
        await tellConflict(transaction, execution, now)
        return false
      }
      // Who approved it must still may, and who wanted it too.
      const looksOnly = classOf(execution.action) === ActionClass.READ
      const mayWant = await mayStill(em, execution.requester, Scope.OPERATE)
      const mayApprove =
        looksOnly || (execution.approver !== null && (await mayStill(em, execution.approver, Scope.ADMIN)))
      if (!mayWant || !mayApprove) {
        await endAs(transaction, execution, {
          status: CANCELLED,
          at: now,
          code: ResultCode.RIGHT_GONE,
        })
        return false
      }
      const [policy] = await selectRows(em, MachinePolicy, 'machine', [execution.machine])
      const bootId = policy?.bootId ?? null
      return move(transaction, id, { from: [QUEUED], status: CLAIMED, claimId, claimedAt: now, bootId })
    })
  }

  /** Where the log ends now. Errors: NOT_FOUND, BAD_USER_INPUT, CONFLICT, QUOTA_EXCEEDED */
  async append(
    id: string,
    { claimId, offset, text }: { claimId: string; offset: number; text: string },
    caller: Caller,
  ) {
    const bytes = Buffer.from(text, 'utf8')
    if (bytes.length > LARGEST_PIECE)
      throw new InvalidInputError('text', `must be at most ${LARGEST_PIECE} bytes`, 'Send it in pieces.')
    this.given.quota.spend(caller, bytes.length)
    const execution = await this.ofClaim(this.em, id, claimId, caller)
    // What is whole takes no more, and what was deleted is not made again.
    if (execution.logIsWhole === true || execution.logDeletedAt) return execution.logSize
    const size = await this.given.logs.append(id, offset, bytes)
    await this.transact(this.em, async (transaction) => {
      const now = this.clock()
      await move(transaction, id, { from: [CLAIMED], status: RUNNING, startedAt: execution.startedAt ?? now })
      await updateRow(transaction.em, Execution, id, { logSize: size })
      transaction.tell.executions.add(id)
    })
    return size
  }

  /**
   * Takes how it ended, once its whole log is here. A result that comes late counts: what the machine says of itself is truer
   * than what was thought of its silence. Errors: NOT_FOUND, BAD_USER_INPUT, CONFLICT
   */
  async finish(
    id: string,
    { claimId, result: text }: { claimId: string; result: string },
    caller: Caller,
  ): Promise<{ isTaken: boolean; logOffset: number }> {
    const result: ExecutionResult = readJson(resultShape, 'result', text)
    const hash = resultHash(result)
    const before = await this.ofClaim(this.em, id, claimId, caller)
    // It has ended: its log stays as it is, and another end of it is an alarm.
    if (before.resultHash !== null) {
      await this.transact(this.em, (transaction) => this.record(transaction, { id, result, hash, isWhole: false }))
      return { isTaken: true, logOffset: before.logSize }
    }
    const size = await this.given.logs.size(id)
    const isWhole = size === result.logSize && (await this.given.logs.sha256(id)) === result.logSha256
    if (!isWhole && before.logDeletedAt === null) {
      // What is missing is sent; what is other is sent anew.
      if (size >= result.logSize) await this.given.logs.empty(id)
      const logOffset = size >= result.logSize ? 0 : size
      await this.transact(this.em, ({ em }) => updateRow(em, Execution, id, { logSize: logOffset }))
      return { isTaken: false, logOffset }
    }
    await this.transact(this.em, (transaction) => this.record(transaction, { id, result, hash, isWhole }))
    return { isTaken: true, logOffset: size }
  }

  private async record(
    transaction: Transaction,
    { id, result, hash, isWhole }: { id: string; result: ExecutionResult; hash: string; isWhole: boolean },
  ): Promise<void> {
    const [execution] = await selectRows(transaction.em, Execution, 'id', [id])
    if (!execution || execution.resultHash === hash) return
    const at = this.clock()
    if (execution.resultHash !== null) {
      await tellConflict(transaction, execution, at, { detail: `${execution.status}, ${result.outcome}` })
      return
    }
    const { outcome, code, detail, exitCode, startedAt, leftBroken } = result
    const status = ExecutionStatus[outcome]
    const changed = execution.changes && startedAt !== null && !isUndone(code)
    await move(transaction, id, {
      from: [CLAIMED, RUNNING, INTERRUPTED],
      status,
      code,
      detail,
      exitCode,
      resultHash: hash,
      leftBroken,
      logIsWhole: isWhole,
      startedAt: startedAt === null ? null : new Date(startedAt),
      endedAt: notAfter(new Date(result.endedAt), at),
      machineEndedAt: new Date(result.endedAt),
      // It was taken for interrupted, and there is more of its log now.
      messagesReadAt: null,
      verification: changed ? Verification.PENDING : Verification.NONE,
    })
    await tellExecution(transaction, execution, {
      type: isBad(status) ? EventType.EXECUTION_FAILED : EventType.EXECUTION_ENDED,
      at,
      severity: severityOf(status),
      to: status,
      facts: detail === null ? {} : { detail },
    })
    transaction.tell.machines.add(execution.machine)
  }

  /** Errors: NOT_FOUND, also for that of another machine */
  private async own(em: EntityManager, id: string, caller: Caller): Promise<Row<Execution>> {
    const machineId = machineOf(caller)
    const [execution] = await selectRows(em, Execution, 'id', [id], { machine: machineId })
    if (!execution) throw new NotFoundError('execution of this machine', `the id ${id}`)
    return execution
  }

  private async ofClaim(em: EntityManager, id: string, claimId: string, caller: Caller): Promise<Row<Execution>> {
    const execution = await this.own(em, id, caller)
    if (execution.claimId !== claimId)
      throw new ConflictError('claimId', 'is not who took it', 'Another agent has this execution.')
    return execution
  }
}

/** Whether it may be handed over now. */
const isAskable = (execution: Row<Execution>, now: Date): boolean => {
  const { status, approveBy, startBy, notBefore } = execution
  if (status === DRAFT) return approveBy > now
  if (status !== QUEUED || isAwaitingTurn(execution)) return false
  return startBy !== null && startBy > now && (notBefore === null || notBefore <= now)
}

/** Somebody waits for the machine: not where it waits for its owner's hours. */
const isAwaited = ({ status, action }: Row<Execution>, { windows }: Policy): boolean =>
  status === DRAFT || windows.length === 0 || classOf(action) === ActionClass.READ

/** Only a token that speaks for one machine is handed its orders: one for any would be handed those of all. */
function machineOf(caller: Caller): string {
  if (caller.kind === 'TOKEN' && caller.machineId !== null && !caller.anyMachine) return caller.machineId
  throw new ForbiddenError(
    'Actions are for a token that speaks for one machine. Make one of its own on the page "Add a machine", and report with it first.',
  )
}

/** Longer than any of ours; the shape bounds what is in it. */
const LONGEST_JSON = 8 * 1024 * 1024

function readJson<T>(
  shape: { safeParse(value: unknown): { success: true; data: T } | { success: false; error: { issues: unknown[] } } },
  field: string,
  text: string,
): T {
  const cure = 'Bring agent and server to the same version.'
  if (text.length > LONGEST_JSON) throw new InvalidInputError(field, 'is too long', cure)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new InvalidInputError(field, 'is no JSON', cure)
  }
  const read = shape.safeParse(value)
  if (read.success) return read.data
  const issue = read.error.issues[0] as { path?: unknown[]; message?: string } | undefined
  throw new InvalidInputError(field, `${issue?.path?.join('.') || 'it'}: ${issue?.message ?? 'cannot be read'}`, cure)
}

/** A machine's clock may be ahead: nothing has ended that has not. */
const notAfter = (time: Date, now: Date): Date => (time > now ? now : time)

const isBad = (status: ExecutionStatus): boolean => status === FAILED || status === INTERRUPTED

const severityOf = (status: ExecutionStatus): Severity => {
  if (isBad(status)) return Severity.AT_RISK
  return status === ExecutionStatus.WARNINGS ? Severity.WARNING : Severity.INFO
}

/** Something of it is not what was approved, or not what was told before: told once, however often it comes. */
async function tellConflict(
  transaction: Transaction,
  execution: Row<Execution>,
  at: Date,
  facts: EventFacts = {},
): Promise<void> {
  if (execution.conflictAt !== null) return
  await updateRow(transaction.em, Execution, execution.id, { conflictAt: at })
  await tellExecution(transaction, execution, {
    type: EventType.EXECUTION_CONFLICT,
    at,
    severity: Severity.AT_RISK,
    facts,
  })
}

/** Ends it here, without a word of the machine. */
export async function endAs(
  transaction: Transaction,
  execution: Row<Execution>,
  { status, at, code = null }: { status: ExecutionStatus; at: Date; code?: ResultCode | null },
): Promise<boolean> {
  if (!(await move(transaction, execution.id, { from: [...OPEN], status, endedAt: at, code }))) return false
  await tellExecution(transaction, execution, {
    type:
      status === EXPIRED
        ? EventType.EXECUTION_EXPIRED
        : isBad(status)
          ? EventType.EXECUTION_FAILED
          : EventType.EXECUTION_ENDED,
    at,
    severity: isBad(status) ? Severity.AT_RISK : Severity.WARNING,
    to: status,
  })
  return true
}
