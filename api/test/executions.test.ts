import { beforeEach, expect, onTestFinished, test } from 'vitest'
import { forgetLogs, settleExecutions } from '../src/executions/settle-executions.ts'
import { Scope } from '../src/graphql/scope.ts'
import { DAY, HOUR } from '../src/platform/clock.ts'
import { report, section } from './builders.ts'
import { backupsOn } from './deposit.ts'
import { type SpokenAgent, spokenAgent } from './spoken-agent.ts'
import { socketTo, startApi, type TestApi, until } from './start-api.ts'

// An agent that says by hand what the test wants: on both databases, and without a process.

const FIELDS = `id status effect needsReason exitCode code detail logSize logIsWhole verification contradictions
  refusal { code detail } plannedChanges { step subject from to security }`
const UPGRADE = { step: 'UPGRADE', subject: 'openssl', from: '1.0', to: '1.1', security: true }

let api: TestApi
let agent: SpokenAgent
/** The one that is asked. */
let machine: string

async function ask(query: string, variables: Record<string, unknown> = {}) {
  const { data, errors } = await api.ask(query, variables)
  if (errors) throw new Error(errors.map(({ message }) => message).join('; '))
  return Object.values(data as object)[0] as any
}
const plan = (action: string, params: object | null = null) =>
  ask(
    `mutation ($machine: ID!, $action: Action!, $params: ActionParamsInput) { planExecution(machine: $machine, action: $action, params: $params) { ${FIELDS} } }`,
    { machine, action, params },
  )
const read = (id: string) => ask(`query ($id: ID!) { execution(id: $id) { ${FIELDS} } }`, { id })
const approve = (id: string, effect: string | null) =>
  ask(`mutation ($id: ID!, $effect: String) { approveExecution(id: $id, effect: $effect) { id } }`, { id, effect })

/** What apt would still do, as a report tells it. */
const stillWaits = (name: string, candidate: string) =>
  aptThat([
    {
      name,
      architecture: 'amd64',
      change: 'UPGRADE',
      kept: null,
      installed: '1.0',
      candidate,
      security: true,
      origins: [],
    },
  ])
const aptThat = (changes: unknown[]) =>
  section('apt', {
    changes,
    problem: null,
    planHash: 'a'.repeat(64),
    downloadBytes: 1,
    refreshedAt: null,
    sources: [],
    busy: null,
    interrupted: false,
    broken: [],
  })

beforeEach(async () => {
  api = await startApi()
  onTestFinished(() => api.stop())
  agent = await spokenAgent(api)
  machine = agent.machine
})

const refused = async (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'no error',
    (error: Error & { code?: string }) => `${error.code ?? ''} ${error.message}`.trim(),
  )
const planned = async (): Promise<any> => {
  const { id } = await plan('APT_APPLY', { scope: 'ALL' })
  const order = await agent.order()
  expect(order).toMatchObject({ id, action: 'apt.apply', params: '{"scope":"all"}', isPlanWanted: true })
  await agent.propose(id, [UPGRADE])
  return read(id)
}
const approved = async () => {
  const { id, effect } = await planned()
  await approve(id, effect)
  return agent.order()
}
const claimed = async () => {
  const order = await approved()
  expect(await agent.claim(order)).toBe(true)
  return order
}
const types = async (): Promise<string[]> =>
  (await api.ask('{ events(first: 10) { nodes { type } } }')).data.events.nodes.map(({ type }: any) => type)

test('hands out a plan that was read and approved, and no other', async () => {
  const { id, effect, plannedChanges } = await planned()
  expect(plannedChanges).toEqual([UPGRADE])
  expect((await agent.hello()).orders).toEqual([])
  expect(await refused(approve(id, null))).toContain('effect: is not that of the plan')
  expect(await refused(approve(id, 'f'.repeat(64)))).toContain('effect: is not that of the plan')
  await approve(id, effect)
  expect(await agent.order()).toMatchObject({ effect, isPlanWanted: false })
  // A second plan of the machine is too late: what was approved stays.
  expect(await agent.propose(id, [])).toBe(false)
  expect(await refused(approve(id, effect))).toContain('status: is QUEUED')
})

test('gives an order to one claim; asked again, that one gets the same answer', async () => {
  const order = await approved()
  expect(await agent.claim({ ...order, nonce: 'another' })).toBe(false)
  expect(await agent.claim(order)).toBe(true)
  expect(await agent.claim(order)).toBe(true)
  expect(await agent.claim(order, 'another claim')).toBe(false)
  expect((await agent.hello()).orders).toEqual([])
  expect(await types()).toContain('EXECUTION_CONFLICT')
  expect(await refused(agent.append(order.id, 0, 'x\n', 'another claim'))).toMatch(/^CONFLICT/)
  expect(await refused(agent.finish(order.id, {}, '', 'another claim'))).toMatch(/^CONFLICT/)
})

test('does one thing at a time on a machine, and looks beside it', async () => {
  const { id } = await planned()
  expect(await refused(plan('APT_REFRESH'))).toContain(`Let it end, or cancel it (${id})`)
  const first = await plan('COLLECT')
  expect((await plan('COLLECT')).id).toBe(first.id)
  expect((await agent.order()).action).toBe('collect')
  await ask('mutation ($id: ID!) { cancelExecution(id: $id) { id } }', { id })
  expect((await plan('APT_REFRESH')).status).toBe('DRAFT')
})

test('takes a log by its end: what comes twice, early or late changes nothing', async () => {
  const { id } = await claimed()
  expect(await agent.append(id, 0, 'one\n')).toBe(4)
  expect(await agent.append(id, 0, 'one\n')).toBe(4)
  expect(await agent.append(id, 9, 'early\n')).toBe(4)
  const same = await Promise.all([1, 2, 3].map(() => agent.append(id, 4, 'é two\n')))
  expect(same.filter((size) => size === 11).length).toBeGreaterThan(0)
  expect((await read(id)).status).toBe('RUNNING')
  const log = async () =>
    (await ask('query ($id: ID!) { executionLog(id: $id, fromOffset: 4) { text offset nextOffset size } }', {
      id,
    })) as object
  expect(await log()).toEqual({ text: 'é two\n', offset: 4, nextOffset: 11, size: 11 })
  expect(await refused(agent.append(id, 11, 'x'.repeat(70_000)))).toMatch(/^BAD_USER_INPUT text: must be at most/)
  // Another log than this: it is sent anew.
  expect(await agent.finish(id, {}, 'one\né tWo\n')).toEqual({ isTaken: false, logOffset: 0 })
  await agent.append(id, 0, 'one\né tWo\n')
  expect(await agent.finish(id, {}, 'one\né tWo\nmore\n')).toEqual({ isTaken: false, logOffset: 11 })
  await agent.append(id, 11, 'more\n')
  expect(await agent.finish(id, {}, 'one\né tWo\nmore\n')).toMatchObject({ isTaken: true })
  expect(await read(id)).toMatchObject({ status: 'SUCCEEDED', logIsWhole: true, logSize: 16, verification: 'PENDING' })
  expect(await agent.append(id, 16, 'late\n')).toBe(16)
})

test('takes a result once; the same again is the same, and another is an alarm', async () => {
  const { id } = await claimed()
  const failed = { outcome: 'FAILED', code: 'EXIT_CODE', exitCode: 100, detail: 'apt-get' }
  await agent.append(id, 0, 'E: no\n')
  await agent.finish(id, failed, 'E: no\n')
  await agent.finish(id, failed, 'E: no\n')
  // Another end, with another log: what is here stays, and it is told once.
  await agent.finish(id, { outcome: 'SUCCEEDED' })
  await agent.finish(id, { outcome: 'SUCCEEDED', exitCode: 1 }, 'more than there is\n')
  expect(await read(id)).toMatchObject({ status: 'FAILED', exitCode: 100, logIsWhole: true, logSize: 6 })
  expect((await ask('query ($id: ID!) { executionLog(id: $id) { text } }', { id })).text).toBe('E: no\n')
  expect((await types()).filter((type) => type.startsWith('EXECUTION_'))).toEqual([
    'EXECUTION_CONFLICT',
    'EXECUTION_FAILED',
    'EXECUTION_APPROVED',
  ])
  await api.app.opener.run()
  const { causes } = (await api.ask('{ causes { nodes { kind sentence } } }')).data
  expect(causes.nodes).toContainEqual({ kind: 'ACTION', sentence: 'Installing updates on atlas failed' })
})

test.each<[string, (id: string) => Promise<unknown>, string]>([
  ['was called off', (id) => ask('mutation ($id: ID!) { cancelExecution(id: $id) { id } }', { id }), 'CANCELLED'],
  [
    'was not begun in time',
    async () => {
      api.clock.now = new Date(api.clock.now.getTime() + 3 * HOUR)
      await settleExecutions(api.orm.em, api.app.transact, () => api.clock.now)
    },
    'EXPIRED',
  ],
  [
    'was approved by somebody who may not any more',
    async () => {
      const { apiClients } = (await api.ask('{ apiClients { id scopes } }')).data
      const { id } = apiClients.find(({ scopes }: any) => scopes.includes('ADMIN'))
      await api.app.services().access.revoke(id, null)
    },
    'CANCELLED',
  ],
])('gives nobody what %s', async (_what, happen, status) => {
  const reader = await api.token([Scope.READ])
  const order = await approved()
  await happen(order.id)
  expect(await agent.claim(order)).toBe(false)
  const { data } = await api.ask('query ($id: ID!) { execution(id: $id) { status } }', { id: order.id }, reader)
  expect(data.execution.status).toBe(status)
})

test('says of what nobody approved in a day that it is too late', async () => {
  const { id, effect } = await planned()
  api.clock.now = new Date(api.clock.now.getTime() + DAY)
  expect(await refused(approve(id, effect))).toContain('the time to approve it is over')
  await settleExecutions(api.orm.em, api.app.transact, () => api.clock.now)
  expect((await read(id)).status).toBe('EXPIRED')
})

test('holds nothing for running for ever: what its machine has lost was interrupted, and a late word counts', async () => {
  const { id } = await claimed()
  const held = [{ id, claimId: `claim of ${id}`, startedAt: api.clock.now.toISOString() }]
  api.clock.now = new Date(api.clock.now.getTime() + 10 * 60_000)
  await agent.hello(held)
  expect((await read(id)).status).toBe('RUNNING')
  // A copy of the machine, which is another start of a kernel, has nothing of it either.
  await agent.hello([], agent.policy, 'boot-of-a-copy')
  expect((await read(id)).status).toBe('RUNNING')
  await agent.hello()
  expect(await read(id)).toMatchObject({ status: 'INTERRUPTED', code: 'LOST' })
  await agent.finish(id)
  expect((await read(id)).status).toBe('SUCCEEDED')
})

test('ends what a machine that is never heard of again has taken', async () => {
  const { id } = await claimed()
  api.clock.now = new Date(api.clock.now.getTime() + 8 * DAY)
  await settleExecutions(api.orm.em, api.app.transact, () => api.clock.now)
  expect((await read(id)).status).toBe('INTERRUPTED')
})

test('takes no end of programs for a proof: what is seen afterwards says whether it was done', async () => {
  const { id } = await claimed()
  await agent.finish(id)
  const settle = () => settleExecutions(api.orm.em, api.app.transact, () => api.clock.now)
  await settle()
  expect((await read(id)).verification).toBe('PENDING')
  const at = new Date(api.clock.now.getTime() + 60_000)
  await report(api, { collectedAt: at, sections: [stillWaits('openssl', '1.1')] }, agent.token)
  await settle()
  expect(await read(id)).toMatchObject({ verification: 'CONTRADICTED', contradictions: ['openssl'] })
  const sentences = async (): Promise<string[]> => {
    await api.app.opener.run()
    const { causes } = (await api.ask('{ causes { nodes { kind sentence } } }')).data
    return causes.nodes.flatMap(({ kind, sentence }: any) => (kind === 'ACTION' ? sentence : []))
  }
  expect(await sentences()).toEqual(['Installing updates on atlas was not done, as a later report shows'])
  // Another that ended as well closes nothing before it is seen to be done.
  const again = await claimed()
  await agent.finish(again.id)
  expect(await sentences()).toHaveLength(1)
  const later = new Date(api.clock.now.getTime() + 120_000)
  await report(api, { collectedAt: later, sections: [aptThat([])] }, agent.token)
  await settle()
  expect((await read(again.id)).verification).toBe('CONFIRMED')
  expect(await sentences()).toEqual([])
})

test('asks for a reason where what lies on the machine is not proven, and keeps it', async () => {
  await backupsOn(api).job({ machineId: agent.machine })
  const { id, effect, needsReason } = await planned()
  expect(needsReason).toBe(true)
  expect(await refused(approve(id, effect))).toContain('overrideReason: is needed, for 1 of 1 jobs')
  const withReason = (overrideReason: string) =>
    ask(
      'mutation ($id: ID!, $effect: String, $reason: String) { approveExecution(id: $id, effect: $effect, overrideReason: $reason) { overrideReason proof { jobs proven } } }',
      { id, effect, reason: overrideReason },
    )
  expect(await refused(withReason('short'))).toContain('overrideReason')
  expect(await withReason('The machine is new and empty')).toEqual({
    overrideReason: 'The machine is new and empty',
    proof: { jobs: 1, proven: 0 },
  })
})

test('does not ask a machine for what its owner does not allow', async () => {
  await agent.hello([], { ...agent.policy, allow: [], readOnly: true })
  expect(await refused(plan('APT_APPLY'))).toContain('is refused by the machine’s own policy (READ_ONLY)')
  await agent.hello([], { ...agent.policy, units: [] })
  expect(await refused(plan('SERVICE_RESTART', { unit: 'nginx.service' }))).toContain('NOT_LISTED: nginx.service')
  expect(await refused(plan('SERVICE_RESTART', { unit: '--now' }))).toContain(
    'params: are not those of service.restart',
  )
  expect(await refused(plan('HOOK_RUN', { hook: 'greet' }))).toContain('NO_OPERATOR')
  const other = await report(api, {
    machineKey: 'key-of-a-machine-without',
    hostname: 'mute',
    disks: [{ serial: 'X' }],
  })
  machine = other.machine.id
  expect(await refused(plan('COLLECT'))).toContain('has an agent that has never asked for work')
})

test('lets each do what its scopes say, and a machine see its own alone', async () => {
  const order = await approved()
  const [reader, operator, any] = [
    await api.token([Scope.READ]),
    await api.token([Scope.OPERATE]),
    await api.token([Scope.REPORT]),
  ]
  const codeOf = async (query: string, as: string) => (await api.ask(query, {}, as)).errors?.[0]?.extensions.code
  const planning = `mutation { planExecution(machine: "${agent.machine}", action: COLLECT) { id } }`
  const approving = `mutation { approveExecution(id: "${order.id}") { id } }`
  expect(await codeOf(planning, reader)).toBe('FORBIDDEN')
  expect(await codeOf(approving, operator)).toBe('FORBIDDEN')
  expect(await codeOf(planning, operator)).toBeUndefined()
  expect(await codeOf(planning, agent.token)).toBe('FORBIDDEN')
  expect(await codeOf(`{ execution(id: "${order.id}") { id } }`, agent.token)).toBe('FORBIDDEN')
  // One token for many machines would be handed the orders of all.
  const hello = `mutation { agentWork(hello: { bootId: "b", policy: ${JSON.stringify(JSON.stringify(agent.policy))}, executions: [] }) { orders { id } } }`
  expect(await codeOf(hello, any)).toBe('FORBIDDEN')
  expect(await codeOf(hello, reader)).toBe('FORBIDDEN')
  const other = await spokenAgent(api, {
    machineKey: 'key-of-the-machine-vega',
    hostname: 'vega',
    disks: [{ serial: 'V' }],
  })
  expect((await other.hello()).orders).toEqual([])
  expect(await refused(other.claim(order))).toMatch(/^NOT_FOUND/)
  expect(await refused(other.append(order.id, 0, 'x\n'))).toMatch(/^NOT_FOUND/)
  expect(await refused(other.reject(order.id, 'NOT_ALLOWED'))).toMatch(/^NOT_FOUND/)
  expect(await refused(other.propose(order.id, []))).toMatch(/^NOT_FOUND/)
  expect(await refused(other.finish(order.id))).toMatch(/^NOT_FOUND/)
  // What it says that it has of another machine's, it hears nothing of.
  expect((await other.hello([{ id: order.id, claimId: 'c' }])).known).toEqual([
    { id: order.id, status: null, logSize: 0, stop: null },
  ])
})

test.each([
  ['policy', 'hello', { bootId: 'b', executions: [], policy: '{' }],
  ['policy', 'hello', { bootId: 'b', executions: [], policy: '{"readOnly":"no"}' }],
])('names the field that it cannot read: %s', async (field, name, value) => {
  const { errors } = await api.ask(
    `mutation ($hello: AgentHelloInput!) { agentWork(hello: $hello) { askAgainInSeconds } }`,
    { [name]: value },
    agent.token,
  )
  expect(errors?.[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', field })
})

test('asks by force for the name of the machine, and tells the machine', async () => {
  const { id } = await claimed()
  const cancel = (stop: string, confirm: string | null) =>
    ask(
      'mutation ($id: ID!, $stop: StopKind!, $confirm: String) { cancelExecution(id: $id, stop: $stop, confirm: $confirm) { stop status } }',
      { id, stop, confirm },
    )
  expect(await cancel('SOFT', null)).toEqual({ stop: 'SOFT', status: 'CLAIMED' })
  expect(await refused(cancel('HARD', null))).toContain('confirm: must be the name of the machine')
  expect(await cancel('HARD', 'atlas')).toEqual({ stop: 'HARD', status: 'CLAIMED' })
  expect(await cancel('SOFT', null)).toEqual({ stop: 'HARD', status: 'CLAIMED' })
  expect((await agent.hello([{ id, claimId: `claim of ${id}` }])).known).toMatchObject([{ id, stop: 'HARD' }])
})

test('deletes logs when their time is over, those that failed later, and those that are pinned never', async () => {
  const ended: string[] = []
  for (const [outcome, pinned] of [
    ['SUCCEEDED', false],
    ['FAILED', false],
    ['SUCCEEDED', true],
  ] as const) {
    const { id } = await claimed()
    await agent.append(id, 0, 'log\n')
    await agent.finish(id, { outcome }, 'log\n')
    await ask('mutation ($id: ID!, $pinned: Boolean!) { pinExecution(id: $id, pinned: $pinned) { id } }', {
      id,
      pinned,
    })
    ended.push(id)
  }
  const forget = async (days: number): Promise<boolean[]> => {
    api.clock.now = new Date(api.clock.now.getTime() + days * DAY)
    await forgetLogs(api.orm.em.fork(), api.app.executionLogs, {
      transact: api.app.transact,
      clock: () => api.clock.now,
      days: { ended: 90, failed: 365 },
    })
    return Promise.all(
      ended.map(async (id) => {
        const { size } = await ask('query ($id: ID!) { executionLog(id: $id) { size } }', { id })
        return size > 0
      }),
    )
  }
  expect(await forget(89)).toEqual([true, true, true])
  expect(await forget(2)).toEqual([false, true, true])
  expect(await forget(275)).toEqual([false, false, true])
})

test('tells who watches, as it goes', async () => {
  const reader = await api.token([Scope.READ])
  const { client, connected } = socketTo(api, reader)
  await connected
  const seen: string[] = []
  client.subscribe(
    { query: `subscription { executionsChanged(machineIds: ["${agent.machine}"]) { changed { status logSize } } }` },
    {
      next: ({ data }: any) =>
        seen.push(...data.executionsChanged.changed.map(({ status, logSize }: any) => `${status} ${logSize}`)),
      error: () => undefined,
      complete: () => undefined,
    },
  )
  const own = socketTo(api, agent.token)
  await own.connected
  let hints = 0
  own.client.subscribe(
    { query: 'subscription { agentWorkWaits }' },
    { next: () => (hints += 1), error: () => undefined, complete: () => undefined },
  )
  const { id } = await until(async () => {
    const made = await plan('COLLECT')
    return hints > 0
      ? made
      : (await ask('mutation ($id: ID!) { cancelExecution(id: $id) { id } }', { id: made.id }), null)
  }, 'a hint')
  const order = await agent.order()
  await agent.claim(order)
  await agent.append(id, 0, 'looked\n')
  await agent.finish(id, {}, 'looked\n')
  await until(() => seen.includes('SUCCEEDED 7'), `the end among ${seen.join(', ')}`)
})

test('tells what became of each thing of a plan, by a list of packages that was made after it', async () => {
  const { id } = await claimed()
  const outcomes = async () =>
    (await ask('query ($id: ID!) { execution(id: $id) { planResults { subject outcome installed } } }', { id }))
      .planResults
  const packages = (version: string) =>
    section('packages', {
      packages: [{ name: 'openssl', architecture: 'amd64', version, source: null, held: false, installedAt: null }],
      busy: null,
    })
  await report(api, { collectedAt: api.clock.now, sections: [packages('1.0')] }, agent.token)
  api.clock.now = new Date(api.clock.now.getTime() + 60_000)
  await agent.finish(id)
  expect(await outcomes()).toBeNull()
  api.clock.now = new Date(api.clock.now.getTime() + 60_000)
  await report(api, { collectedAt: api.clock.now, sections: [packages('1.1'), aptThat([])] }, agent.token)
  await settleExecutions(api.orm.em, api.app.transact, () => api.clock.now)
  expect(await outcomes()).toEqual([{ subject: 'openssl', outcome: 'DONE', installed: '1.1' }])
})
