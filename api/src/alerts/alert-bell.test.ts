import { expect, test, vi } from 'vitest'
import { AlertBell } from './alert-bell.ts'

test('A burst is opened once, a failure is told and does not end it, and after the stop nothing is opened', async () => {
  vi.useFakeTimers()
  let runs = 0
  const errors: unknown[] = []
  const run = async (): Promise<void> => {
    runs += 1
    if (runs === 1) throw new Error('the database is away')
  }
  const bell = new AlertBell({ run }, (error) => errors.push(error), 1000)
  for (let rings = 0; rings < 100; rings += 1) bell.ring()
  await vi.advanceTimersByTimeAsync(999)
  expect(runs).toBe(0)
  await vi.advanceTimersByTimeAsync(1)
  expect([runs, errors.length]).toEqual([1, 1])
  bell.ring()
  await vi.advanceTimersByTimeAsync(1000)
  expect([runs, errors.length]).toEqual([2, 1])
  bell.ring()
  bell.stop()
  bell.ring()
  await vi.advanceTimersByTimeAsync(10_000)
  expect(runs).toBe(2)
  vi.useRealTimers()
})
