import { createGunzip } from 'node:zlib'
import type { FastifyInstance } from 'fastify'

/** Bodies may come with `Content-Encoding: gzip`. Fastify counts what comes out against its limit: a bomb is a 413. */
export function acceptGzip(app: FastifyInstance): void {
  app.addHook('preParsing', async (request, _reply, payload) => {
    const encoding = request.headers['content-encoding']?.toLowerCase()
    if (encoding === undefined || encoding === 'identity') return payload
    if (encoding !== 'gzip')
      throw Object.assign(new Error(`Content-Encoding ${encoding} is not read here; use gzip.`), {
        statusCode: 415,
        code: 'UNSUPPORTED_ENCODING',
      })
    const gunzip = createGunzip()
    const decoded = Object.assign(gunzip, { receivedEncodedLength: 0 })
    payload.on('data', (chunk: Buffer) => (decoded.receivedEncodedLength += chunk.length))
    payload.on('error', (error) => gunzip.destroy(error))
    gunzip.on('error', (error) =>
      Object.assign(error, { statusCode: 400, code: 'BAD_GZIP', message: `The body is no gzip: ${error.message}` }),
    )
    return payload.pipe(decoded)
  })
}
