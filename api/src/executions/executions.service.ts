import { randomUUID } from 'node:crypto'
import {
  Action,
  ActionClass,
  type ActionParams,
  type ActionPlan,
  classOf,
  ExecutionStatus,
  needsSignature,
  orderText,
  readParams,
  refusalOf,
  signerOf,
} from '@vigie/agent/actions'
import type { Caller } from '../access/caller.ts'
import type { EntityManager } from '../database/database.ts'
import { rowLoader } from '../database/loader.ts'
import { findRows, insertRows, requireRow, type Row, selectRows, updateRow } from '../database/rows.ts'
import { inOrder, seekPage } from '../database/seek.ts'
import { tables } from '../database/tables.ts'
import { EventType } from '../events/event.entity.ts'
import type { Transact, Transaction } from '../events/outbox.ts'
import { Machine } from '../machines/machine.entity.ts'
import type { Clock } from '../platform/clock.ts'
import { ConflictError, InvalidInputError, NotFoundError } from '../platform/errors.ts'
import { newId } from '../platform/id.ts'
import type { Page, PageArgs } from '../platform/page.ts'
import { isPlainText } from '../platform/plain-text.ts'
import { APPROVE_WITHIN, expiryOf, LATEST_START, startBy } from './deadlines.ts'
import { Execution, OPEN, StopKind, Verification } from './execution.entity.ts'
import { MachinePolicy } from './machine-policy.entity.ts'
import { move } from './move.ts'
import { orderOf } from './order.ts'
import { isUnproven, NOTHING_PROTECTED, type ProofOfMachine, proofsOf } from './proof-gate.ts'
import { tellExecution } from './tell-execution.ts'

export interface ExecutionConditions {
  machine?: string | null
  status?: ExecutionStatus[] | null
  action?: Action[] | null
}

export interface Wish {
  machine: string
  action: Action
  params: ActionParams
  notBefore: Date | null
}

/** Who asks, and whether it is one of several. */
interface Asking {
  by: Caller
  rollout: string | null
  position: number | null
}

export interface Approval {
  effect: string | null
  overrideReason: string | null
  signature: string | null
}

/** What people ask of machines. What machines do with it is `agent-work.service.ts`. */
export class ExecutionsService {
  constructor(
    private readonly em: EntityManager,
    private readonly transact: Transact,
    private readonly clock: Clock,
  ) {}

  private readonly plans = rowLoader<string, { id: string; plan: ActionPlan | null }>(
    (ids) =>
      tables(this.em)
        .selectFrom('Execution')
        .select(['id', 'plan'])
        .where('id', 'in', [...ids])
        .execute() as Promise<{ id: string; plan: ActionPlan | null }[]>,
    ({ id }) => id,
  )

  private readonly policies = rowLoader<string, Row<MachinePolicy>>(
    (ids) => selectRows(this.em, MachinePolicy, 'machine', ids),
    ({ machine }) => machine,
  )

  /** Newest first. */
  list(filter: ExecutionConditions | null | undefined, page: PageArgs): Promise<Page<Row<Execution>>> {
    const { machine, status, action } = filter ?? {}
    let query = tables(this.em).selectFrom('Execution')
    if (machine) query = query.where('machine', '=', machine)
    if (status?.length) query = query.where('status', 'in', status)
    if (action?.length) query = query.where('action', 'in', action)
    return seekPage(this.em, { query, order: ['id'], direction: 'desc' }, page, (ids: string[]) => this.loadAll(ids))
  }

  async loadAll(ids: readonly string[]): Promise<Row<Execution>[]> {
    return inOrder(ids, await selectRows(this.em, Execution, 'id', ids))
  }

  async load(id: string): Promise<Row<Execution>> {
    const [execution] = await selectRows(this.em, Execution, 'id', [id])
    if (!execution) throw new NotFoundError('execution', `the id ${id}`)
    return execution
  }

  async planOf(id: string): Promise<ActionPlan | null> {
    return (await this.plans.load(id))?.plan ?? null
  }

  policyOf(machineId: string): Promise<Row<MachinePolicy> | null> {
    return this.policies.load(machineId)
  }

  private readonly machines = rowLoader<string, Row<Machine>>(
    (ids) => selectRows(this.em, Machine, 'id', ids),
    ({ id }) => id,
  )

  private readonly proofs = rowLoader<string, ProofOfMachine & { machine: string }>(
    async (ids) => [...(await proofsOf(this.em, ids, this.clock()))].map(([machine, proof]) => ({ machine, ...proof })),
    ({ machine }) => machine,
  )

  /** Asked for once, whichever fields of one question want it. */
  async proofOf(machineId: string): Promise<ProofOfMachine> {
    return (await this.proofs.load(machineId)) ?? NOTHING_PROTECTED
  }

  /** What an operator signs; null = nobody has to, or it is not to be approved. */
  async textToSign(execution: Row<Execution>): Promise<string | null> {
    if (execution.status !== ExecutionStatus.AWAITING_APPROVAL) return null
    const policy = await this.policyOf(execution.machine)
    const machine = await this.machines.load(execution.machine)
    if (!policy || !machine?.machineKey || !needsSignature(policy.policy, execution.action)) return null
    return orderText(orderOf(execution, machine.machineKey))
  }

  /**
   * Asks a machine for something. What only looks is handed over at once; of everything else the machine makes a plan first,
   * which somebody approves. Errors: NOT_FOUND, BAD_USER_INPUT, CONFLICT
   */
  async plan(wish: Wish, by: Caller): Promise<Row<Execution>> {
    const id = await this.transact(this.em, (transaction) =>
      this.askWithin(transaction, wish, { by, rollout: null, position: null }),
    )
    return this.load(id)
  }

  /** The same within a transaction, perhaps as one of several; gives its id. Where it throws, nothing was written. */
  async askWithin(
    transaction: Transaction,
    { machine: machineId, action, params: asked, notBefore }: Wish,
    { by, rollout, position }: Asking,
  ): Promise<string> {
    const { em } = transaction
    const params = readParams(action, JSON.stringify(asked))
    if (!params) throw new InvalidInputError('params', `are not those of ${action}`, 'See docs/actions.md.')
    const createdAt = this.clock()
    if (notBefore && notBefore.getTime() > createdAt.getTime() + LATEST_START)
      throw new InvalidInputError('notBefore', 'must be within 30 days', 'Ask for it when that day is nearer.')
    const looksOnly = classOf(action) === ActionClass.READ
    const id = newId()
    const machine = await requireRow(em, Machine, machineId, 'machine')
    if (machine.archivedAt) throw new ConflictError('machine', 'is out of service', 'Put it back into service first.')
    const [policy] = await selectRows(em, MachinePolicy, 'machine', [machineId])
    if (!policy || !machine.machineKey)
      throw new ConflictError(
        'machine',
        'has an agent that has never asked for work',
        'Its agent must be of 0.2.0 or newer, and run as a service (docs/actions.md).',
      )
    const refusal = refusalOf(policy.policy, action, params)
    if (refusal)
      throw new ConflictError(
        'action',
        `is refused by the machine’s own policy (${refusal.code}${refusal.detail === null ? '' : `: ${refusal.detail}`})`,
        'Its owner changes that in /etc/vigie/policy.d on the machine itself (docs/actions.md).',
      )
    const [open] = await findRows(em, Execution, (query) =>
      query
        .where('machine', '=', machineId)
        .where('changes', '=', !looksOnly)
        .where('status', 'in', [...OPEN])
        .limit(1),
    )
    // To look twice at once is to look once.
    if (open && looksOnly) {
      const isNow = (open.notBefore ?? createdAt) <= createdAt && (open.startBy ?? createdAt) > createdAt
      if (isNow && notBefore === null) return open.id
    } else if (open)
      throw new ConflictError(
        'machine',
        `is asked for ${open.action} already, and does one thing at a time`,
        `Let it end, or cancel it (${open.id}).`,
      )
    const requester = { kind: by.kind, id: by.id, name: by.name }
    await insertRows(em, Execution, [
      {
        id,
        machine: machineId,
        action,
        params,
        changes: !looksOnly,
        status: looksOnly ? ExecutionStatus.QUEUED : ExecutionStatus.DRAFT,
        requester,
        approver: null,
        createdAt,
        plannedAt: null,
        approveBy: new Date(createdAt.getTime() + APPROVE_WITHIN),
        approvedAt: null,
        notBefore,
        rollout,
        position,
        turnAt: null,
        startBy: looksOnly ? startBy(createdAt, notBefore, false) : null,
        expiresAt: expiryOf(createdAt, notBefore),
        nonce: randomUUID(),
        plan: null,
        effect: null,
        proof: null,
        overrideReason: null,
        signature: null,
        operator: null,
        claimId: null,
        claimedAt: null,
        startedAt: null,
        endedAt: null,
        machineEndedAt: null,
        bootId: null,
        conflictAt: null,
        stop: null,
        exitCode: null,
        code: null,
        detail: null,
        refusal: null,
        resultHash: null,
        leftBroken: [],
        verification: Verification.NONE,
        verifiedAt: null,
        contradictions: [],
        logSize: 0,
        logIsWhole: null,
        logDeletedAt: null,
        pinned: false,
      },
    ])
    transaction.tell.executions.add(id)
    return id
  }

  /** Approves the plan that the approver has seen, and no other. Errors: NOT_FOUND, BAD_USER_INPUT, CONFLICT */
  async approve(id: string, { effect, overrideReason, signature }: Approval, by: Caller): Promise<Row<Execution>> {
    await this.transact(this.em, async (transaction) => {
      const { em } = transaction
      const now = this.clock()
      const execution = await requireRow(em, Execution, id, 'execution')
      const { machine: machineId } = execution
      if (execution.status !== ExecutionStatus.AWAITING_APPROVAL || execution.approveBy <= now)
        throw new ConflictError(
          'status',
          execution.approveBy <= now ? 'says that the time to approve it is over' : `is ${execution.status}`,
          'Ask for a new plan.',
        )
      if ((effect ?? null) !== execution.effect)
        throw new ConflictError(
          'effect',
          'is not that of the plan',
          'Read the plan that is there now, and approve that.',
        )
      const [policy] = await selectRows(em, MachinePolicy, 'machine', [machineId])
      const machine = await requireRow(em, Machine, machineId, 'machine')
      if (!policy || !machine.machineKey || machine.archivedAt)
        throw new ConflictError(
          'machine',
          'is out of service, or has no agent any more',
          'Put it back into service first.',
        )
      const proof = (await proofsOf(em, [machineId], now)).get(machineId) ?? NOTHING_PROTECTED
      const reason = overrideReason?.trim() || null
      if (isUnproven(proof) && (reason === null || reason.length < 10 || !isPlainText(reason, 500)))
        throw new InvalidInputError(
          'overrideReason',
          `is needed, for ${proof.jobs - proof.proven} of ${proof.jobs} jobs that protect this machine have no fresh proven backup`,
          'Wait for the backup, or say in 10 to 500 characters why it is done all the same.',
        )
      const operator = signedBy(policy.policy, execution, { machineKey: machine.machineKey, signature })
      await updateRow(em, Execution, id, {
        approver: { kind: by.kind, id: by.id, name: by.name },
        approvedAt: now,
        // Of a rollout it is counted from its turn on.
        startBy:
          execution.rollout === null ? startBy(now, execution.notBefore, policy.policy.windows.length > 0) : null,
        proof: { ...proof, oldest: proof.oldest?.toISOString() ?? null },
        overrideReason: isUnproven(proof) ? reason : null,
        signature: operator === null ? null : signature,
        operator,
      })
      await move(transaction, id, { from: [ExecutionStatus.AWAITING_APPROVAL], status: ExecutionStatus.QUEUED })
      await tellExecution(transaction, execution, {
        type: EventType.EXECUTION_APPROVED,
        at: now,
        actor: by.name,
        facts: reason !== null && isUnproven(proof) ? { detail: reason } : {},
      })
    })
    return this.load(id)
  }

  /**
   * Calls it off. What the machine has not taken ends here; what it has, is asked to stop. By force needs the machine's name,
   * for what it was at stays half done. Errors: NOT_FOUND, CONFLICT, BAD_USER_INPUT
   */
  async cancel(
    id: string,
    { stop, confirm }: { stop: StopKind; confirm: string | null },
    by: Caller,
  ): Promise<Row<Execution>> {
    await this.transact(this.em, async (transaction) => {
      const { em } = transaction
      const now = this.clock()
      const execution = await requireRow(em, Execution, id, 'execution')
      const { DRAFT, AWAITING_APPROVAL, QUEUED, CLAIMED, RUNNING, CANCELLED } = ExecutionStatus
      const isOff = await move(transaction, id, {
        from: [DRAFT, AWAITING_APPROVAL, QUEUED],
        status: CANCELLED,
        endedAt: now,
      })
      if (isOff)
        return tellExecution(transaction, execution, { type: EventType.EXECUTION_CANCELLED, at: now, actor: by.name })
      if (execution.status !== CLAIMED && execution.status !== RUNNING)
        throw new ConflictError('status', `is ${execution.status}`, 'There is nothing left to cancel.')
      const machine = await requireRow(em, Machine, execution.machine, 'machine')
      if (stop === StopKind.HARD && confirm !== (machine.hostname ?? machine.ip))
        throw new InvalidInputError(
          'confirm',
          'must be the name of the machine',
          `Type "${machine.hostname ?? machine.ip}": what it is at stays half done.`,
        )
      // By force stays by force.
      if (execution.stop !== StopKind.HARD) await updateRow(em, Execution, id, { stop })
      await tellExecution(transaction, execution, {
        type: EventType.EXECUTION_CANCELLED,
        at: now,
        actor: by.name,
        to: stop,
      })
    })
    return this.load(id)
  }

  /** A log that is pinned stays for as long as the execution does. Errors: NOT_FOUND */
  async pin(id: string, pinned: boolean): Promise<Row<Execution>> {
    await this.transact(this.em, async ({ em, tell }) => {
      await requireRow(em, Execution, id, 'execution')
      await updateRow(em, Execution, id, { pinned })
      tell.executions.add(id)
    })
    return this.load(id)
  }
}

/** The operator whose signature the machine will find; null = it needs none. The machine looks for itself. */
function signedBy(
  policy: MachinePolicy['policy'],
  execution: Row<Execution>,
  { machineKey, signature }: { machineKey: string; signature: string | null },
): string | null {
  if (!needsSignature(policy, execution.action)) return null
  const signer = signerOf(orderText(orderOf(execution, machineKey)), signature?.trim() ?? '', policy.operators)
  if (signer === null)
    throw new InvalidInputError(
      'signature',
      'is that of no operator whom the machine obeys',
      'Sign the text of this very plan: node agent.mjs sign KEY',
    )
  return signer
}
