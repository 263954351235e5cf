import { Readable } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { AccessService } from '../access/access.service.ts'
import { authenticate } from '../access/authenticate.ts'
import { DiskOrder } from '../disks/disk-list.ts'
import { DiskType } from '../disks/disk-words.ts'
import type { DisksService } from '../disks/disks.service.ts'
import { Health } from '../disks/health.ts'
import { allows, Scope } from '../graphql/scope.ts'
import { refuse } from '../http/refuse.ts'
import type { MachinesService } from '../machines/machines.service.ts'
import type { Clock } from '../platform/clock.ts'
import { ForbiddenError, InvalidInputError, UnauthenticatedError } from '../platform/errors.ts'
import type { FairShare } from '../platform/fair-share.ts'
import { disksCsv } from './disks-csv.ts'
import type { PlacesService } from './places.service.ts'

interface Options {
  /** For one request, or one page. */
  services: () => {
    access: AccessService
    disks: DisksService
    machines: MachinesService
    places: PlacesService
    clock: Clock
  }
  share: FairShare
}

/** Names of an address are given once or several times. */
const several = <T extends z.ZodType>(each: T) => z.preprocess((value) => [value].flat(), z.array(each).max(20))
const flag = z.enum(['true', 'false']).transform((value) => value === 'true')

const shape = z.strictObject({
  search: z.string().max(200).optional(),
  health: several(z.enum(Health)).optional(),
  type: several(z.enum(DiskType)).optional(),
  machineId: z.string().max(100).optional(),
  moved: flag.optional(),
  missing: flag.optional(),
  orderBy: z.enum(DiskOrder).default(DiskOrder.WORST_FIRST),
  reverse: flag.default(false),
  language: z.enum(['en', 'fr']).default('en'),
})

/**
 * `GET /export/disks.csv`: what `disks(filter, orderBy, reverse)` lists, all of it, with what lies on each disk. For
 * sessions and for tokens that may read.
 */
export function disksCsvRoute(app: FastifyInstance, { services, share }: Options): void {
  app.get('/export/disks.csv', { exposeHeadRoute: false }, async (request, reply) => {
    const { access, clock } = services()
    const caller = await authenticate(access, request.headers.authorization, request.headers.cookie)
    if (!caller) return refuse(reply, 401, new UnauthenticatedError('Sign in, or send a token that may read.'))
    if (!allows(caller.scopes, Scope.READ))
      return refuse(reply, 403, new ForbiddenError('This token has no scope "read".'))
    const read = shape.safeParse(request.query)
    if (!read.success) {
      const [issue] = read.error.issues
      const field = issue?.code === 'unrecognized_keys' ? issue.keys.join(', ') : String(issue?.path[0] ?? 'query')
      const error = new InvalidInputError(
        field,
        issue?.code === 'unrecognized_keys' ? 'is not known here' : `is not understood (${issue?.message})`,
        `Ask by ${Object.keys(shape.shape).join(', ')}.`,
      )
      return refuse(reply, 422, error)
    }
    const { orderBy, reverse, language, ...filter } = read.data
    const day = clock().toISOString().slice(0, 10)
    const pages = disksCsv({ filter, orderBy, reverse, language }, { sourcesOf: services, turn: () => share.turn() })
    // What fails before anything is sent is answered as everywhere; later the connection is cut, so that nobody takes a
    // part for all of it. Not packed, for a packer would keep the first rows back.
    const first = await pages.next()
    return reply
      .type('text/csv; charset=utf-8')
      .header('cache-control', 'no-store')
      .header('content-disposition', `attachment; filename="vigie-disks-${day}.csv"`)
      .send(Readable.from(continued(first, pages)))
  })
}

async function* continued(first: IteratorResult<string, void>, rest: AsyncGenerator<string>): AsyncGenerator<string> {
  if (first.done) return
  yield first.value
  yield* rest
}
