import type { OperationVariables, TypedDocumentNode } from '@apollo/client/core'
import { onScopeDispose, watch } from 'vue'
import { apollo, liveRefused } from '../apollo.ts'

interface Row {
  id: string
}
interface Batch<R extends Row> {
  changed: readonly R[]
  removedIds?: readonly string[]
}
/** What the one field of a subscription tells of. */
type RowOf<Told> = Told extends Batch<infer R> ? R : never
export type ChangesOf<Result> = Changes<RowOf<Result[keyof Result]>>

/** What a query hands to its triggers. */
export interface Asker<Result> {
  /** From now on nothing is missed: also after the connection was lost. */
  live: () => void
  /** Something happened that only the server can answer for. */
  ask: () => void
  /** What is shown; undefined = there was no answer yet. */
  shown: () => Result | undefined
  /** Whether an answer is on its way. */
  isAsking: () => boolean
}
/** Tells a query when to ask anew. */
export type Trigger<Result> = (asker: Asker<Result>) => void

export interface Changes<R extends Row> {
  /** Whatever changed: for counts, and for what is joined from many things. */
  any: Trigger<unknown>
  /**
   * For a list: what entered or left it, or changed so that it stands elsewhere in it or no longer belongs (`orderOf` is
   * what the list is sorted and filtered by). All else changes in place by itself, for the cache knows each row by its id.
   */
  of: <Result>(
    rowsOf: (result: Result) => readonly R[],
    orderOf?: (row: R) => string,
    /** `countsAll`: the answer also counts rows that it does not hold, so that one that is gone changes it anyway. */
    options?: { countsAll: boolean },
  ) => Trigger<Result>
}

/**
 * Hears of changes for as long as the page stands. They are compared with what is shown before the cache takes them in.
 * With `null` in place of variables nothing is heard: it is not known yet what to listen to.
 */
export function useChanges<Result, Variables extends OperationVariables>(
  document: TypedDocumentNode<Result, Variables>,
  variables: () => Variables | null,
): ChangesOf<Result> {
  const listeners: Listener[] = []
  let stop = (): void => undefined
  let isListening = false
  watch(
    () => JSON.stringify(variables()),
    () => {
      stop()
      const wanted = variables()
      isListening = wanted !== null
      stop = wanted === null ? () => undefined : listen(document, wanted, listeners)
    },
    { immediate: true },
  )
  onScopeDispose(() => stop())

  function add(listener: Listener): void {
    listeners.push(listener)
    // Nothing is to be waited for: it is not known yet what to listen to.
    if (!isListening) listener.live()
  }
  const changes: Changes<Row> = {
    any: ({ ask, live }) => add({ live, hear: ask }),
    of:
      (rowsOf, orderOf = () => '', { countsAll } = { countsAll: false }) =>
      ({ ask, live, shown, isAsking }) =>
        add({
          live,
          hear: ({ changed, removedIds = [] }) => {
            const result = shown()
            // The answer that is on its way may be from before the change.
            if (!result || isAsking()) return ask()
            const places = new Map(rowsOf(result).map((row) => [row.id, orderOf(row)]))
            const hasMoved = changed.some((row) => places.get(row.id) !== orderOf(row))
            if (hasMoved || removedIds.some((id) => countsAll || places.has(id))) ask()
          },
        }),
  }
  return changes as unknown as ChangesOf<Result>
}

interface Listener {
  live: () => void
  hear: (batch: Batch<Row>) => void
}

/** How long after a refusal the server is asked again. */
const LISTEN_AGAIN = 10_000

function listen<Result, Variables extends OperationVariables>(
  query: TypedDocumentNode<Result, Variables>,
  variables: Variables,
  listeners: readonly Listener[],
): () => void {
  let heard: { unsubscribe: () => void } | null = null
  let pause: ReturnType<typeof setTimeout> | undefined
  function begin(): void {
    heard = apollo.subscribe({ query, variables, fetchPolicy: 'no-cache', extensions: { confirm: true } }).subscribe({
      next: ({ data }) => {
        if (!data) return
        const [batch] = Object.values(data) as [Batch<Row>]
        // The first message tells of nothing (confirmed.ts of the API), also after each new connection.
        if (batch.changed.length + (batch.removedIds?.length ?? 0) === 0) {
          liveRefused.value = null
          for (const { live } of listeners) live()
          return
        }
        for (const { hear } of listeners) hear(batch)
        apollo.cache.write({ query, variables, result: data as never, dataId: 'ROOT_SUBSCRIPTION' })
      },
      // It has ended: the page is not live before it is heard again.
      error: (error: Error) => {
        liveRefused.value = error
        pause = setTimeout(begin, LISTEN_AGAIN)
      },
    })
  }
  begin()
  return () => {
    clearTimeout(pause)
    heard?.unsubscribe()
  }
}
