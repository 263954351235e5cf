import { createHash } from 'node:crypto'
import { type Order, orderDigest, type Policy, policyHash } from '@vigie/agent/actions'
import { Scope } from '../src/graphql/scope.ts'
import { report, type ReportOptions } from './builders.ts'
import type { TestApi } from './start-api.ts'

export const ALLOWS_ALL: Policy = {
  readOnly: false,
  problem: null,
  root: true,
  allow: [
    'apt.refresh',
    'apt.apply',
    'apt.autoremove',
    'apt.repair',
    'service.restart',
    'hook.run',
    'reboot',
  ] as Policy['allow'],
  units: ['nginx.service'],
  hooks: ['greet'],
  windows: [],
  maxPerDay: null,
  requireSignature: [],
  operators: [],
}

/** An agent that says by hand what a test wants, by the token that speaks for its machine alone. */
export async function spokenAgent(api: TestApi, options: ReportOptions = {}, policy: Policy = ALLOWS_ALL) {
  const token = await api.token([Scope.REPORT], { anyMachine: false, name: `agent of ${options.hostname ?? 'atlas'}` })
  const { machine } = await report(api, options, token)
  const say = async (query: string, variables: Record<string, unknown>) => {
    const { data, errors } = await api.ask(query, variables, token)
    if (errors) throw Object.assign(new Error(errors[0]?.message), { code: errors[0]?.extensions.code })
    return Object.values(data as object)[0] as any
  }
  const hello = (
    held: { id: string; claimId: string; startedAt?: string }[] = [],
    now: Policy = policy,
    bootId = 'boot-1',
  ) =>
    say(
      `mutation ($hello: AgentHelloInput!) { agentWork(hello: $hello) { askAgainInSeconds
        orders { id machine action params effect notBefore expiresAt nonce signature isPlanWanted }
        known { id status logSize stop } } }`,
      { hello: { bootId, policy: JSON.stringify(now), executions: held } },
    ) as Promise<{ orders: (Order & { isPlanWanted: boolean; signature: string | null })[]; known: any[] }>
  await hello()
  const agent = {
    machine: machine.id,
    token,
    policy,
    say,
    hello,
    /** The one thing that it is asked. */
    order: async () => {
      const { orders } = await hello()
      if (orders.length !== 1) throw new Error(`It is asked ${orders.length} things`)
      return orders[0] as (typeof orders)[number]
    },
    propose: (id: string, changes: unknown[], more: Record<string, unknown> = {}) =>
      say('mutation ($id: ID!, $plan: String!) { proposeExecution(id: $id, plan: $plan) }', {
        id,
        plan: JSON.stringify({
          effect: createHash('sha256').update(JSON.stringify(changes)).digest('hex'),
          policyHash: policyHash(policy),
          changes,
          downloadBytes: null,
          ...more,
        }),
      }),
    reject: (id: string, code: string, detail: string | null = null) =>
      say(
        'mutation ($id: ID!, $code: String!, $detail: String) { rejectExecution(id: $id, code: $code, detail: $detail) }',
        { id, code, detail },
      ),
    claim: (order: Order, claimId = `claim of ${order.id}`) =>
      say(
        'mutation ($id: ID!, $claimId: ID!, $digest: String!) { claimExecution(id: $id, claimId: $claimId, digest: $digest) }',
        { id: order.id, claimId, digest: orderDigest(order) },
      ),
    append: (id: string, offset: number, text: string, claimId = `claim of ${id}`) =>
      say(
        'mutation ($id: ID!, $claimId: ID!, $offset: Int!, $text: String!) { appendExecutionLog(id: $id, claimId: $claimId, offset: $offset, text: $text) }',
        { id, claimId, offset, text },
      ),
    finish: (id: string, more: Record<string, unknown> = {}, log = '', claimId = `claim of ${id}`) =>
      say(
        'mutation ($id: ID!, $claimId: ID!, $result: String!) { finishExecution(id: $id, claimId: $claimId, result: $result) { isTaken logOffset } }',
        {
          id,
          claimId,
          result: JSON.stringify({
            outcome: 'SUCCEEDED',
            code: null,
            detail: null,
            exitCode: 0,
            startedAt: api.clock.now.toISOString(),
            endedAt: api.clock.now.toISOString(),
            bootId: 'boot-1',
            logSize: Buffer.byteLength(log),
            logSha256: createHash('sha256').update(log).digest('hex'),
            leftBroken: [],
            ...more,
          }),
        },
      ),
  }
  return agent
}
export type SpokenAgent = Awaited<ReturnType<typeof spokenAgent>>
