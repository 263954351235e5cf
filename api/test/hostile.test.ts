import { connect } from 'node:net'
import { describe, expect, test } from 'vitest'
import { apiForThisTest } from './start-api.ts'

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
  ['a request that is none', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\r\n\r\n'],
  ['half a request', 'POST /graphql HTTP/1.1\r\nHost: vigie\r\nContent-Length: 100\r\n\r\n{"query'],
]

describe('A stranger at the bare port', () => {
  test('does not end the process, whether he waits for the answer, resets, or goes at once', async () => {
    const api = await apiForThisTest({ VIGIE_LOG_LEVEL: 'silent' })
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
        expect([what, how, health]).toEqual([what, how, 200])
      }
    }
  })
})
