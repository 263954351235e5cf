import * as z from 'zod/mini'
import { type Order } from '../actions/order.ts'
import type { ActionPlan } from '../actions/plan.ts'
import { type Policy, type Refusal } from '../actions/policy.ts'
import type { ExecutionResult } from '../actions/result.ts'
import {
  AgentWorkDocument,
  AppendExecutionLogDocument,
  ClaimExecutionDocument,
  FinishExecutionDocument,
  ProposeExecutionDocument,
  RejectExecutionDocument,
} from '../gql/graphql.ts'
import { askServer } from '../platform/server.ts'
import type { Settings } from '../settings.ts'

const short = z.string().check(z.maxLength(200))
const time = z.nullable(z.string().check(z.maxLength(40)))

/** What a server may answer. It may be anybody's: what does not fit is not looked at further. */
const answerShape = z.object({
  askAgainInSeconds: z.number(),
  orders: z
    .array(
      z.object({
        id: short,
        machine: short,
        action: short,
        params: z.string().check(z.maxLength(100_000)),
        effect: z.nullable(short),
        notBefore: time,
        expiresAt: z.string().check(z.maxLength(40)),
        nonce: short,
        signature: z.nullable(short),
        isPlanWanted: z.boolean(),
      }),
    )
    .check(z.maxLength(100)),
  known: z
    .array(
      z.object({
        id: short,
        status: z.nullable(short),
        logSize: z.number(),
        stop: z.nullable(z.enum(['SOFT', 'HARD'])),
      }),
    )
    .check(z.maxLength(1000)),
})

export type Work = z.infer<typeof answerShape>
export type WorkOrder = Work['orders'][number]

export const orderOf = ({ id, machine, action, params, effect, notBefore, expiresAt, nonce }: WorkOrder): Order => ({
  id,
  machine,
  action,
  params,
  effect,
  notBefore,
  expiresAt,
  nonce,
})

export interface Hello {
  bootId: string
  policy: Policy
  /** What is not told to its end. */
  executions: { id: string; claimId: string; startedAt: string | null }[]
}

/** What an agent asks the server about actions. Each may be asked again: the answer is the same, and nothing is done twice. */
export class WorkServer {
  constructor(private readonly settings: Settings) {}

  async work(hello: Hello): Promise<Work> {
    const { policy, ...rest } = hello
    const { data } = await askServer(this.settings, AgentWorkDocument, {
      hello: { ...rest, policy: JSON.stringify(policy) },
    })
    return answerShape.parse(data.agentWork)
  }

  async propose(id: string, plan: ActionPlan): Promise<void> {
    await askServer(this.settings, ProposeExecutionDocument, { id, plan: JSON.stringify(plan) })
  }

  async reject(id: string, { code, detail }: Refusal): Promise<void> {
    await askServer(this.settings, RejectExecutionDocument, { id, code, detail: detail?.slice(0, 500) ?? null })
  }

  /** True: it is this agent's to begin. */
  async claim(id: string, claimId: string, digest: string): Promise<boolean> {
    const { data } = await askServer(this.settings, ClaimExecutionDocument, { id, claimId, digest })
    if (typeof data.claimExecution !== 'boolean') throw new Error('The server answered neither yes nor no')
    return data.claimExecution
  }

  /** Where the server's log ends now: what comes next begins there. */
  async append(id: string, claimId: string, { offset, text }: { offset: number; text: string }): Promise<number> {
    const { data } = await askServer(this.settings, AppendExecutionLogDocument, { id, claimId, offset, text })
    const next = data.appendExecutionLog
    if (!Number.isSafeInteger(next) || (next ?? -1) < 0) throw new Error('The server answered no offset')
    return next as number
  }

  /** Null = the server has all of it; else where its log is to be sent again from. */
  async finish(id: string, claimId: string, result: ExecutionResult): Promise<number | null> {
    const { data } = await askServer(this.settings, FinishExecutionDocument, {
      id,
      claimId,
      result: JSON.stringify(result),
    })
    const { isTaken, logOffset } = data.finishExecution ?? {}
    if (isTaken === true) return null
    if (!Number.isSafeInteger(logOffset)) throw new Error('The server answered neither yes nor an offset')
    return logOffset as number
  }
}
