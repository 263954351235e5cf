import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import WebSocket from 'ws'
import { forgetEnded } from '../src/access/ended-sessions.ts'
import { Scope } from '../src/graphql/scope.ts'
import { report, REPORT, reportOf } from './builders.ts'
import { apiForThisTest, socketTo, startApi, type TestApi, until } from './start-api.ts'

let api: TestApi
beforeAll(async () => {
  api = await startApi()
})
afterAll(() => api.stop())

const SUMMARY = '{ summary { totalMachines } }'
const anonymous = (path: string, body: unknown, headers = {}) =>
  fetch(`${api.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })
const codeOf = async (query: string, token: string) =>
  (await api.ask(query, {}, token)).errors?.[0]?.extensions.code ?? 'ALLOWED'

test('Whoever tries many links is slowed, and told for how long', async () => {
  const own = await apiForThisTest()
  const tries = Array.from({ length: 25 }, () =>
    fetch(`${own.url}/api/sign-in`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ link: `link_${'a'.repeat(40)}` }),
    }),
  )
  const answers = await Promise.all(tries)
  expect(answers.map(({ status }) => status).toSorted()).toEqual([
    ...Array<number>(20).fill(401),
    ...Array<number>(5).fill(429),
  ])
  const slowed = answers.find(({ status }) => status === 429) as Response
  expect(Number(slowed.headers.get('retry-after'))).toBeGreaterThan(0)
  expect(await slowed.json()).toMatchObject({ errors: [{ extensions: { code: 'TOO_MANY_REQUESTS' } }] })
})

test('Links of former starts open nothing, and what has ended is forgotten', async () => {
  const own = await apiForThisTest()
  const { access } = own.app.services()
  const former = await access.createLink()
  await access.endLinks()
  const link = await access.createLink()
  expect(await access.spendLink(former)).toBeNull()
  const secret = (await access.spendLink(link)) as string
  expect(await access.bySession(secret)).not.toBeNull()
  const rows = async (): Promise<number> =>
    (await own.orm.em.getConnection().execute('select count(*) as count from session'))[0]?.count
  const forget = () => forgetEnded(own.orm.em, own.app.transact, () => own.clock.now)
  await forget()
  expect(await rows()).toBe(1)
  own.clock.now = new Date(own.clock.now.getTime() + 400 * 86_400_000)
  await forget()
  expect(await rows()).toBe(0)
})

test.each(['br', 'gzip', 'identity'])(
  'What is long is sent as %s where it is asked for, and says so',
  async (encoding) => {
    const query = '{ __schema { types { name description fields { name description } } } }'
    const response = await api.post('/graphql', { query }, { 'accept-encoding': encoding })
    expect(response.headers.get('content-encoding')).toBe(encoding === 'identity' ? null : encoding)
    const { data } = (await response.json()) as { data: { __schema: { types: unknown[] } } }
    expect(data.__schema.types.length).toBeGreaterThan(50)
  },
)

describe('Without a session or a token', () => {
  test.each(['/graphql', '/api/ingest'])('%s answers 401', async (path) => {
    const response = await anonymous(path, { query: SUMMARY })
    expect(response.status).toBe(401)
    expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] })
  })
  test.each(['Bearer vigie_wrongwrongwrongwrongwrong', 'Basic dXNlcjpwYXNz', 'Bearer '])(
    '%j is nobody',
    async (authorization) => {
      expect((await anonymous('/graphql', { query: SUMMARY }, { authorization })).status).toBe(401)
    },
  )
  test('a WebSocket is closed with 4403', async () => {
    expect(await until(socketTo(api).closed, 'the socket to be closed')).toBe(4403)
  })
  test('health, the agent and the playground are there, and tell nothing', async () => {
    expect(await (await fetch(`${api.url}/healthz`)).json()).toEqual({ ok: true })
    expect(await (await fetch(`${api.url}/health`)).json()).toEqual({ ok: true })
    expect((await fetch(`${api.url}/readyz`)).status).toBe(200)
    const agent = await fetch(`${api.url}/agent.mjs`)
    expect([agent.status, agent.headers.get('content-type')]).toEqual([200, expect.stringContaining('javascript')])
    const playground = await (await fetch(`${api.url}/graphql`, { headers: { accept: 'text/html' } })).text()
    expect(playground).toContain('graphiql')
    expect(playground.match(/(?:src|href)=["']https?:\/\/[^"']+/g) ?? []).toEqual([])
  })
})

describe('A scope', () => {
  test.each<[Scope[], string, string]>([
    [[Scope.REPORT], SUMMARY, 'FORBIDDEN'],
    [[Scope.REPORT], '{ apiClients { id } }', 'FORBIDDEN'],
    [[Scope.READ], SUMMARY, 'ALLOWED'],
    [[Scope.READ], '{ apiClients { id } }', 'FORBIDDEN'],
    [[Scope.READ], 'mutation { archiveDisk(id: "x") { id } }', 'FORBIDDEN'],
    [[Scope.OPERATE], 'mutation { archiveDisk(id: "x") { id } }', 'NOT_FOUND'],
    [[Scope.OPERATE], SUMMARY, 'ALLOWED'],
    [[Scope.OPERATE], 'mutation { createToken(name: "x") { id } }', 'FORBIDDEN'],
    [[Scope.ADMIN], '{ apiClients { id prefix scopes } }', 'ALLOWED'],
  ])('%j asking %s: %s', async (scopes, query, expected) => {
    expect(await codeOf(query, await api.token(scopes))).toBe(expected)
  })
  test('report may report and read nothing through its answer', async () => {
    const token = await api.token([Scope.REPORT])
    expect((await api.ask(REPORT, { report: reportOf() }, token)).errors).toBeUndefined()
    const nosy = REPORT.replace('machine { id }', 'machine { id disks { serial } }')
    expect((await api.ask(nosy, { report: reportOf() }, token)).status).toBe(400)
  })
  test('read may not report', async () => {
    expect(
      (await api.ask(REPORT, { report: reportOf() }, await api.token([Scope.READ]))).errors?.[0]?.extensions.code,
    ).toBe('FORBIDDEN')
    expect(
      (await api.post('/api/ingest', { hostname: 'x' }, { authorization: `Bearer ${await api.token([Scope.READ])}` }))
        .status,
    ).toBe(403)
  })
})

describe('A token', () => {
  test('is bound to the first machine that it reports for', async () => {
    const token = await api.token([Scope.REPORT], { anyMachine: false })
    const one = { machineKey: 'key-of-the-bound-machine', hostname: 'bound' }
    await report(api, one, token)
    await report(api, one, token)
    await expect(
      report(api, { machineKey: 'key-of-somebody-else-yet', hostname: 'other' }, token),
    ).rejects.toMatchObject({ code: 'FORBIDDEN' })
    // Refused whole: the other machine was not made either.
    expect((await api.ask('{ machine(hostname: "other") { id } }')).errors?.[0]?.extensions.code).toBe('NOT_FOUND')
  })
  test('for any machine reports for all', async () => {
    const token = await api.token([Scope.REPORT])
    await report(api, { machineKey: 'key-of-any-machine-no-1', hostname: 'any-1' }, token)
    await report(api, { machineKey: 'key-of-any-machine-no-2', hostname: 'any-2' }, token)
  })
  test('is kept as prefix and hash, and works no more once it is revoked', async () => {
    const { data } = await api.ask('mutation { createToken(name: "short-lived", scopes: [READ]) { id token } }')
    const { id, token } = data.createToken
    expect(await codeOf(SUMMARY, token)).toBe('ALLOWED')
    const rows = JSON.stringify(await api.orm.em.getConnection().execute('select * from api_client where id = ?', [id]))
    expect(rows).not.toContain(token)
    await api.ask('mutation ($id: ID!) { revokeToken(id: $id) { revokedAt } }', { id })
    expect((await api.post('/graphql', { query: SUMMARY }, { authorization: `Bearer ${token}` })).status).toBe(401)
  })
  test('without a name is refused with field, rule and cure', async () => {
    expect((await api.ask('mutation { createToken(name: " ") { id } }')).errors?.[0]?.extensions).toMatchObject({
      code: 'BAD_USER_INPUT',
      field: 'name',
    })
  })
})

describe('A sign-in link', () => {
  const signIn = (link: string, headers = {}) => anonymous('/api/sign-in', { link }, headers)
  test('is spent once, by a POST, and makes a session', async () => {
    const link = await api.app.services().access.createLink()
    const response = await signIn(link)
    const cookie = response.headers.get('set-cookie') ?? ''
    expect(cookie).toMatch(/^vigie_session=session_[\w-]{40,}; .*HttpOnly; SameSite=Strict/)
    expect((await signIn(link)).status).toBe(401)
    const session = cookie.split(';')[0] ?? ''
    expect((await anonymous('/graphql', { query: SUMMARY }, { cookie: session })).status).toBe(200)
    await anonymous('/api/sign-out', {}, { cookie: session })
    expect((await anonymous('/graphql', { query: SUMMARY }, { cookie: session })).status).toBe(401)
  })
  test('is too old after a day', async () => {
    const link = await api.app.services().access.createLink()
    const now = api.clock.now
    api.clock.now = new Date(now.getTime() + 24 * 3_600_000)
    expect((await signIn(link)).status).toBe(401)
    api.clock.now = now
  })
  test('is spent by two at once for one of them', async () => {
    const link = await api.app.services().access.createLink()
    const answers = await Promise.all([signIn(link), signIn(link), signIn(link)])
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 401, 401])
  })
})

describe('A page of another site', () => {
  test.each([
    ['http://evil.example', 403],
    ['null', 403],
  ])('with the origin %s is refused', async (origin, status) => {
    expect((await api.post('/graphql', { query: SUMMARY }, { origin })).status).toBe(status)
    expect((await api.post('/api/ingest', { hostname: 'x' }, { origin })).status).toBe(status)
  })
  test('is refused a WebSocket', async () => {
    const socket = new WebSocket(`${api.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws', {
      origin: 'http://evil.example',
    })
    expect(
      await new Promise((done) =>
        socket.on('unexpected-response', (_, response) => done(response.statusCode)).on('error', () => undefined),
      ),
    ).toBe(403)
  })
  test("is not Vigie's own page", async () => {
    expect((await api.post('/graphql', { query: SUMMARY }, { origin: api.url })).status).toBe(200)
  })
})

describe('A question', () => {
  const all =
    'id serial model wwn aliases weak type bus role capacityBytes firmware rotationRpm device path health rulesVersion label moved firstSeenAt lastSeenAt lastReadAt missingSince conflictSince temperature archivedAt'
  test('for a first page with all scalars and a nested page is within the limit', async () => {
    const { errors } = await api.ask(
      `{ disks { nodes { ${all} reasons { code } snapshots { nodes { id at reasons { code } } } } totalCount } }`,
    )
    expect(errors).toBeUndefined()
  })
  test.each([
    [
      'too deep',
      '{ disks(first: 500) { nodes { machine { disks { machine { disks { stays { machine { disks { id } } } } } } } } } }',
      'TOO_EXPENSIVE',
    ],
    [
      'too wide, by aliases',
      `{ ${Array.from({ length: 120 }, (_, index) => `a${index}: disks(first: 500) { nodes { id } }`).join(' ')} }`,
      'TOO_EXPENSIVE',
    ],
    [
      'paid for with a negative page',
      `{ x: disks(first: -1000000) { nodes { id } } ${Array.from({ length: 120 }, (_, index) => `a${index}: disks(first: 500) { nodes { id } }`).join(' ')} }`,
      'TOO_EXPENSIVE',
    ],
    ['larger than 500', '{ disks(first: 501) { nodes { id } } }', 'BAD_USER_INPUT'],
    ['with a foreign cursor', '{ disks(after: "eyJ4Ijox") { nodes { id } } }', 'BAD_USER_INPUT'],
  ])('%s is refused with what to do', async (_, query, code) => {
    expect((await api.ask(query)).errors?.[0]?.extensions.code).toBe(code)
  })
  test('of more than 4,000 tokens is not even read', async () => {
    expect((await api.ask(`{ summary { ${'totalMachines '.repeat(5000)} } }`)).status).toBe(400)
  })
})

test('A revoked token hears no more over a WebSocket that it had opened', async () => {
  const { data } = await api.ask('mutation { createToken(name: "listener", scopes: [READ]) { id token } }')
  const { connected, closed } = socketTo(api, data.createToken.token)
  await connected
  await api.ask('mutation ($id: ID!) { revokeToken(id: $id) { id } }', { id: data.createToken.id })
  expect(await until(closed, 'the socket to be closed')).toBe(4403)
})
