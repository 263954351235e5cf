import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import {
  createSourceEventStream,
  type DocumentNode,
  execute,
  type ExecutionArgs,
  type ExecutionResult,
  GraphQLError,
  type GraphQLSchema,
  Kind,
  parse,
  print,
  validate,
} from 'graphql'
import { CloseCode, handleProtocols, makeServer, type ServerOptions } from 'graphql-ws'
import type { Extra } from 'graphql-ws/use/ws'
import { type WebSocket, WebSocketServer } from 'ws'
import type { Caller } from '../access/caller.ts'
import { isOwnOrigin } from '../http/origin.ts'
import { answered, confirmed } from './confirmed.ts'
import { checkCost, MAX_TOKENS, type Spending } from './cost.ts'
import type { Batch } from '../platform/changes.ts'
import { SECOND } from '../platform/clock.ts'
import type { Log } from '../platform/log.ts'
import { readJson } from '../platform/read-json.ts'

/** A client that has not read what was sent to it at two looks in a row is cut off; it reconnects and asks anew. */
const LOOK_EVERY = 5 * SECOND
/** Bytes that wait for one client to read them; with more it is cut off at once. */
const MOST_UNREAD = 4 * 1024 * 1024
/** Messages of one client between two looks: a page sends some twenty. */
const MOST_MESSAGES = 1000
/** A question has at most 4,000 words (MAX_TOKENS). */
const LONGEST_MESSAGE = 64 * 1024
/** A message comes in one piece, or in as many as a network makes of it. */
const MOST_FRAGMENTS = 64
/** Depth and values of a message: its variables are a filter. */
const MESSAGE_LIMITS = { depth: 20, values: 5_000 }
/** Connections that have not said who they are, at a time: a page does so at once. */
const MOST_UNKNOWN = 100
/** Before it has said who it is, a client has nothing to say but that. */
const MOST_BEFORE_KNOWN = 3
const MOST_SUBSCRIPTIONS = 100

interface Options {
  schema: GraphQLSchema
  /** How browsers reach Vigie; null = as they were asked. */
  publicUrl: string | null
  /** Who asks, from the upgrade request's cookie or the token of connection_init; null = nobody we know. */
  authenticate: (
    request: Extra['request'],
    params: Readonly<Record<string, unknown>> | undefined,
  ) => Promise<Caller | null>
  /** Those of them whose session or token has ended. */
  ended: (callers: Caller[]) => Promise<Set<Caller>>
  /** Services that all results of one batch share, so that each nested list is loaded once for all clients. */
  contextOf: (batch: Batch, caller: Caller) => { spending: Spending }
  log: Log
  lookEvery?: number
}

/** A subscription is of one field (GraphQL §5.2.3.1), which no directive may leave out: there would be nothing to hear of. */
const asksNothing = ({ definitions }: DocumentNode): boolean =>
  definitions.some(
    (node) =>
      node.kind === Kind.OPERATION_DEFINITION &&
      node.selectionSet.selections.some(({ directives }) => (directives ?? []).length > 0),
  )

/** GraphQL over WebSocket (graphql-transport-ws): subscriptions only; queries and mutations go over HTTP. */
export function serveSubscriptions(
  server: Server,
  { schema, publicUrl, authenticate, ended, contextOf, log, lookEvery = LOOK_EVERY }: Options,
) {
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: LONGEST_MESSAGE,
    maxFragments: MOST_FRAGMENTS,
    maxBufferedChunks: MOST_FRAGMENTS,
    handleProtocols,
  })
  const callers = new WeakMap<object, Caller>()
  const results = new WeakMap<Batch, Map<string, Promise<ExecutionResult>>>()

  /** The same question about the same batch is answered once, however many clients ask it. */
  const answer = (args: ExecutionArgs, batch: Batch, caller: Caller): Promise<ExecutionResult> => {
    const key = JSON.stringify([
      print(args.document),
      args.variableValues ?? {},
      args.operationName ?? null,
      caller.scopes,
    ])
    const known = results.get(batch) ?? new Map<string, Promise<ExecutionResult>>()
    results.set(batch, known)
    let result = known.get(key)
    if (!result) {
      const contextValue = contextOf(batch, caller)
      result = Promise.resolve(execute({ ...args, rootValue: batch, contextValue })).then((made) => {
        const exceeded = contextValue.spending.exceeded
        return exceeded ? { errors: [exceeded] } : made
      })
      known.set(key, result)
    }
    return result
  }

  const options: ServerOptions<Record<string, unknown>, Extra> = {
    schema,
    connectionInitWaitTimeout: 5000,
    onConnect: async ({ connectionParams, extra }) => {
      const caller = await authenticate(extra.request, connectionParams)
      if (!caller) return false
      callers.set(extra.socket, caller)
      return true
    },
    onSubscribe: ({ extra, subscriptions }, _id, { query, variables, operationName, extensions }) => {
      try {
        if (Object.keys(subscriptions).length > MOST_SUBSCRIPTIONS)
          return [new GraphQLError(`At most ${MOST_SUBSCRIPTIONS} subscriptions at once; complete some first.`)]
        const document = parse(query, { maxTokens: MAX_TOKENS })
        const errors = validate(schema, document)
        if (errors.length > 0) return [...errors]
        const subscription = document.definitions.every(
          (node) => node.kind !== 'OperationDefinition' || node.operation === 'subscription',
        )
        if (!subscription)
          return [new GraphQLError('Only subscriptions are served here; send queries and mutations by POST.')]
        checkCost(schema, document, variables ?? {}, operationName ?? undefined)
        if (asksNothing(document)) return [new GraphQLError('It asks for nothing: take @skip and @include away.')]
        const caller = callers.get(extra.socket) as Caller
        return {
          schema,
          document,
          variableValues: variables ?? null,
          operationName: operationName ?? null,
          contextValue: { caller, isConfirmed: extensions?.['confirm'] === true },
        }
      } catch (error) {
        return [error instanceof GraphQLError ? error : new GraphQLError('Not readable')]
      }
    },
    subscribe: async (args: ExecutionArgs) => {
      const stream = await createSourceEventStream(args)
      if (!(Symbol.asyncIterator in stream)) return stream
      const { caller, isConfirmed } = args.contextValue as { caller: Caller; isConfirmed: boolean }
      const batches = stream as AsyncIterable<Batch>
      return answered(isConfirmed ? confirmed(batches) : batches, (batch) => answer(args, batch, caller))
    },
  }
  const protocol = makeServer(options)
  let received = new WeakMap<WebSocket, number>()

  /** Not graphql-ws's own binding: that writes many lines for each frame and message of strangers, and sends without end. */
  const open = (client: WebSocket, request: Extra['request']): void => {
    // What is to be done about a frame that cannot be read (RFC 6455 §7.4.1), ws has done before it tells.
    client.on('error', () => undefined)
    const closed = protocol.opened(
      {
        protocol: client.protocol,
        send: (data) =>
          new Promise((resolve) => {
            if (client.bufferedAmount > MOST_UNREAD) client.terminate()
            if (client.readyState !== client.OPEN) resolve()
            else client.send(data, () => resolve())
          }),
        close: (code, reason) => client.close(code, reason),
        onMessage: (take) =>
          client.on('message', (data) => {
            const count = (received.get(client) ?? 0) + 1
            received.set(client, count)
            const most = callers.has(client) ? MOST_MESSAGES : MOST_BEFORE_KNOWN
            if (count > most || client.bufferedAmount > MOST_UNREAD) return client.terminate()
            const text = String(data)
            // Who has said nothing yet would not answer a word of parting either.
            if (!isReadable(text)) return client.terminate()
            take(text).catch((error: Error) => {
              const isClients = error.message.startsWith('Unexpected message')
              if (!isClients) log.error({ err: error }, 'A message of a WebSocket could not be answered')
              client.close(isClients ? CloseCode.BadRequest : CloseCode.InternalServerError)
            })
          }),
      },
      { socket: client, request },
    )
    client.once('close', (code, reason) => void closed(code, String(reason)))
  }
  /** The oldest of those that say nothing go first: who is somebody has said so long ago. */
  const makeRoom = (): void => {
    const unknown = [...sockets.clients].filter((client) => !callers.has(client))
    for (const client of unknown.slice(0, Math.max(0, unknown.length - MOST_UNKNOWN))) client.terminate()
  }
  /** A token that was revoked, or a session that ended, hears no more. */
  const cutEnded = async (): Promise<void> => {
    const open = [...sockets.clients].flatMap((client) => callers.get(client) ?? [])
    const gone = open.length ? await ended([...new Set(open)]) : new Set<Caller>()
    for (const client of sockets.clients) {
      const caller = callers.get(client)
      if (caller && gone.has(caller)) client.close(4403, 'Forbidden')
    }
  }
  const stalled = new WeakSet<object>()
  /** Pings without an answer. */
  const unanswered = new WeakMap<WebSocket, number>()
  const looks = setInterval(() => {
    void cutEnded().catch(() => undefined)
    received = new WeakMap()
    for (const client of sockets.clients) {
      // Who does not answer for two looks is gone, though no one closed (RFC 6455 §5.5.2).
      const pings = unanswered.get(client) ?? 0
      if (pings >= 2) client.terminate()
      unanswered.set(client, pings + 1)
      if (client.readyState === client.OPEN) client.ping()
      const waits = client.bufferedAmount > 0
      if (waits && stalled.has(client)) client.terminate()
      else if (waits) stalled.add(client)
      else stalled.delete(client)
    }
  }, lookEvery)
  server.on('upgrade', (request: Extra['request'], socket: Socket, head: Buffer) => {
    // Node hands the bare socket over: whoever is there may go at any instant, and an error that nobody hears ends the process.
    socket.on('error', () => socket.destroy())
    const path = URL.parse(request.url ?? '/', 'http://vigie')?.pathname
    if (path !== '/graphql' || !isOwnOrigin(request, publicUrl)) {
      socket.end(`HTTP/1.1 ${path === '/graphql' ? '403 Forbidden' : '404 Not Found'}\r\nConnection: close\r\n\r\n`)
      return
    }
    sockets.handleUpgrade(request, socket, head, (client) => {
      makeRoom()
      client.on('pong', () => unanswered.delete(client))
      open(client, request)
    })
  })
  return {
    /** Open connections. */
    count: (): number => sockets.clients.size,
    /** Cuts every connection, as a network does; clients come back by themselves. */
    cutAll: (): void => sockets.clients.forEach((client) => client.terminate()),
    /** Tells every client to go (1001) and waits for them. */
    stop: async (): Promise<void> => {
      clearInterval(looks)
      const left = [...sockets.clients].map((client) => new Promise((gone) => client.once('close', gone)))
      for (const client of sockets.clients) client.close(1001, 'Going away')
      await Promise.race([Promise.all(left), delay(SECOND, undefined, { ref: false })])
      for (const client of sockets.clients) client.terminate()
    },
  }
}

/** Brackets and commas are counted before graphql-ws makes anything of them. */
function isReadable(text: string): boolean {
  try {
    readJson(text, MESSAGE_LIMITS)
    return true
  } catch {
    return false
  }
}
