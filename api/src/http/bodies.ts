import { createHash } from 'node:crypto'
import { createGunzip } from 'node:zlib'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { httpError, nothingAt } from './http-error.ts'
import { JsonError, readJson } from '../platform/read-json.ts'
import { Turns } from '../platform/turns.ts'
import { decodeText, type Encoding } from '../platform/text-encoding.ts'

/** Large bodies that are read and worked on at a time: each takes up to 20 MB as text and as values. */
const LARGE_AT_ONCE = 6
/** Of one token, session or address: a body that drips keeps its own kind waiting alone. */
const LARGE_OF_ONE = 2
/** A body of less than this, or that may not be larger, waits for nobody. */
const SMALL = 64 * 1024

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
  const turns = new Turns(LARGE_AT_ONCE, LARGE_OF_ONE)
  app.addHook('preParsing', async (request, reply, payload) => {
    if (isLarge(request)) {
      const done = await turns.take(senderOf(request))
      reply.raw.once('close', done)
      if (reply.raw.destroyed) done()
    }
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
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body, done) =>
    jsonBody(request, body, (error, value) => {
      const encoding = encodings.get(request)
      // JSON between programs is UTF-8 (RFC 8259 §8.1); only simple scripts are met halfway.
      if (encoding) done(httpError(400, 'NO_UTF8', `The body is ${encoding} and no UTF-8. Send UTF-8.`))
      else done(error, value)
    }),
  )
}

/** Who sends it, as far as it is known before the body is: no secret is kept for that. */
function senderOf({ headers, ip }: FastifyRequest): string {
  const secret = headers.authorization ?? headers.cookie
  return secret === undefined ? `address ${ip}` : createHash('sha256').update(secret).digest('base64url')
}

/** Of an unpacked body only its bound is known. */
function isLarge(request: FastifyRequest): boolean {
  const { headers, routeOptions } = request
  // A question without a body waits for nobody, and whoever reads its answer slowly keeps nobody waiting.
  if (!hasBody(request) || (routeOptions.bodyLimit ?? Infinity) <= SMALL) return false
  return headers['content-encoding'] !== undefined || !(Number(headers['content-length'] ?? Infinity) <= SMALL)
}

/** What a body was written in, where it was not UTF-8. */
export const encodings = new WeakMap<FastifyRequest, Encoding>()

/** For Fastify: a body as JSON, or why it is none. */
export function jsonBody(
  request: FastifyRequest,
  body: string | Buffer,
  done: (error: Error | null, value?: unknown) => void,
): void {
  let value: unknown
  try {
    const { text, encoding } = decodeText(body as Buffer)
    if (encoding !== 'utf-8') encodings.set(request, encoding)
    value = readJson(text)
  } catch (cause) {
    if (!(cause instanceof JsonError)) throw cause
    return done(httpError(400, 'BAD_JSON', `The body ${cause.message}.`))
  }
  done(null, value)
}

const hasBody = ({ headers }: FastifyRequest): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
