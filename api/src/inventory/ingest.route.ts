import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { AccessService } from '../access/access.service.ts'
import { authenticate, callerByAddress } from '../access/authenticate.ts'
import type { Caller } from '../access/caller.ts'
import { QuotaError } from '../access/quota.ts'
import { allows, Scope } from '../graphql/scope.ts'
import type { Config } from '../config/config.ts'
import { ConflictError, ForbiddenError, InvalidInputError, UnauthenticatedError } from '../platform/errors.ts'
import { addressList } from '../platform/address-range.ts'
import { encodings, jsonBody } from '../http/bodies.ts'
import { refuse } from '../http/refuse.ts'
import type { Clock } from '../platform/clock.ts'
import type { InventoryService } from './inventory.service.ts'
import { readScriptReport } from './script-report.ts'

interface Options {
  config: Config
  /** For one request. */
  services: () => { access: AccessService; inventory: InventoryService; clock: Clock }
}

/** JSON of scripts that speak no GraphQL. It ends in the same service as the mutation. */
export function ingestRoute(app: FastifyInstance, { config, services }: Options): void {
  const open = addressList(config.ingestOpenFrom)
  app.register(async (scripts) => {
    // curl and urllib call JSON a form unless told otherwise: whatever it is called, it must be JSON.
    scripts.removeAllContentTypeParsers()
    scripts.addContentTypeParser('*', { parseAs: 'buffer' }, jsonBody)
    const callers = new WeakMap<FastifyRequest, Caller>()

    scripts.addHook('onRequest', async (request, reply) => {
      const known = await authenticate(services().access, request.headers.authorization, request.headers.cookie)
      const caller = known ?? (request.headers.authorization ? null : callerByAddress(request.ip, open))
      if (!caller) {
        return refuse(reply, 401, new UnauthenticatedError('Send a token as "Authorization: Bearer …".'))
      }
      if (!allows(caller.scopes, Scope.REPORT))
        return refuse(reply, 403, new ForbiddenError('This token has no scope "report".'))
      callers.set(request, caller)
      return undefined
    })

    scripts.post('/api/ingest', { config: { readsBody: true } }, async (request, reply) => {
      const { inventory, clock } = services()
      try {
        const report = readScriptReport(request.body, clock(), encodings.get(request) ?? null)
        const receipt = await inventory.accept(report.inventory, callers.get(request) as Caller)
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
        if (error instanceof ConflictError) return refuse(reply, 409, error)
        if (error instanceof QuotaError) return refuse(reply, 429, error)
        throw error
      }
    })
  })
}
