import { ApolloClient, from, HttpLink, InMemoryCache, split } from '@apollo/client/core'
import { onError } from '@apollo/client/link/error'
import { GraphQLWsLink } from '@apollo/client/link/subscriptions'
import { getMainDefinition } from '@apollo/client/utilities'
import { createClient } from 'graphql-ws'
import { ref } from 'vue'

/** Whether the page is live: null = live, a time = not live since then. `undefined` before the first connection. */
export const notLiveSince = ref<Date | null | undefined>(undefined)

/** Why the server refuses to tell of changes; null = it does not. */
export const liveRefused = ref<Error | null>(null)

/** True once the server said that nobody is signed in. */
export const signedOut = ref(false)

/** The server answers a ping at once: one without an answer for so long went into a connection that is dead, and says nothing. */
const PONG_WITHIN = 5_000
let unanswered: ReturnType<typeof setTimeout> | undefined

const socket = createClient({
  url: `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/graphql`,
  // Who is not signed in yet has nothing to be told.
  lazy: location.pathname === '/sign-in',
  onNonLazyError: () => undefined,
  retryAttempts: Infinity,
  shouldRetry: () => !signedOut.value,
  keepAlive: 12_000,
  retryWait: (attempt) =>
    new Promise((resolve) => setTimeout(resolve, Math.min(10_000, 500 * 2 ** attempt) * (0.75 + Math.random() / 2))),
  on: {
    connected: () => {
      notLiveSince.value = null
    },
    ping: (isReceived) => {
      if (!isReceived) unanswered = setTimeout(reconnect, PONG_WITHIN)
    },
    pong: (isReceived) => {
      if (isReceived) clearTimeout(unanswered)
    },
    closed: (event) => {
      clearTimeout(unanswered)
      if ((event as CloseEvent).code === 4403) signedOut.value = true
      notLiveSince.value ??= new Date()
    },
  },
})

const errors = onError(({ networkError }) => {
  if (networkError && 'statusCode' in networkError && networkError.statusCode === 401) signedOut.value = true
})

export const apollo = new ApolloClient({
  link: from([
    errors,
    split(
      ({ query }) => {
        const definition = getMainDefinition(query)
        return definition.kind === 'OperationDefinition' && definition.operation === 'subscription'
      },
      new GraphQLWsLink(socket),
      new HttpLink({ uri: '/graphql', credentials: 'same-origin' }),
    ),
  ]),
  cache: new InMemoryCache({
    typePolicies: {
      // It has no identity: what one page asks of it leaves what another asked.
      Query: { fields: { summary: { merge: true } } },
      // A place has no id: what lies on a disk is replaced as a whole.
      Disk: { fields: { places: { merge: false }, gravestPlace: { merge: false } } },
    },
  }),
  assumeImmutableResults: true,
  // A page that was left heard nothing of changes: what the cache holds is shown, and asked anew.
  defaultOptions: { watchQuery: { fetchPolicy: 'cache-and-network' } },
  // A page that asks anew because of a change must not be given the answer to a question from before it.
  queryDeduplication: false,
})

// A page that stands for weeks hears of much that nobody shows any more.
setInterval(() => apollo.cache.gc(), 60_000)

export function reconnect(): void {
  socket.terminate()
}
