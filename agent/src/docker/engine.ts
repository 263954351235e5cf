import { request } from 'node:http'
import { Unavailable } from '../inventory/section.ts'

// The Engine API of Docker, which Podman speaks too, over its Unix socket. It is only ever read.

const TIMEOUT_MS = 10_000
/** A machine of 1,000 containers has some 2 MB of them. */
const LARGEST = 32 * 1024 * 1024

export class EngineError extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message)
  }
}

export class Engine {
  constructor(readonly socket: string) {}

  /** Errors: EngineError where it answers with one, Unavailable where it does not answer. */
  get(path: string, timeoutMs = TIMEOUT_MS): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const failed = (error: NodeJS.ErrnoException): void => reject(unavailable(this.socket, error))
      const asked = request({ socketPath: this.socket, path, method: 'GET', headers: { host: 'docker' } }, (answer) => {
        const chunks: Buffer[] = []
        let size = 0
        answer.on('error', failed)
        answer.on('data', (chunk: Buffer) => {
          size += chunk.length
          if (size > LARGEST) asked.destroy(new Unavailable('TOO_LARGE', `${path} is larger than 32 MiB`))
          else chunks.push(chunk)
        })
        answer.on('end', () => {
          try {
            resolve(readAnswer(answer.statusCode ?? 0, Buffer.concat(chunks).toString('utf8'), path))
          } catch (error) {
            reject(error)
          }
        })
      })
      // One that drips is not waited for either.
      const deadline = setTimeout(
        () =>
          asked.destroy(new Unavailable('TIMEOUT', `the container engine gave no answer within ${timeoutMs / 1000} s`)),
        timeoutMs,
      )
      asked.on('error', failed)
      // Whatever else it does than answer: what was settled before stays.
      asked.on('upgrade', (_, socket) => {
        socket.on('error', () => undefined)
        socket.destroy()
      })
      asked.on('close', () => {
        clearTimeout(deadline)
        failed(new Error('it hung up'))
      })
      asked.end()
    })
  }
}

function readAnswer(status: number, body: string, path: string): unknown {
  let json: unknown
  try {
    json = JSON.parse(body)
  } catch {
    throw new Unavailable('UNPARSABLE', `${path} was answered with ${status} and no JSON`)
  }
  if (status === 200) return json
  const said = (json as { message?: unknown } | null)?.message
  throw new EngineError(status, typeof said === 'string' ? said.slice(0, 300) : `it answered ${status}`)
}

function unavailable(socket: string, error: NodeJS.ErrnoException): Error {
  if (error instanceof Unavailable) return error
  if (error.code === 'EACCES' || error.code === 'EPERM')
    return new Unavailable('NOT_ROOT', `${socket} can be read by root only: run the agent with sudo`)
  if (error.code === 'ECONNREFUSED')
    return new Unavailable('NOT_RUNNING', `nothing answers at ${socket}: systemctl start docker`)
  return new Unavailable('FAILED', `${socket}: ${error.message}`)
}
