import { beforeEach, expect, onTestFinished, test } from 'vitest'
import { settleExecutions } from '../src/executions/settle-executions.ts'
import { Scope } from '../src/graphql/scope.ts'
import { DAY, HOUR, MINUTE } from '../src/platform/clock.ts'
import { advanceRollouts } from '../src/rollouts/advance-rollouts.ts'
import { report, section } from './builders.ts'
import { ALLOWS_ALL, type SpokenAgent, spokenAgent } from './spoken-agent.ts'
import { startApi, type TestApi } from './start-api.ts'

const UPGRADE = { step: 'UPGRADE', subject: 'openssl', from: '1.0', to: '1.1', security: true }
const FIELDS = `id status maxFailures endedAt requestedBy params { scope unit } leftOut { why machine { hostname } }
  executions { id status awaitsTurn turnAt startBy code effect machine { hostname } }`

let api: TestApi
let atlas: SpokenAgent
let borg: SpokenAgent
let cray: SpokenAgent

const ask = async (query: string, variables: Record<string, unknown> = {}, token?: string) => {
  const { data, errors } = await api.ask(query, variables, token)
  if (errors)
    throw Object.assign(new Error(errors.map(({ message }) => message).join('; ')), {
      code: errors[0]?.extensions.code,
      field: errors[0]?.extensions['field'],
    })
  return Object.values(data as object)[0] as any
}
const plan = (machines: string[], more: Record<string, unknown> = {}) =>
  ask(
    `mutation ($machines: [ID!]!, $action: Action!, $params: ActionParamsInput, $maxFailures: Int!) {
      planRollout(machines: $machines, action: $action, params: $params, maxFailures: $maxFailures) { ${FIELDS} } }`,
    { machines, action: 'APT_APPLY', params: { scope: 'SECURITY' }, maxFailures: 1, ...more },
  )
const read = (id: string) => ask(`query ($id: ID!) { rollout(id: $id) { ${FIELDS} } }`, { id })
const standing = async (id: string): Promise<string[]> =>
  (await read(id)).executions.map(
    ({ status, awaitsTurn, machine }: any) => `${machine.hostname} ${awaitsTurn ? 'AWAITS_TURN' : status}`,
  )
const approve = (id: string, effect: string) =>
  ask('mutation ($id: ID!, $effect: String) { approveExecution(id: $id, effect: $effect) { id } }', { id, effect })
/** What the scheduler does by itself. */
const goOn = async (): Promise<void> => {
  await settleExecutions(api.orm.em, api.app.transact, () => api.clock.now)
  await advanceRollouts(api.orm.em, api.app.transact, () => api.clock.now)
}
const later = (ms: number): void => {
  api.clock.now = new Date(api.clock.now.getTime() + ms)
}
/** Its plan is made and approved. */
const approved = async (agent: SpokenAgent): Promise<void> => {
  const { id } = await agent.order()
  await agent.propose(id, [UPGRADE])
  const { effect } = await ask('query ($id: ID!) { execution(id: $id) { effect } }', { id })
  await approve(id, effect)
}
/** It does what it is handed. */
const does = async (agent: SpokenAgent, more: Record<string, unknown> = {}): Promise<void> => {
  const order = await agent.order()
  expect(await agent.claim(order)).toBe(true)
  await agent.finish(order.id, more)
}
const aptWithout = {
  changes: [],
  problem: null,
  planHash: 'a'.repeat(64),
  downloadBytes: 0,
  refreshedAt: null,
  sources: [],
  busy: null,
  interrupted: false,
  broken: [],
}
const reports = async (agent: SpokenAgent, hostname: string, changes: unknown[] = []): Promise<void> => {
  later(MINUTE)
  const machineKey = `machine-key-of-${hostname}`
  await report(
    api,
    { machineKey, hostname, collectedAt: api.clock.now, sections: [section('apt', { ...aptWithout, changes })] },
    agent.token,
  )
}

beforeEach(async () => {
  api = await startApi()
  onTestFinished(() => api.stop())
  const machine = (hostname: string) => spokenAgent(api, { machineKey: `machine-key-of-${hostname}`, hostname })
  atlas = await machine('atlas')
  borg = await machine('borg')
  cray = await machine('cray')
})

test('One machine after the other does it, each when the one before was seen to be done', async () => {
  const { id } = await plan([borg.machine, atlas.machine])
  expect(await standing(id)).toEqual(['borg DRAFT', 'atlas DRAFT'])
  await approved(atlas)
  await approved(borg)
  expect(await standing(id)).toEqual(['borg AWAITS_TURN', 'atlas AWAITS_TURN'])
  // Nobody is handed anything before it is its turn.
  expect((await atlas.hello()).orders).toEqual([])
  await goOn()
  expect(await standing(id)).toEqual(['borg QUEUED', 'atlas AWAITS_TURN'])
  await does(borg)
  await goOn()
  expect(await standing(id)).toEqual(['borg SUCCEEDED', 'atlas AWAITS_TURN'])
  await reports(borg, 'borg')
  await goOn()
  expect(await standing(id)).toEqual(['borg SUCCEEDED', 'atlas QUEUED'])
  await does(atlas)
  await reports(atlas, 'atlas')
  await goOn()
  expect(await read(id)).toMatchObject({ status: 'DONE', requestedBy: 'test', params: { scope: 'SECURITY' } })
  const { nodes } = (
    await api.ask('{ events(first: 1, filter: { type: [ROLLOUT_ENDED] }) { nodes { sentence rollout } } }')
  ).data.events
  expect(nodes).toEqual([{ sentence: 'Installing updates on several machines has ended, done on 2', rollout: id }])
})

test('It stops where it failed too often: the others are not asked any more', async () => {
  const { id } = await plan([atlas.machine, borg.machine, cray.machine])
  await approved(atlas)
  await approved(borg)
  await goOn()
  await does(atlas, { outcome: 'FAILED', code: 'EXIT_CODE', exitCode: 100, startedAt: null })
  await goOn()
  expect(await standing(id)).toEqual(['atlas FAILED', 'borg CANCELLED', 'cray CANCELLED'])
  const { status, executions } = await read(id)
  expect([status, executions[1].code]).toEqual(['STOPPED', 'ROLLOUT_STOPPED'])
  expect((await borg.hello()).orders).toEqual([])
})

test('What a later report shows not to be done is a failure too', async () => {
  const { id } = await plan([atlas.machine, borg.machine])
  await approved(atlas)
  await approved(borg)
  await goOn()
  await does(atlas)
  const change = { name: 'openssl', architecture: 'amd64', change: 'UPGRADE', kept: null, origins: [], security: true }
  await reports(atlas, 'atlas', [{ ...change, installed: '1.0', candidate: '1.1' }])
  await goOn()
  expect((await read(id)).status).toBe('STOPPED')
})

test('A machine that is away holds up those behind it for as long as it may, and no longer', async () => {
  const { id } = await plan([atlas.machine, borg.machine])
  await approved(atlas)
  await approved(borg)
  // How long it has is counted from its turn, and not from its approval.
  later(5 * HOUR)
  await goOn()
  expect(await standing(id)).toEqual(['atlas QUEUED', 'borg AWAITS_TURN'])
  expect(new Date((await read(id)).executions[0].startBy).getTime()).toBe(api.clock.now.getTime() + 2 * HOUR)
  later(2 * HOUR)
  await goOn()
  expect(await standing(id)).toEqual(['atlas EXPIRED', 'borg QUEUED'])
})

test('What nobody approves holds up nobody, and is over in a day', async () => {
  const { id } = await plan([atlas.machine, borg.machine])
  await approved(borg)
  await goOn()
  expect(await standing(id)).toEqual(['atlas DRAFT', 'borg QUEUED'])
  await does(borg, { startedAt: null })
  await goOn()
  expect((await read(id)).status).toBe('RUNNING')
  later(DAY)
  await goOn()
  expect(await standing(id)).toEqual(['atlas EXPIRED', 'borg SUCCEEDED'])
  expect((await read(id)).status).toBe('DONE')
})

test('A turn that never comes ends with the order itself', async () => {
  const { id } = await plan([atlas.machine, borg.machine])
  await approved(atlas)
  await approved(borg)
  await goOn()
  const order = await atlas.order()
  expect(await atlas.claim(order)).toBe(true)
  later(8 * DAY + HOUR)
  await settleExecutions(api.orm.em, api.app.transact, () => api.clock.now)
  expect((await standing(id))[1]).toBe('borg EXPIRED')
})

test('Machines that do not do it are left out, with why; where none does it nothing is made', async () => {
  const none = { ...ALLOWS_ALL, allow: [] }
  const away = await spokenAgent(api, { machineKey: 'machine-key-of-dune', hostname: 'dune' }, none)
  const { id, leftOut } = await plan([atlas.machine, away.machine])
  expect(leftOut).toEqual([{ machine: { hostname: 'dune' }, why: expect.stringContaining('NOT_ALLOWED') }])
  expect(await standing(id)).toEqual(['atlas DRAFT'])
  await expect(plan([away.machine])).rejects.toMatchObject({ code: 'CONFLICT', field: 'machines' })
  const { totalCount } = await ask('{ rollouts { totalCount } }')
  expect(totalCount).toBe(1)
})

test.each([
  ['no machine', { machines: [] }, 'machines'],
  ['more failures than machines', { maxFailures: 2 }, 'maxFailures'],
  ['no failure at which it stops', { maxFailures: 0 }, 'maxFailures'],
  ['what only looks', { action: 'COLLECT', params: null }, 'action'],
  ['what it does not take', { params: { unit: 'nginx.service' } }, 'params'],
])('%s is refused by its field', async (_, more, field) => {
  await expect(plan([atlas.machine], more)).rejects.toMatchObject({ code: 'BAD_USER_INPUT', field })
})

test('Called off, it leaves a machine what it is at, and asks no other', async () => {
  const { id } = await plan([atlas.machine, borg.machine])
  await approved(atlas)
  await approved(borg)
  await goOn()
  const order = await atlas.order()
  expect(await atlas.claim(order)).toBe(true)
  await ask('mutation ($id: ID!) { cancelRollout(id: $id) { id } }', { id })
  expect(await standing(id)).toEqual(['atlas CLAIMED', 'borg CANCELLED'])
  await expect(ask('mutation ($id: ID!) { cancelRollout(id: $id) { id } }', { id })).rejects.toMatchObject({
    code: 'CONFLICT',
  })
  expect(await atlas.finish(order.id)).toMatchObject({ isTaken: true })
  expect((await read(id)).status).toBe('CANCELLED')
})

test('Who may only read asks for none and calls none off', async () => {
  const reader = await api.token([Scope.READ])
  const { id } = await plan([atlas.machine])
  await expect(ask('mutation ($id: ID!) { cancelRollout(id: $id) { id } }', { id }, reader)).rejects.toMatchObject({
    code: 'FORBIDDEN',
  })
})

test('Called off, or stopped, a machine that has its turn and has not begun does not begin', async () => {
  const { id } = await plan([atlas.machine, borg.machine])
  await approved(atlas)
  await goOn()
  const order = await atlas.order()
  await ask('mutation ($id: ID!) { cancelRollout(id: $id) { id } }', { id })
  expect(await standing(id)).toEqual(['atlas CANCELLED', 'borg CANCELLED'])
  expect((await atlas.hello()).orders).toEqual([])
  expect(await atlas.claim(order)).toBe(false)
})

test('A machine that is out of service when its turn comes holds up nobody', async () => {
  const { id } = await plan([atlas.machine, borg.machine])
  await approved(atlas)
  await approved(borg)
  await ask('mutation ($id: ID!) { archiveMachine(id: $id) { id } }', { id: atlas.machine })
  await goOn()
  await goOn()
  expect(await standing(id)).toEqual(['atlas CANCELLED', 'borg QUEUED'])
})

test('A turn ends with the order itself, which nobody can make longer', async () => {
  const windows = { ...ALLOWS_ALL, windows: ['Mon-Fri 02:00-05:00'] }
  const slow = await spokenAgent(api, { machineKey: 'machine-key-of-slow', hostname: 'slow' }, windows)
  const { id } = await plan([slow.machine])
  const { id: execution } = await slow.order()
  await slow.propose(execution, [UPGRADE])
  later(20 * HOUR)
  const { effect } = await ask('query ($id: ID!) { execution(id: $id) { effect } }', { id: execution })
  await approve(execution, effect)
  later(5 * DAY)
  await goOn()
  const [{ startBy, turnAt }] = (await read(id)).executions
  expect(new Date(startBy).getTime() - new Date(turnAt).getTime()).toBeLessThan(7 * DAY)
})

test('All of two hundred machines are asked for by one question, and more by none', async () => {
  const { id } = await plan([atlas.machine])
  const { errors } = await api.ask(
    `query ($id: ID!) { rollout(id: $id) { executions { id needsReason textToSign planCounts { changes } machine { hostname } } } }`,
    { id },
  )
  expect(errors).toBeUndefined()
  const all = await api.ask('{ rollouts(first: 100) { nodes { executions { planCounts { changes } } } } }')
  expect(all.errors?.[0]?.message).toContain('the limit is')
})
