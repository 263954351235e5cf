import { createGunzip } from 'node:zlib'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { httpError, nothingAt } from './http-error.ts'
import { JsonError, readJson } from './read-json.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Whether this address reads a body; any other refuses one unread. */
    readsBody?: boolean
  }
}

/**
 * How bodies are read. Where none is wanted, none is read: not one byte is unpacked for an address that is unknown, or
 * that has no use for it. Elsewhere bytes are counted after unpacking (by Fastify, against bodyLimit: a bomb is a 413),
 * and depth and values before JSON is made of them.
 */
export function readBodies(app: FastifyInstance): void {
  app.addHook('onRequest', async (request) => {
    if (!hasBody(request) || request.routeOptions.config.readsBody) return undefined
    throw request.is404
      ? nothingAt(request.url)
      : httpError(400, 'NO_BODY_WANTED', 'This address reads no body. Send none.')
  })
  app.addHook('preParsing', async (request, _reply, payload) => {
    const encoding = request.headers['content-encoding']?.toLowerCase()
    if (encoding === undefined || encoding === 'identity') return payload
    if (encoding !== 'gzip')
      throw httpError(
        415,
        'UNSUPPORTED_ENCODING',
        `Content-Encoding ${encoding.slice(0, 50)} is not read here; use gzip.`,
      )
    const gunzip = createGunzip()
    const decoded = Object.assign(gunzip, { receivedEncodedLength: 0 })
    payload.on('data', (chunk: Buffer) => (decoded.receivedEncodedLength += chunk.length))
    payload.on('error', (error) => gunzip.destroy(error))
    gunzip.on('error', (error) =>
      Object.assign(error, { statusCode: 400, code: 'BAD_GZIP', message: `The body is no gzip: ${error.message}` }),
    )
    return payload.pipe(decoded)
  })
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'string' }, jsonBody)
}

/** For Fastify: a body as JSON, or why it is none. */
export function jsonBody(
  _request: FastifyRequest,
  body: string | Buffer,
  done: (error: Error | null, value?: unknown) => void,
): void {
  let value: unknown
  try {
    value = readJson(body as string)
  } catch (cause) {
    if (!(cause instanceof JsonError)) throw cause
    return done(httpError(400, 'BAD_JSON', `The body ${cause.message}.`))
  }
  done(null, value)
}

const hasBody = ({ headers }: FastifyRequest): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
