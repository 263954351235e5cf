import { expect, test } from 'vitest'
import type { Batch } from '../platform/changes.ts'
import { answered, confirmed } from './confirmed.ts'

/** A stream that tells when it is told to. */
function source() {
  const waiting: ((result: IteratorResult<Batch>) => void)[] = []
  const failing: ((error: Error) => void)[] = []
  const state = { returned: false, asked: 0 }
  const stream: AsyncIterable<Batch> = {
    [Symbol.asyncIterator]: () => ({
      next: () => {
        state.asked += 1
        return new Promise((resolve, reject) => {
          waiting.push(resolve)
          failing.push(reject)
        })
      },
      return: async () => {
        state.returned = true
        for (const done of waiting) done({ done: true, value: undefined })
        return { done: true, value: undefined }
      },
    }),
  }
  const tell = (id: string): void => waiting.shift()?.({ done: false, value: { changed: [{ id }], removedIds: [] } })
  return { stream, state, tell, fail: () => failing.shift()?.(new Error('gone')) }
}

test('It listens before it says so, and then tells each batch once', async () => {
  const { stream, state, tell } = source()
  const heard = confirmed(stream)
  expect(state.asked, 'listens').toBe(1)
  expect((await heard.next()).value).toEqual({ changed: [], removedIds: [] })
  const first = heard.next()
  tell('a')
  expect((await first).value?.changed).toEqual([{ id: 'a' }])
  const second = heard.next()
  tell('b')
  expect((await second).value?.changed).toEqual([{ id: 'b' }])
  expect(state.asked).toBe(2)
})

test('Who leaves is forgotten at once, though nothing happens any more', async () => {
  const { stream, state } = source()
  const heard = confirmed(stream)
  await heard.next()
  const next = heard.next()
  await heard.return?.()
  expect(state.returned).toBe(true)
  expect((await next).done).toBe(true)
})

test('A stream that fails before anybody asks again ends no process, and tells who asks', async () => {
  const { stream, fail } = source()
  const heard = confirmed(stream)
  await heard.next()
  fail()
  await new Promise((resolve) => setImmediate(resolve))
  await expect(heard.next()).rejects.toThrow('gone')
})

test('Who leaves before anything was asked for ends the stream below', async () => {
  for (const wrap of [(stream: AsyncIterable<Batch>) => stream, confirmed]) {
    const { stream, state } = source()
    await answered(wrap(stream), async () => 'answer').return?.()
    expect(state.returned).toBe(true)
  }
})

test('Each batch is told as its answer, until the stream ends', async () => {
  const { stream, tell } = source()
  const heard = answered(stream, async ({ changed }) => changed.length)
  const first = heard.next()
  tell('a')
  expect(await first).toEqual({ done: false, value: 1 })
  const last = heard.next()
  await heard.return?.()
  expect(await last).toEqual({ done: true, value: undefined })
})
