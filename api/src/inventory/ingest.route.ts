import type { FastifyInstance } from 'fastify'
import { authenticate, callerByAddress } from '../access/authenticate.ts'
import type { Caller } from '../access/caller.ts'
import { allows, Scope } from '../access/scope.ts'
import type { Refuse } from '../app.ts'
import type { Config } from '../config.ts'
import type { Services } from '../context.ts'
import { ForbiddenError, InvalidInputError, UnauthenticatedError } from '../errors.ts'
import { readScriptReport } from './script-report.ts'

interface Options {
  config: Config
  services: () => Services
  refuse: Refuse
}

/** JSON of scripts that speak no GraphQL. It ends in the same service as the mutation. */
export function ingestRoute(app: FastifyInstance, { config, services, refuse }: Options): void {
  app.post('/api/ingest', async (request, reply) => {
    const { access, inventory, clock } = services()
    const known = await authenticate(access, request.headers.authorization, request.headers.cookie)
    const caller: Caller | null =
      known ?? (request.headers.authorization ? null : callerByAddress(request.ip, config.ingestOpenFrom))
    if (!caller) {
      return refuse(
        reply,
        401,
        new UnauthenticatedError(
          `Send a token as "Authorization: Bearer …", or list ${request.ip} in VIGIE_INGEST_OPEN_FROM.`,
        ),
      )
    }
    if (!allows(caller.scopes, Scope.REPORT))
      return refuse(reply, 403, new ForbiddenError('This token has no scope "report".'))
    try {
      const report = readScriptReport(request.body, clock())
      const receipt = await inventory.accept(report.inventory, caller)
      return {
        accepted: report.inventory.disks.length,
        hostname: receipt.machine.hostname ?? receipt.machine.ip,
        ...(receipt.repeated ? { repeated: true } : {}),
        ...(report.refused.length ? { refused: report.refused } : {}),
        ...(receipt.notes.length ? { notes: receipt.notes } : {}),
      }
    } catch (error) {
      if (error instanceof InvalidInputError) return refuse(reply, 422, error)
      if (error instanceof ForbiddenError) return refuse(reply, 403, error)
      throw error
    }
  })
}
