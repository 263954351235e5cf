import { connect, type Socket } from 'node:net'
import { gzipSync } from 'node:zlib'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { Scope } from '../src/graphql/scope.ts'
import { apiForThisTest, type TestApi, until } from './start-api.ts'

// Bytes from somebody whom nobody knows, at the bare port. After each the server must still be there: an error that
// nobody hears would end the whole run of this test.
const upgrade = (target: string, more = ''): string =>
  `GET ${target} HTTP/1.1\r\nHost: vigie\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n${more}\r\n`

const BYTES: [what: string, bytes: string][] = [
  ['an upgrade to //', upgrade('//')],
  ['an upgrade to // from a page of another origin', upgrade('//', 'Origin: http://evil.example\r\n')],
  ['an upgrade to http://', upgrade('http://')],
  ['an upgrade to a target that is no address', upgrade('http://[::1')],
  ['an upgrade to a port that does not exist', upgrade('//x:99999999')],
  ['an upgrade to a page', upgrade('/x')],
  ['an upgrade from another origin', upgrade('/graphql', 'Origin: http://evil.example\r\n')],
  ['an upgrade from an origin that is none', upgrade('/graphql', 'Origin: ://\r\n')],
  [
    'an upgrade without a key',
    'GET /graphql HTTP/1.1\r\nHost: vigie\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
  ],
  [
    'an upgrade to something else',
    'GET /graphql HTTP/1.1\r\nHost: vigie\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n',
  ],
  ['an upgrade with frames behind it', `${upgrade('/graphql')}\xff\xff\xff\xff\xff\xff`],
  ['a frame of text that is none', `${upgrade('/graphql')}\x81\x82\x00\x00\x00\x00\xff\xff`],
  ['a frame of 2^62 bytes', `${upgrade('/graphql')}\x82\xff\x3f\xff\xff\xff\xff\xff\xff\xff\x00\x00\x00\x00`],
  ['a request that is none', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\r\n\r\n'],
  [
    'a question with a body that nobody reads',
    `GET /healthz HTTP/1.1\r\nHost: vigie\r\nContent-Length: 9000000\r\n\r\n${'['.repeat(100_000)}`,
  ],
  ['two lengths', 'POST /graphql HTTP/1.1\r\nHost: vigie\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}'],
  ['a length that is none', 'POST /graphql HTTP/1.1\r\nHost: vigie\r\nContent-Length: -1\r\n\r\n{}'],
  [
    'a length and chunks',
    'POST /graphql HTTP/1.1\r\nHost: vigie\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  ],
  [
    'a chunk without end',
    'POST /api/sign-in HTTP/1.1\r\nHost: vigie\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n',
  ],
  ['a header without end', `GET / HTTP/1.1\r\nHost: vigie\r\nX: ${'x'.repeat(100_000)}`],
  ['a thousand headers', `GET / HTTP/1.1\r\nHost: vigie\r\n${'X: x\r\n'.repeat(1000)}\r\n`],
  ['an address of 100 kB', `GET /${'a'.repeat(100_000)} HTTP/1.1\r\nHost: vigie\r\n\r\n`],
  ['an address with broken escapes', 'GET /%E0%A4%A HTTP/1.1\r\nHost: vigie\r\n\r\n'],
  ['an address with a zero byte', 'GET /%00 HTTP/1.1\r\nHost: vigie\r\nAccept: text/html\r\n\r\n'],
  ['an address that climbs', 'GET /assets/..%2f..%2f..%2fpackage.json HTTP/1.1\r\nHost: vigie\r\n\r\n'],
  ['no host', 'GET /healthz HTTP/1.1\r\n\r\n'],
  ['a host that is none', 'GET /healthz HTTP/1.1\r\nHost: [::\r\nOrigin: http://[::\r\n\r\n'],
  ['a method that is none', 'BREW /coffee HTTP/1.1\r\nHost: vigie\r\n\r\n'],
  ['a tunnel', 'CONNECT example.org:443 HTTP/1.1\r\nHost: example.org\r\n\r\n'],
  ['an expectation', 'POST /graphql HTTP/1.1\r\nHost: vigie\r\nExpect: the impossible\r\nContent-Length: 2\r\n\r\n{}'],
  ['cookies that are none', 'GET /healthz HTTP/1.1\r\nHost: vigie\r\nCookie: vigie_session=%E0%A4%A; =; ;;;=\r\n\r\n'],
  [
    'a gzip that is none',
    'POST /api/sign-in HTTP/1.1\r\nHost: vigie\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\nContent-Length: 10\r\n\r\n0123456789',
  ],
  ['a hundred requests at once', 'GET /healthz HTTP/1.1\r\nHost: vigie\r\n\r\n'.repeat(100)],
  ['half a request', 'POST /graphql HTTP/1.1\r\nHost: vigie\r\nContent-Length: 100\r\n\r\n{"query'],
]

describe('A stranger at the bare port', () => {
  test('does not end the process nor fill the log, whether he waits for the answer, resets, or goes at once', async () => {
    const api = await apiForThisTest({ VIGIE_LOG_LEVEL: 'silent' })
    const said = vi.spyOn(console, 'error')
    onTestFinished(() => said.mockRestore())
    const port = Number(new URL(api.url).port)
    for (const [what, bytes] of BYTES) {
      for (const how of ['answer', 'reset', 'go'] as const) {
        await new Promise<void>((done) => {
          const socket = connect(port, '127.0.0.1', () => {
            socket.write(Buffer.from(bytes, 'latin1'), () => {
              if (how === 'reset') socket.resetAndDestroy()
              else socket.end()
            })
            if (how === 'go') socket.destroy()
          })
          socket.setTimeout(3000, () => socket.destroy())
          socket.on('data', () => socket.end())
          socket.on('error', () => undefined)
          socket.on('close', () => done())
        })
        const health = await fetch(`${api.url}/healthz`, { headers: { connection: 'close' } }).then(
          (answer) => answer.status,
          (error: Error) => error.message,
        )
        expect([what, how, health, said.mock.calls]).toEqual([what, how, 200, []])
      }
    }
  })
})

/** A connection that does what a test says, and how it ended. */
function dial(api: TestApi): { socket: Socket; ended: () => boolean; received: () => string } {
  const socket = connect(Number(new URL(api.url).port), '127.0.0.1')
  let closed = false
  let text = ''
  socket.on('error', () => undefined)
  socket.on('close', () => (closed = true))
  socket.on('data', (chunk: Buffer) => (text = (text + chunk.toString('latin1')).slice(0, 100_000)))
  onTestFinished(() => void socket.destroy())
  return { socket, ended: () => closed, received: () => text }
}

test('One whose bodies drip keeps nobody but himself waiting', async () => {
  const api = await apiForThisTest()
  const [slow, other] = [await api.token([Scope.REPORT]), await api.token([Scope.REPORT])]
  for (let turn = 0; turn < 8; turn += 1) {
    const socket = connect(Number(new URL(api.url).port), '127.0.0.1')
    onTestFinished(() => void socket.destroy())
    socket.on('error', () => undefined)
    socket.write(
      `POST /api/ingest HTTP/1.1\r\nHost: vigie\r\nAuthorization: Bearer ${slow}\r\nContent-Length: 200000\r\n\r\n{`,
    )
  }
  const answer = await fetch(`${api.url}/api/ingest`, {
    method: 'POST',
    headers: { authorization: `Bearer ${other}`, 'content-encoding': 'gzip', 'content-type': 'application/json' },
    body: gzipSync(JSON.stringify({ hostname: 'atlas', disks: [] })),
    signal: AbortSignal.timeout(10_000),
  })
  expect(answer.status).toBe(200)
})

describe('Who is slow is cut off', () => {
  test.each<[string, string, boolean]>([
    ['and sends nothing', '', false],
    ['and drips headers', 'GET /healthz HTTP/1.1\r\nHost: vigie\r\nX-Drip: ', true],
    [
      'and drips a body',
      'POST /api/sign-in HTTP/1.1\r\nHost: vigie\r\nContent-Type: application/json\r\nContent-Length: 4000\r\n\r\n{"',
      true,
    ],
    [
      'and drips a body that nobody reads',
      'POST /nowhere HTTP/1.1\r\nHost: vigie\r\nContent-Length: 4000\r\n\r\n{"',
      true,
    ],
    [
      'and drips chunks',
      'POST /api/sign-in HTTP/1.1\r\nHost: vigie\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n',
      true,
    ],
  ])('%s', async (_what, start, drips) => {
    const api = await apiForThisTest({}, { headers: 300, request: 600 })
    const { socket, ended } = dial(api)
    socket.write(start)
    const drip = setInterval(
      () => drips && !socket.destroyed && socket.write(start.includes('chunked') ? '1\r\n \r\n' : ' '),
      50,
    )
    onTestFinished(() => clearInterval(drip))
    await until(ended, 'the connection to be cut', 5000)
  })

  test('and whoever asks for the fifth time before the first answer', async () => {
    const api = await apiForThisTest()
    const { socket, ended } = dial(api)
    socket.write('GET /healthz HTTP/1.1\r\nHost: vigie\r\n\r\n'.repeat(5))
    await until(ended, 'the connection to be cut')
  })

  test('and does not read the answer', async () => {
    const api = await apiForThisTest({}, { answer: 300 })
    const sockets = (): number => process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length
    const before = sockets()
    const { socket } = dial(api)
    socket.pause()
    // More than the kernel takes for somebody who does not read.
    socket.write('GET /graphql HTTP/1.1\r\nHost: vigie\r\n\r\n'.repeat(4))
    await until(() => sockets() === before + 2, 'both ends of the connection')
    // His own end still stands: he does not read that the other is gone.
    await until(() => sockets() <= before + 1, 'the connection to be cut')
  })
})

const ENCODINGS = ['', 'Accept-Encoding: gzip\r\n', 'Accept-Encoding: br\r\n']

/** A frame of a client (RFC 6455 §5.2), masked by zeros. */
function frame(text: string, { first = true, last = true } = {}): Buffer {
  const payload = Buffer.from(text)
  const head = Buffer.alloc(payload.length < 126 ? 6 : 14)
  head[0] = (last ? 0x80 : 0) | (first ? 1 : 0)
  if (payload.length < 126) head[1] = 0x80 | payload.length
  else {
    head[1] = 0xff
    head.writeBigUInt64BE(BigInt(payload.length), 2)
  }
  return Buffer.concat([head, payload])
}

describe('A WebSocket of somebody who has not said who he is', () => {
  const PROTOCOL = 'Sec-WebSocket-Protocol: graphql-transport-ws\r\n'
  const deep = `{"type":"connection_init","payload":{"a":${'['.repeat(20_000)}${']'.repeat(20_000)}}}`
  const pieces = Array.from({ length: 20_000 }, (_, index) => frame('a', { first: index === 0, last: false }))

  test.each<[string, Buffer]>([
    ['a message in 20,000 pieces', Buffer.concat(pieces)],
    ['a message that is 20,000 levels deep', frame(deep)],
    ['a message of 300 kB', frame(`{"type":"connection_init","payload":{"a":"${'a'.repeat(300_000)}"}}`)],
  ])('ends at %s', async (_what, bytes) => {
    const api = await apiForThisTest()
    const { socket } = dial(api)
    socket.write(upgrade('/graphql', PROTOCOL))
    await until(() => api.app.subscribers() === 1, 'the WebSocket')
    socket.write(bytes)
    await until(() => api.app.subscribers() === 0, 'the WebSocket to be closed')
  })

  test('makes room for the next: a hundred of them at a time', async () => {
    const api = await apiForThisTest()
    for (let count = 0; count < 150; count += 1) dial(api).socket.write(upgrade('/graphql', PROTOCOL))
    await until(() => api.app.subscribers() >= 90, 'them all')
    await until(() => api.app.subscribers() <= 101, 'the oldest to go')
    expect((await fetch(`${api.url}/healthz`)).status).toBe(200)
  })
})

test('Who asks for the unpacked page while ten do not read theirs is told what to do instead', async () => {
  const api = await apiForThisTest()
  // Read whole: an answer that this test itself left unread would hold a place, and give it back at some time.
  const ask = async (encoding: string) => {
    const answer = await fetch(`${api.url}/graphql`, { headers: { 'accept-encoding': encoding } })
    return { status: answer.status, text: await answer.text() }
  }
  const plain = 'GET /graphql HTTP/1.1\r\nHost: vigie\r\nAccept-Encoding: identity\r\n\r\n'
  for (let count = 0; count < 12; count += 1) dial(api).socket.pause().write(plain)
  await until(async () => (await ask('identity')).status === 503, 'the page to be busy')
  const { errors } = JSON.parse((await ask('identity')).text) as { errors: { message: string }[] }
  expect(errors[0]?.message).toBe('Too many ask for this page without gzip. Ask with Accept-Encoding: gzip')
  expect((await ask('gzip')).status).toBe(200)
})

describe('What is large or deep is refused before anything is made of it', () => {
  const DEEP = '['.repeat(4_000_000)
  const MANY = `[${'{},'.repeat(2_000_000)}{}]`

  test.each<[string, string, string, number, string]>([
    ['no address of Vigie', '/nowhere', DEEP, 404, 'NOT_FOUND'],
    ['sign-out', '/api/sign-out', DEEP, 413, 'FST_ERR_CTP_BODY_TOO_LARGE'],
    ['an address that only answers', '/healthz', DEEP, 404, 'NOT_FOUND'],
    ['GraphQL, from nobody we know', '/graphql', DEEP, 401, 'UNAUTHENTICATED'],
    ['ingest, from nobody we know', '/api/ingest', DEEP, 401, 'UNAUTHENTICATED'],
    ['sign-in', '/api/sign-in', DEEP, 413, 'FST_ERR_CTP_BODY_TOO_LARGE'],
  ])('a packed body to %s', async (_what, path, body, status, code) => {
    const api = await apiForThisTest()
    const answer = await fetch(`${api.url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' },
      body: gzipSync(body),
    })
    expect([answer.status, ((await answer.json()) as any).errors[0].extensions.code]).toEqual([status, code])
  })

  test.each([
    ['deep', DEEP, /nested deeper than 100 levels/],
    ['of many values', MANY, /holds more than 500,000 values/],
  ])('a body that is %s, from somebody we know', async (_what, body, message) => {
    const api = await apiForThisTest()
    const token = await api.token([Scope.REPORT])
    for (const path of ['/graphql', '/api/ingest']) {
      const before = process.memoryUsage().rss
      const answer = await fetch(`${api.url}${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'content-encoding': 'gzip', authorization: `Bearer ${token}` },
        body: gzipSync(body),
      })
      expect(answer.status).toBe(400)
      expect(((await answer.json()) as any).errors[0].message).toMatch(message)
      expect(process.memoryUsage().rss - before).toBeLessThan(150 * 1024 * 1024)
    }
  })

  test.each([
    ['alerts by state', 'query ($t: [AlertState!]) { alerts(filter: { state: $t }) { totalCount } }', 'OPEN'],
    ['disks by health', 'query ($t: [Health!]) { disks(filter: { health: $t }) { totalCount } }', 'OK'],
    ['alerts of a cause', 'mutation ($t: [ID!]) { acknowledgeCause(id: "x", alertIds: $t) { id } }', 'x'],
  ])('a list that no database takes: %s', async (_what, question, value) => {
    const api = await apiForThisTest()
    const asked = (length: number) => api.ask(question, { t: Array.from({ length }, () => value) })
    expect((await asked(10_001)).errors?.[0]?.message).toBe('list: must hold at most 10000 values. Ask several times.')
    const codes = ((await asked(10_000)).errors ?? []).map(({ extensions }: any) => extensions.code)
    expect(codes).not.toContain('INTERNAL_SERVER_ERROR')
  })

  test('a hundred who ask for the playground and read nothing share one text, and keep nobody waiting', async () => {
    // They are not cut off within this test.
    const api = await apiForThisTest({}, { answer: 600_000 })
    await (await fetch(`${api.url}/graphql`)).arrayBuffer()
    const before = process.memoryUsage().rss
    for (let count = 0; count < 100; count += 1) {
      const { socket } = dial(api)
      socket.pause()
      socket.write(`GET /graphql HTTP/1.1\r\nHost: vigie\r\n${ENCODINGS[count % 3]}\r\n`)
    }
    await until(async () => (await fetch(`${api.url}/healthz`)).status === 200, 'an answer')
    expect(process.memoryUsage().rss - before).toBeLessThan(150 * 1024 * 1024)
  })
})
