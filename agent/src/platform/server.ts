import { request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { Ending, ExitStatus } from '../exit-status.ts'
import type { TypedDocumentString } from '../gql/graphql.ts'
import type { Settings } from '../settings.ts'
import { VERSION } from '../version.ts'

const compress = promisify(gzip)
const TIMEOUT_MS = 30_000
const DEADLINE_MS = 120_000
/** Characters of what a server says of an error. */
const LONGEST_WORD = 500
const LARGEST_ANSWER = 4 * 1024 * 1024

/** The server will never take this; it must not block what is behind it. */
export class Refused extends Error {}

interface Answer {
  status: number
  body: string
  date: string | undefined
}

interface GraphqlAnswer {
  data?: unknown
  errors?: { message: string; extensions?: { code?: string; field?: unknown } }[]
}

/** Asks by GraphQL; each way in which it can fail has its own ending. Of what is answered nothing is checked. */
export async function askServer<Result, Variables>(
  { server, token }: Settings,
  document: TypedDocumentString<Result, Variables>,
  variables: Variables,
): Promise<{ data: Partial<Result>; status: number; date: string | undefined }> {
  const body = await compress(JSON.stringify({ query: document.toString(), variables }))
  const answer = await post(`${server}/graphql`, token, body)
  const { data, errors } = readAnswer(answer, server)
  const error = errors?.[0]
  if (error) throw endingFor(error, answer.status, server)
  if (answer.status >= 500) throw away(server, `it answered ${answer.status}`)
  if (typeof data !== 'object' || data === null) throw notVigie(server, answer.status)
  return { data, status: answer.status, date: answer.date }
}

const away = (server: string, why: string): Ending => new Ending(ExitStatus.SPOOLED, `${server} is away: ${why}`)
export const notVigie = (server: string, status: number): Ending =>
  new Ending(ExitStatus.USAGE, `${server} answered ${status} and is no Vigie: check VIGIE_SERVER`)

function readAnswer({ status, body }: Answer, server: string): GraphqlAnswer {
  try {
    const json = JSON.parse(body) as GraphqlAnswer
    if (json && typeof json === 'object' && ('data' in json || 'errors' in json)) return json
  } catch {
    // Not JSON: a proxy or another server answered.
  }
  if (status === 413) throw new Refused('a proxy says that it is too large; let it pass bodies of 8 MiB')
  if (status >= 500 || status === 408 || status === 429) throw away(server, `it answered ${status}`)
  // A proxy whose backend is down may say so; a wrong address looks the same.
  if (status === 404) throw away(server, 'it answered 404 (is VIGIE_SERVER right?)')
  if (status === 401 || status === 403) throw refused(server, `answered ${status}`)
  throw notVigie(server, status)
}

const refused = (server: string, why: string): Ending =>
  new Ending(
    ExitStatus.TOKEN_REFUSED,
    `${server} refused the token: ${why.replace(/\.$/, '')}. Make a new one on the page "Add a machine".`,
  )

const incompatible = (message: string, server: string): Ending =>
  new Ending(
    ExitStatus.INCOMPATIBLE,
    `This agent (${VERSION}) and ${server} do not understand each other (${message}). Fetch the agent again: ${server}/agent.mjs`,
  )

function endingFor(
  { message: said, extensions }: { message: string; extensions?: { code?: string; field?: unknown } },
  status: number,
  server: string,
): Error {
  // It may be anybody's, and goes into a log.
  const message = String(said).slice(0, LONGEST_WORD)
  const code = extensions?.code ?? ''
  if (code === 'UNAUTHENTICATED' || code === 'FORBIDDEN' || status === 401 || status === 403)
    return refused(server, message)
  if (code === 'GRAPHQL_VALIDATION_FAILED' || code === 'GRAPHQL_PARSE_FAILED') {
    return incompatible(message, server)
  }
  // A rule of Vigie's names its field; without one the shapes of agent and server differ.
  if (extensions?.field || code === 'NOT_FOUND' || status === 413) return new Refused(message)
  if (code === 'BAD_USER_INPUT' || status === 400) return incompatible(message, server)
  return away(server, message)
}

const TLS_CODES = /^(CERT_|ERR_TLS_|ERR_SSL_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|EPROTO|HOSTNAME_MISMATCH)/

function post(url: string, token: string, body: Buffer): Promise<Answer> {
  const { origin, protocol } = new URL(url)
  return new Promise((resolve, reject) => {
    const fail = (error: NodeJS.ErrnoException): void => {
      const code = error.code ?? ''
      reject(
        TLS_CODES.test(code)
          ? new Ending(
              ExitStatus.TLS,
              `No safe connection to ${origin}: ${error.message}. Trust its certificate with NODE_EXTRA_CA_CERTS=/path/to/ca.pem.`,
            )
          : away(origin, error.message || code),
      )
    }
    const headers = {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      'content-encoding': 'gzip',
      'content-length': body.length,
      accept: 'application/json',
      'user-agent': `vigie-agent/${VERSION}`,
    }
    const request = (protocol === 'https:' ? httpsRequest : httpRequest)(
      url,
      { method: 'POST', headers, timeout: TIMEOUT_MS },
      (response) => {
        const chunks: Buffer[] = []
        let size = 0
        response.on('data', (chunk: Buffer) => {
          size += chunk.length
          if (size > LARGEST_ANSWER) request.destroy(new Error('its answer is too large'))
          else chunks.push(chunk)
        })
        response.once('error', fail)
        response.once('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            body: Buffer.concat(chunks).toString('utf8'),
            date: response.headers.date,
          }),
        )
      },
    )
    request.once('timeout', () => request.destroy(new Error(`no answer within ${TIMEOUT_MS / 1000} s`)))
    // `timeout` is for silence; a server that answers drop by drop is given up at the deadline.
    const deadline = setTimeout(
      () => request.destroy(new Error(`no whole answer within ${DEADLINE_MS / 1000} s`)),
      DEADLINE_MS,
    )
    request.once('error', fail)
    request.once('upgrade', (_response, socket) => {
      socket.destroy()
      fail(new Error('it answered 101'))
    })
    request.once('close', () => {
      clearTimeout(deadline)
      fail(new Error('the connection ended without an answer'))
    })
    request.end(body)
  })
}
