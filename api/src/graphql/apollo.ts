import { ApolloServer } from '@apollo/server'
import { ApolloServerPluginCacheControlDisabled } from '@apollo/server/plugin/disabled'
import { fastifyApolloDrainPlugin, fastifyApolloHandler } from '@as-integrations/fastify'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { GraphQLError, type GraphQLSchema } from 'graphql'
import { authenticate } from '../access/authenticate.ts'
import type { Caller } from '../access/caller.ts'
import { refuse } from '../http/refuse.ts'
import { PACKED } from '../http/server.ts'
import { DomainError, InvalidInputError, UnauthenticatedError } from '../platform/errors.ts'
import type { FairShare } from '../platform/fair-share.ts'
import type { Log } from '../platform/log.ts'
import type { Services } from '../services.ts'
import type { Context, Works } from './context.ts'
import { checkCost, checkTexts, MAX_TOKENS, Spending } from './cost.ts'
import { formatError } from './format-error.ts'
import { parsedQuestions } from './parsed-questions.ts'

interface Options {
  schema: GraphQLSchema
  services: () => Services
  works: Works
  share: FairShare
  log: Log
}

/** Queries and mutations over HTTP. Nothing of a body is read before its sender is known. */
export async function serveQueries(
  server: FastifyInstance,
  { schema, services, works, share, log }: Options,
): Promise<{ stop(): Promise<void> }> {
  const apollo = new ApolloServer<Context>({
    schema,
    introspection: true,
    csrfPrevention: true,
    cache: 'bounded',
    persistedQueries: false,
    documentStore: parsedQuestions(),
    parseOptions: { maxTokens: MAX_TOKENS },
    includeStacktraceInErrorResponses: false,
    stopOnTerminationSignals: false,
    formatError: formatError(log),
    plugins: [
      fastifyApolloDrainPlugin(server as never),
      // It would look at every field of every answer, for a header that nobody reads.
      ApolloServerPluginCacheControlDisabled(),
      {
        requestDidStart: async () => {
          let done: (() => void) | null = null
          return {
            didResolveOperation: async ({ document, request, operationName, operation }) => {
              asBadRequest(() => {
                if (operation?.operation === 'subscription')
                  throw new InvalidInputError('query', 'is a subscription', 'Subscribe by WebSocket, at this address.')
                checkTexts(document, request.variables ?? {})
              })
              checkCost(schema, document, request.variables ?? {}, operationName ?? undefined)
              if (operation?.operation === 'query') done = await share.turn()
            },
            willSendResponse: async ({ response, contextValue }) => {
              done?.()
              const exceeded = contextValue.spending.exceeded
              if (!exceeded) return
              response.http.status = 400
              response.body = { kind: 'single', singleResult: { errors: [exceeded.toJSON()] } }
            },
          }
        },
      },
    ],
  })
  await apollo.start()
  const known = new WeakMap<FastifyRequest, { services: Services; caller: Caller }>()
  const mustBeKnown = async (request: FastifyRequest, reply: FastifyReply): Promise<unknown> => {
    const own = services()
    const caller = await authenticate(own.access, request.headers.authorization, request.headers.cookie)
    if (!caller) return refuse(reply, 401, new UnauthenticatedError())
    known.set(request, { services: own, caller })
    return undefined
  }
  server.post('/graphql', {
    config: { readsBody: true },
    compress: PACKED,
    onRequest: mustBeKnown,
    handler: fastifyApolloHandler(apollo, {
      context: async (request) => {
        const { services: own, caller } = known.get(request as unknown as FastifyRequest) as {
          services: Services
          caller: Caller
        }
        return { ...own, ...works, caller, spending: new Spending() }
      },
    }) as never,
  })
  return apollo
}

/** What is refused before anything of an operation is done is a bad request, whatever Apollo takes it for. */
function asBadRequest(check: () => void): void {
  try {
    check()
  } catch (error) {
    if (!(error instanceof DomainError)) throw error
    throw new GraphQLError(error.message, { extensions: { ...error.extensions, http: { status: 400 } } })
  }
}
