import { beforeEach, expect, onTestFinished, test } from 'vitest'
import { forgetMessages, recordMessages } from '../src/log-messages/message-recorder.ts'
import { Scope } from '../src/graphql/scope.ts'
import { startApi, type TestApi } from './start-api.ts'
import { type SpokenAgent, spokenAgent } from './spoken-agent.ts'

let api: TestApi
let agent: SpokenAgent

beforeEach(async () => {
  api = await startApi()
  onTestFinished(() => api.stop())
  agent = await spokenAgent(api)
})

async function ask(query: string, variables: Record<string, unknown> = {}) {
  const { data, errors } = await api.ask(query, variables)
  if (errors) throw new Error(errors.map(({ message }) => message).join('; '))
  return Object.values(data as object)[0] as any
}
/** One refresh of lists whose log is this, a minute after what was before. */
async function done(log: string): Promise<string> {
  api.clock.now = new Date(api.clock.now.getTime() + 60_000)
  const { id } = await ask(
    'mutation ($machine: ID!) { planExecution(machine: $machine, action: APT_REFRESH) { id } }',
    { machine: agent.machine },
  )
  await agent.order()
  await agent.propose(id, [])
  const { effect } = await ask('query ($id: ID!) { execution(id: $id) { effect } }', { id })
  await ask('mutation ($id: ID!, $effect: String) { approveExecution(id: $id, effect: $effect) { id } }', {
    id,
    effect,
  })
  await agent.claim(await agent.order())
  await agent.append(id, 0, log)
  await agent.finish(id, {}, log)
  return id
}
const read = () =>
  recordMessages(api.orm.em, {
    transact: api.app.transact,
    logs: api.app.services().executionLogs,
    clock: () => api.clock.now,
    log: { error: () => undefined },
    isStopping: () => false,
  })
const messages = (filter: Record<string, unknown> = {}) =>
  ask(
    'query ($filter: MessageFilter) { importantMessages(filter: $filter) { nodes { id rule severity text count line acknowledgedBy execution { id } machine { hostname } } } }',
    { filter },
  ).then(({ nodes }: { nodes: any[] }) => nodes)
const acknowledge = (ids: string[]) =>
  ask('mutation ($ids: [ID!]!) { acknowledgeMessages(ids: $ids) { id acknowledgedBy } }', { ids })
const causes = async () => {
  await api.app.opener.run()
  return (await ask('{ causes { nodes { kind sentence } } }')).nodes.map(({ sentence }: any) => sentence)
}

const WARNS = 'W: http://x: Key is stored in legacy trusted.gpg keyring\n'
const FAILS = 'E: Failed to fetch http://x/InRelease  Could not resolve\n'

test('What a log says is told once, with where it stands, and counted where it is said again', async () => {
  await done(`Hit:1 http://x\n${WARNS}${WARNS}`)
  await read()
  const id = await done(WARNS)
  await read()
  await read()
  expect(await messages()).toMatchObject([
    { rule: 'apt.future', severity: 'WARNING', count: 3, line: 1, execution: { id }, machine: { hostname: 'atlas' } },
  ])
  expect(await messages({ execution: id })).toHaveLength(1)
  expect(await messages({ search: 'LEGACY' })).toHaveLength(1)
  expect(await messages({ severity: ['AT_RISK'] })).toEqual([])
  expect(await causes()).toEqual([])
})

test('An error stands in “Needs you” until somebody takes note of it, and again when it comes again', async () => {
  await done(FAILS)
  await read()
  expect(await causes()).toEqual(['What programs said on atlas waits to be read'])
  const [{ id }] = await messages({ acknowledged: false })
  expect(await acknowledge([id, 'nobody'])).toMatchObject([{ id, acknowledgedBy: expect.any(String) }])
  expect(await causes()).toEqual([])
  expect(await messages({ acknowledged: false })).toEqual([])
  await done(FAILS)
  await read()
  expect(await messages({ acknowledged: false })).toMatchObject([{ id, count: 2 }])
  expect(await causes()).toHaveLength(1)
})

test('A warning that somebody took note of stays so', async () => {
  await done(WARNS)
  await read()
  const [{ id }] = await messages()
  await acknowledge([id])
  await done(WARNS)
  await read()
  expect(await messages({ acknowledged: false })).toEqual([])
})

test('Who only reads takes no note', async () => {
  await done(WARNS)
  await read()
  const [{ id }] = await messages()
  const reader = await api.token([Scope.READ])
  const { errors } = await api.ask(
    'mutation ($ids: [ID!]!) { acknowledgeMessages(ids: $ids) { id } }',
    { ids: [id] },
    reader,
  )
  expect(errors?.[0]?.extensions.code).toBe('FORBIDDEN')
})

test('What was asked of a machine whose log is empty says nothing, and is read once', async () => {
  await done('')
  await read()
  expect(await messages()).toEqual([])
})

test('What came after the page was read is not taken note of with it', async () => {
  await done(FAILS)
  await read()
  const [{ id }] = await messages()
  const until = api.clock.now.toISOString()
  await done(FAILS)
  await read()
  await ask('mutation ($ids: [ID!]!, $until: DateTimeISO) { acknowledgeMessages(ids: $ids, until: $until) { id } }', {
    ids: [id],
    until,
  })
  expect(await messages({ acknowledged: false })).toHaveLength(1)
  expect(await causes()).toHaveLength(1)
})

test('Each action keeps what its own log says, whatever others say later', async () => {
  const first = await done(`Hit:1 x\n${WARNS}`)
  await read()
  const second = await done(`${FAILS}${WARNS}${WARNS}`)
  await read()
  const of = (id: string) =>
    ask('query ($id: ID!) { execution(id: $id) { messagesLeft messages { line count message { rule } } } }', { id })
  expect(await of(first)).toEqual({
    messagesLeft: 0,
    messages: [{ line: 2, count: 1, message: { rule: 'apt.future' } }],
  })
  expect((await of(second)).messages).toEqual([
    { line: 1, count: 1, message: { rule: 'apt.fetch' } },
    { line: 2, count: 2, message: { rule: 'apt.future' } },
  ])
})

test('A log that cannot be read holds up no other, and is given up after an hour', async () => {
  const bad = await done(FAILS)
  const logs = api.app.services().executionLogs
  const broken = {
    stream: (id: string) => {
      if (id === bad) throw new Error('EIO')
      return logs.stream(id)
    },
  }
  const told: string[] = []
  const readBroken = () =>
    recordMessages(api.orm.em, {
      transact: api.app.transact,
      logs: broken as typeof logs,
      clock: () => api.clock.now,
      log: { error: (facts: { execution: string }) => void told.push(facts.execution) } as never,
      isStopping: () => false,
    })
  await done(WARNS)
  await readBroken()
  expect(await messages()).toMatchObject([{ rule: 'apt.future' }])
  expect(told).toEqual([])
  api.clock.now = new Date(api.clock.now.getTime() + 3_600_000)
  await readBroken()
  await readBroken()
  expect(told).toEqual([bad])
})

test('Of a machine that was retired meanwhile nobody is told', async () => {
  await done(FAILS)
  await ask('mutation ($id: ID!) { archiveMachine(id: $id) { id } }', { id: agent.machine })
  await read()
  expect(await causes()).toEqual([])
})

test('What nobody has heard of for a year is forgotten', async () => {
  await done(WARNS)
  await read()
  api.clock.now = new Date(api.clock.now.getTime() + 366 * 86_400_000)
  await forgetMessages(api.orm.em, api.app.transact, () => api.clock.now)
  expect(await messages()).toEqual([])
})
