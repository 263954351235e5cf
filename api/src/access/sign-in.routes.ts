import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Config } from '../config/config.ts'
import { type AccessService, SESSION_LIVES } from './access.service.ts'
import { SESSION_COOKIE, sessionCookie } from './authenticate.ts'
import { MINUTE } from '../platform/clock.ts'
import { calledAs } from '../platform/called-as.ts'

const TRIES = 20

interface Options {
  config: Config
  /** For one request. */
  services: () => { access: AccessService }
}

/** The page spends the link by a button's POST: a mail scanner or a preview that opens the page spends nothing. */
export function signInRoutes(app: FastifyInstance, { config, services }: Options): void {
  const cookie = (secure: boolean) => ({ path: '/', httpOnly: true, sameSite: 'strict' as const, secure })
  const isSecure = (protocol: string): boolean =>
    protocol === 'https' || config.publicUrl?.startsWith('https:') === true
  /** Refused, and slowed, since the start. */
  let [refused, slowed] = [0, 0]
  let toldOfSlowed = -Infinity

  // Nobody guesses a link of 256 bits; whoever tries is slowed all the same, and the log tells of it.
  const rateLimit = {
    max: TRIES,
    timeWindow: MINUTE,
    // A socket that was reset has no address any more.
    keyGenerator: (request: FastifyRequest) => request.ip ?? '',
    onExceeded: (request: FastifyRequest) => {
      slowed += 1
      if (performance.now() - toldOfSlowed < MINUTE) return
      toldOfSlowed = performance.now()
      request.log.warn({ ip: request.ip, slowed }, 'Sign-ins are slowed; said once a minute')
    },
    errorResponseBuilder: () =>
      Object.assign(new Error(`More than ${TRIES} sign-ins within a minute. Try again in a minute.`), {
        statusCode: 429,
        code: 'TOO_MANY_REQUESTS',
      }),
  }
  app.post('/api/sign-in', { bodyLimit: 4096, config: { readsBody: true, rateLimit } }, async (request, reply) => {
    const link = (request.body as { link?: unknown } | null)?.link
    const secret =
      typeof link === 'string' && /^link_[\w-]{20,100}$/.test(link) ? await services().access.spendLink(link) : null
    if (!secret) {
      refused += 1
      request.log.warn({ ip: request.ip, refused }, 'A sign-in was refused: its link is unknown, spent or too old')
      return reply.status(401).send({
        errors: [
          {
            message: `This link was used before, or is too old. Make a new one: ${calledAs('access')} link`,
            extensions: { code: 'LINK_SPENT' },
          },
        ],
      })
    }
    reply.setCookie(SESSION_COOKIE, secret, { ...cookie(isSecure(request.protocol)), maxAge: SESSION_LIVES / 1000 })
    return { ok: true }
  })

  // It needs no body, but a client that sends `{}` is signed out all the same.
  app.post('/api/sign-out', { bodyLimit: 1024, config: { readsBody: true } }, async (request, reply) => {
    const { access } = services()
    const secret = sessionCookie(request.headers.cookie)
    const caller = secret ? await access.bySession(secret) : null
    if (caller?.id) await access.endSession(caller.id)
    reply.clearCookie(SESSION_COOKIE, cookie(isSecure(request.protocol)))
    return { ok: true }
  })
}
