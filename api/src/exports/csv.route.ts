import { Readable } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import type { AccessService } from '../access/access.service.ts'
import { authenticate } from '../access/authenticate.ts'
import { allows, Scope } from '../graphql/scope.ts'
import { refuse } from '../http/refuse.ts'
import { ForbiddenError, InvalidInputError, UnauthenticatedError } from '../platform/errors.ts'
import type { FairShare } from '../platform/fair-share.ts'
import { type CsvList, csvOf, type Sources } from './csv-list.ts'
import { DISKS_CSV } from './disks-csv.ts'
import { JOBS_CSV } from './jobs-csv.ts'
import { MACHINES_CSV } from './machines-csv.ts'

interface Options {
  /** For one request, or one page. */
  services: () => Sources & { access: AccessService }
  share: FairShare
}

/** `GET /export/{disks,machines,backups}.csv`: whole lists. For sessions and for tokens that may read. */
export function csvRoutes(app: FastifyInstance, options: Options): void {
  csvRoute(app, DISKS_CSV, options)
  csvRoute(app, MACHINES_CSV, options)
  csvRoute(app, JOBS_CSV, options)
}

function csvRoute<Query, Node>(app: FastifyInstance, list: CsvList<Query, Node>, { services, share }: Options): void {
  const { name, shape } = list
  app.get(`/export/${name}.csv`, { exposeHeadRoute: false }, async (request, reply) => {
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
    const day = clock().toISOString().slice(0, 10)
    const pages = csvOf(list, read.data, { sourcesOf: services, turn: () => share.turn() })
    // What fails before anything is sent is answered as everywhere; later the connection is cut, so that nobody takes a
    // part for all of it. Not packed, for a packer would keep the first rows back.
    const first = await pages.next()
    return reply
      .type('text/csv; charset=utf-8')
      .header('cache-control', 'no-store')
      .header('content-disposition', `attachment; filename="vigie-${name}-${day}.csv"`)
      .send(Readable.from(continued(first, pages)))
  })
}

async function* continued(first: IteratorResult<string, void>, rest: AsyncGenerator<string>): AsyncGenerator<string> {
  if (first.done) return
  yield first.value
  yield* rest
}
