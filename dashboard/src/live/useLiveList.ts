import { useSubscription } from '@vue/apollo-composable'
import type { TypedDocumentNode } from '@graphql-typed-document-node/core'
import { watch, type WatchSource } from 'vue'
import { askAnew } from '../apollo.ts'

interface Batch {
  changed: { id: string }[]
  removedIds?: string[]
}

/**
 * Keeps a list live: what is in it changes by itself, for Apollo's cache knows each entity by its id. What enters or
 * leaves is told by `known`: then the list is asked anew.
 */
export function useLiveList<R, V extends Record<string, unknown>>(
  document: TypedDocumentNode<R, V>,
  variables: () => V,
  batchOf: (result: R) => Batch,
  known: () => ReadonlySet<string>,
): void {
  const { result } = useSubscription(document, variables as never)
  watch(result as WatchSource<R | null | undefined>, (payload) => {
    if (!payload) return
    const { changed, removedIds = [] } = batchOf(payload)
    const ids = known()
    if (changed.some(({ id }) => !ids.has(id)) || removedIds.some((id) => ids.has(id))) askAnew()
  })
}

/** Asks for a page anew whenever the subscription tells of a change. */
export function useLiveChange<R, V extends Record<string, unknown>>(
  document: TypedDocumentNode<R, V>,
  variables: () => V,
): void {
  const { result } = useSubscription(document, variables as never)
  watch(result, (payload) => payload && askAnew())
}
