import type { Batch } from '../platform/changes.ts'

type Stream<T> = AsyncIterableIterator<T, undefined, undefined>
const END = { done: true, value: undefined } as const

/**
 * Says first, by a message that tells of nothing, from when on nothing is missed: a client that asks its questions after it
 * needs to ask none twice. It listens before it says so: the stream is heard from the first time that it is asked.
 */
export function confirmed(batches: AsyncIterable<Batch>): Stream<Batch> {
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
    return: async () => (await heard.return?.()) ?? END,
  }
}

/**
 * Each batch as its answer. Whoever leaves ends the stream below, also before the first batch was asked for: a stream that
 * nobody hears and nobody ends fills up until it throws where nobody listens.
 */
export function answered<Answer>(
  batches: AsyncIterable<Batch>,
  answer: (batch: Batch) => Promise<Answer>,
): Stream<Answer> {
  const heard = batches[Symbol.asyncIterator]()
  return {
    [Symbol.asyncIterator]() {
      return this
    },
    next: async () => {
      const next = await heard.next()
      return next.done ? END : { done: false, value: await answer(next.value) }
    },
    return: async () => {
      await heard.return?.()
      return END
    },
  }
}
