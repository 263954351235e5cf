import type { Batch } from '../platform/changes.ts'

/**
 * Says first, by a message that tells of nothing, from when on nothing is missed: a client that asks its questions after it
 * needs to ask none twice. It listens before it says so: the stream is heard from the first time that it is asked.
 */
export function confirmed(batches: AsyncIterable<Batch>): AsyncIterableIterator<Batch> {
  const heard = batches[Symbol.asyncIterator]()
  let first: Promise<IteratorResult<Batch>> | null = heard.next()
  // Whoever asks for it hears of its failure; nobody may ask any more.
  first.catch(() => undefined)
  let isSaid = false
  return {
    [Symbol.asyncIterator]() {
      return this
    },
    next: () => {
      if (!isSaid) {
        isSaid = true
        return Promise.resolve({ done: false, value: { changed: [], removedIds: [] } })
      }
      const next = first ?? heard.next()
      first = null
      return next
    },
    // Who leaves is forgotten at once, and not when something happens next.
    return: async () => (await heard.return?.()) ?? { done: true, value: undefined },
  }
}
