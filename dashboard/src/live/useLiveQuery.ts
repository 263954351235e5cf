import type { OperationVariables, TypedDocumentNode } from '@apollo/client/core'
import { useQuery } from '@vue/apollo-composable'
import { computed, onScopeDispose, ref, watch } from 'vue'
import { notLiveSince } from '../apollo.ts'
import type { Trigger } from './useChanges.ts'

/** A question of a page, and how its answer is. It is asked anew by its own triggers alone, never by another page's. */
export interface LiveQuery<Result> {
  /** The newest answer; kept while another is awaited and where one failed. Undefined = there was none yet. */
  readonly result: Result | undefined
  readonly isAsking: boolean
  /** Whether what is shown answers what is asked now, and not what was asked before. */
  readonly isCurrent: boolean
  /** Why the newest attempt failed; null = it did not. */
  readonly error: Error | null
  /** Asks anew, now. */
  again: () => Promise<void>
}

/** Many changes at once ask once, and never while an answer is awaited. */
const ASK_EVERY = 400
/** How long the first question waits until nothing is missed after it: while there is a connection that takes a moment. */
const PATIENCE = 300

export function useLiveQuery<Result, Variables extends OperationVariables>(
  document: TypedDocumentNode<Result, Variables>,
  variables: () => Variables,
  triggers: readonly Trigger<NoInfer<Result>>[] = [],
  /** `isKept: false`: its answers are of a moment, and nobody shows one of them again. */
  options: { isWanted?: () => boolean; pollInterval?: number; isKept?: boolean } = {},
): LiveQuery<Result> {
  const { isWanted = () => true, pollInterval, isKept = true } = options
  const isBegun = ref(triggers.length === 0 || notLiveSince.value !== null)
  const { result, loading, error, refetch } = useQuery(document, variables, () => ({
    keepPreviousResult: true,
    enabled: isBegun.value && isWanted(),
    ...(isKept ? {} : { fetchPolicy: 'no-cache' as const }),
    ...(pollInterval === undefined ? {} : { pollInterval }),
  }))
  const asked = computed(() => JSON.stringify(variables()))
  const answered = ref<string | null>(null)
  watch([result, loading], () => {
    if (result.value && !loading.value && !error.value) answered.value = asked.value
  })
  const patience = setTimeout(() => (isBegun.value = true), PATIENCE)
  let timer: ReturnType<typeof setTimeout> | undefined
  let isInTurn = false
  let isAskedFor = false
  let onTheWay = 0

  async function again(): Promise<void> {
    isBegun.value = true
    onTheWay += 1
    // Why it failed stands in `error`.
    await refetch()?.catch(() => undefined)
    onTheWay -= 1
  }
  function ask(): void {
    // What is asked later misses nothing of it.
    if (!isBegun.value || !isWanted()) return
    // It will be asked soon; or it is being asked, and its answer may be from before.
    if (timer !== undefined) return
    if (isInTurn) {
      isAskedFor = true
      return
    }
    timer = setTimeout(() => {
      timer = undefined
      isInTurn = true
      isAskedFor = false
      void again().finally(() => {
        isInTurn = false
        if (isAskedFor) ask()
      })
    }, ASK_EVERY)
  }
  const awaited = new Set(triggers)
  for (const trigger of triggers)
    trigger({
      live: () => {
        awaited.delete(trigger)
        if (isBegun.value) ask()
        else if (awaited.size === 0) isBegun.value = true
      },
      ask,
      shown: () => result.value ?? undefined,
      isAsking: () => loading.value || onTheWay > 0,
    })
  onScopeDispose(() => {
    clearTimeout(timer)
    clearTimeout(patience)
  })

  return {
    get result() {
      return result.value ?? undefined
    },
    get isAsking() {
      return loading.value
    },
    get isCurrent() {
      return answered.value === asked.value
    },
    get error() {
      return error.value
    },
    again,
  }
}
