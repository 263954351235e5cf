import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { FairShare } from './fair-share.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

test('Readers have their turn one after the other, in the order of their coming', async () => {
  const share = new FairShare()
  const order: string[] = []
  const first = await share.turn()
  const second = share.turn().then((done) => (order.push('second'), done))
  const third = share.turn().then((done) => (order.push('third'), done))
  await Promise.resolve()
  expect(order).toEqual([])
  first()
  ;(await second)()
  ;(await third)()
  expect(order).toEqual(['second', 'third'])
})

test('While reports arrive, a pause as long as the work follows each turn; without them none', async () => {
  const share = new FairShare()
  await share.report(async () => undefined)
  const first = await share.turn()
  await vi.advanceTimersByTimeAsync(40)
  first()
  let served = false
  void share.turn().then((done) => {
    served = true
    done()
  })
  await vi.advanceTimersByTimeAsync(39)
  expect(served).toBe(false)
  await vi.advanceTimersByTimeAsync(2)
  expect(served).toBe(true)
})

test('A reader that never ends gives up its turn after half a minute', async () => {
  const share = new FairShare()
  await share.turn()
  let served = false
  void share.turn().then(() => (served = true))
  await vi.advanceTimersByTimeAsync(30_000)
  expect(served).toBe(true)
})
