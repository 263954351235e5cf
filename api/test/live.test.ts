import { connect } from 'node:net'
import { WebSocket } from 'ws'
import { beforeEach, describe, expect, test } from 'vitest'
import { Scope } from '../src/graphql/scope.ts'
import { minutes, report } from './builders.ts'
import { apiForThisTest, socketTo, type TestApi, until } from './start-api.ts'

let api: TestApi
beforeEach(async () => {
  api = await apiForThisTest()
})

async function subscribe<T = any>(
  query: string,
  extensions?: Record<string, unknown>,
): Promise<{ seen: T[]; close: () => number }> {
  const seen: T[] = []
  const { client, connected, closed } = socketTo(api, await api.token([Scope.READ]))
  await connected
  client.subscribe(
    { query, ...(extensions ? { extensions } : {}) },
    {
      next: ({ data, errors }) => seen.push((errors ? { errors } : data) as T),
      error: (error) => seen.push({ error } as T),
      complete: () => undefined,
    },
  )
  // A subscription has no receipt: one that is refused tells so, and one that is served is there after a ping and its pong.
  await api.ask('{ summary { totalMachines } }')
  return { seen, close: closed }
}

describe('Who subscribes', () => {
  test('is told of machines, disks and events after they were recorded, with what lies within them', async () => {
    const machines = await subscribe(
      'subscription { machinesChanged { changed { hostname diskCount disks { serial health } } removedIds } }',
    )
    const disks = await subscribe(
      'subscription { disksChanged { changed { serial health machine { hostname } reasons { sentence } } removedIds } }',
    )
    const events = await subscribe('subscription { eventsAdded { changed { type machine { hostname } } } }')
    await report(api)
    await until(() => machines.seen.length && disks.seen.length && events.seen.length, 'all three to be told')
    expect(machines.seen[0].machinesChanged).toEqual({
      changed: [{ hostname: 'atlas', diskCount: 1, disks: [{ serial: 'S1', health: 'OK' }] }],
      removedIds: [],
    })
    expect(disks.seen[0].disksChanged.changed).toEqual([
      { serial: 'S1', health: 'OK', machine: { hostname: 'atlas' }, reasons: [] },
    ])
    expect(
      events.seen
        .flatMap(({ eventsAdded }) => eventsAdded.changed.map(({ type }: { type: string }) => type))
        .filter((type: string) => type !== 'TOKEN_CREATED'),
    ).toEqual(['MACHINE_ADDED', 'DISK_ADDED'])
  })

  test('is told at once from when on it misses nothing, where it wants to know', async () => {
    const query = 'subscription { machinesChanged { changed { hostname } removedIds } }'
    const { seen } = await subscribe(query, { confirm: true })
    await until(() => seen.length, 'the confirmation')
    expect(seen).toEqual([{ machinesChanged: { changed: [], removedIds: [] } }])
    const silent = await subscribe(query)
    await report(api)
    await until(() => seen.length > 1 && silent.seen.length, 'both to be told')
    expect(seen[1]).toEqual({ machinesChanged: { changed: [{ hostname: 'atlas' }], removedIds: [] } })
    expect(silent.seen[0]).toEqual(seen[1])
  })

  test('hears of what it asked for alone: of a machine, a job, or a disk', async () => {
    await report(api)
    const { data } = await api.ask('{ machine(hostname: "atlas") { id disks { id } } }')
    const { id, disks } = data.machine
    const own = await subscribe(`subscription { disksChanged(machineIds: ["${id}"]) { changed { serial } } }`)
    const other = await subscribe('subscription { disksChanged(machineIds: ["none"]) { changed { serial } } }')
    const events = await subscribe(`subscription { eventsAdded(diskId: "${disks[0].id}") { changed { type } } }`)
    const ofMachine = await subscribe(`subscription { eventsAdded(machineId: "${id}") { changed { type } } }`)
    const ofJob = await subscribe('subscription { eventsAdded(jobId: "none") { changed { type } } }')
    await report(api, { collectedAt: minutes(5), disks: [{ serial: 'S1', raw: { 5: 24, 197: 3 } }] })
    await report(api, { hostname: 'other', machineKey: 'key-of-another-machine', disks: [{ serial: 'S2' }] })
    await until(() => own.seen.length && events.seen.length && ofMachine.seen.length, 'the disk to be told')
    await until(async () => (await api.ask('{ disk(serial: "S2") { id } }')).data?.disk, 'the other machine')
    expect(own.seen.flatMap(({ disksChanged }) => disksChanged.changed.map((disk: any) => disk.serial))).not.toContain(
      'S2',
    )
    expect(events.seen[0].eventsAdded.changed).toEqual([{ type: 'HEALTH_CHANGED' }])
    expect([other.seen, ofJob.seen]).toEqual([[], []])
  })

  test('is told of each report, and of a disk only when more changed than temperature and time', async () => {
    await report(api)
    const machines = await subscribe('subscription { machinesChanged { changed { lastSeenAt } } }')
    const disks = await subscribe('subscription { disksChanged { changed { health } } }')
    await report(api, { collectedAt: minutes(15), disks: [{ temperature: 45, hours: 1001 }] })
    await until(() => machines.seen.length === 1, 'the report')
    await report(api, { collectedAt: minutes(30), disks: [{ raw: { 197: 1 } }] })
    await until(() => disks.seen.length > 0, 'the change')
    expect(disks.seen.map(({ disksChanged }) => disksChanged.changed)).toEqual([[{ health: 'AT_RISK' }]])
  })

  test('for one disk hears of that one alone', async () => {
    await report(api, { disks: [{}, {}] })
    const id = (await api.ask('{ disk(serial: "S2") { id } }')).data.disk.id
    const disks = await subscribe(`subscription { disksChanged(ids: ["${id}"]) { changed { serial } removedIds } }`)
    await report(api, { collectedAt: minutes(1), disks: [{ raw: { 197: 1 } }, {}] })
    await report(api, { collectedAt: minutes(2), disks: [{ raw: { 197: 2 } }, { raw: { 197: 1 } }] })
    await until(() => disks.seen.length > 0, 'the second disk')
    expect(disks.seen.flatMap(({ disksChanged }) => disksChanged.changed)).toEqual([{ serial: 'S2' }])
  })

  test('is told the ids of what was retired', async () => {
    const { machine } = await report(api)
    const machines = await subscribe('subscription { machinesChanged { changed { id } removedIds } }')
    await api.ask('mutation ($id: ID!) { archiveMachine(id: $id) { id } }', { id: machine.id })
    await until(() => machines.seen.length > 0, 'the removal')
    expect(machines.seen[0].machinesChanged).toEqual({ changed: [], removedIds: [machine.id] })
  })

  test('gets many changes in few messages', async () => {
    const machines = await subscribe('subscription { machinesChanged { changed { hostname } } }')
    await Promise.all(
      Array.from({ length: 40 }, (_, index) =>
        report(api, { machineKey: `key-of-machine-number-${index}`, hostname: `m${index}`, disks: [] }),
      ),
    )
    const told = () =>
      new Set(
        machines.seen.flatMap(({ machinesChanged }) =>
          machinesChanged.changed.map(({ hostname }: { hostname: string }) => hostname),
        ),
      ).size
    await until(() => told() === 40, 'all machines')
    expect(machines.seen.length).toBeLessThan(40)
  })

  test.each([
    ['{ summary { totalMachines } }', /Only subscriptions/],
    ['subscription { nothingSuch { id } }', /Cannot query field/],
    ['subscription {', /Syntax Error/],
  ])('with %s is told why not', async (query, words) => {
    const { seen } = await subscribe(query)
    await until(() => seen.length > 0, 'the refusal')
    expect(JSON.stringify(seen)).toMatch(words)
  })

  test('and the server stops, is told to go with 1001', async () => {
    const { close } = await subscribe('subscription { machinesChanged { changed { id } } }')
    await api.stop()
    expect(await until(close, 'the end')).toBe(1001)
  })
})

describe('A WebSocket', () => {
  const open = async (): Promise<{ send: (...messages: object[]) => void; ended: () => boolean }> => {
    const socket = new WebSocket(`${api.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws')
    let closed = false
    socket.on('error', () => undefined).on('close', () => (closed = true))
    await new Promise((done) => socket.once('open', done))
    return {
      send: (...messages) => messages.forEach((message) => socket.send(JSON.stringify(message))),
      ended: () => closed,
    }
  }

  test.each<[string, object[]]>([
    ['that talks before it has said who it is', Array.from({ length: 20 }, () => ({ type: 'ping' }))],
    ['that says what no client says', [{ type: 'next', id: '1', payload: {} }]],
  ])('%s is closed', async (_what, messages) => {
    const { send, ended } = await open()
    send(...messages)
    await until(ended, 'the socket to be closed', 3000)
  })

  test('that asks for nothing is told so, and stays', async () => {
    const { client, connected } = socketTo(api, await api.token([Scope.READ]))
    await connected
    const refused: string[] = []
    client.subscribe(
      { query: 'subscription { machinesChanged @skip(if: true) { removedIds } }' },
      { next: () => undefined, error: (error) => refused.push(JSON.stringify(error)), complete: () => undefined },
    )
    await until(() => refused.length === 1, 'it to be refused')
    expect(refused[0]).toContain('It asks for nothing')
  })

  test('that floods is closed, though it is known', async () => {
    const { send, ended } = await open()
    send({ type: 'connection_init', payload: { authorization: `Bearer ${await api.token([Scope.READ])}` } })
    send(...Array.from({ length: 3000 }, () => ({ type: 'ping', payload: { text: 'x'.repeat(200) } })))
    await until(ended, 'the socket to be closed', 8000)
  })

  test('holds a hundred subscriptions and no more', async () => {
    const { client, connected } = socketTo(api, await api.token([Scope.READ]))
    await connected
    const refused: string[] = []
    for (let index = 0; index < 110; index += 1)
      client.subscribe(
        { query: 'subscription { machinesChanged { removedIds } }' },
        { next: () => undefined, error: (error) => refused.push(JSON.stringify(error)), complete: () => undefined },
      )
    await until(() => refused.length === 10, 'ten to be refused')
    expect(refused[0]).toContain('At most 100 subscriptions')
  })
})

test('Who does not read what is sent is cut off, and costs no one else anything', { timeout: 40_000 }, async () => {
  const token = await api.token([Scope.READ])
  const socket = connect(Number(new URL(api.url).port), '127.0.0.1')
  const send = (message: object): void => {
    const text = Buffer.from(JSON.stringify(message))
    const length = text.length < 126 ? [0x80 | text.length] : [0x80 | 126, text.length >> 8, text.length & 255]
    socket.write(Buffer.concat([Buffer.from([0x81, ...length, 0, 0, 0, 0]), text]))
  }
  socket.write(
    `GET /graphql HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n`,
  )
  socket.on('error', () => undefined)
  await new Promise((done) => socket.once('data', done))
  send({ type: 'connection_init', payload: { authorization: `Bearer ${token}` } })
  await new Promise((done) => socket.once('data', done))
  // A large answer each time, and nobody reads it.
  const nodes =
    'changed { hostname disks { serial model reasons { sentence } stays { machine { hostname disks { serial model firmware } } } } }'
  send({
    type: 'subscribe',
    id: '1',
    payload: {
      query: `subscription { machinesChanged { ${nodes} ${Array.from({ length: 8 }, (_, index) => `c${index}: ${nodes}`).join(' ')} } }`,
    },
  })
  await new Promise((done) => setTimeout(done, 50))
  socket.pause()
  const disks = Array.from({ length: 40 }, (_, index) => ({ device: `sd${index}`, serial: `S${index}` }))
  let round = 0
  const cut = async (): Promise<boolean> => {
    round += 1
    await report(api, { collectedAt: minutes(round), disks })
    return api.app.subscribers() === 0
  }
  expect(await until(cut, 'the slow reader to be cut off', 35_000)).toBe(true)
  socket.destroy()
})

test('A subscription by POST is told where to subscribe', async () => {
  const { errors } = await api.ask('subscription { machinesChanged { removedIds } }')
  expect(errors?.[0]?.message).toBe('query: is a subscription. Subscribe by WebSocket, at this address.')
})
