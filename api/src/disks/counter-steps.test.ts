import { describe, expect, test } from 'vitest'
import { type ChangedReading, COUNTED, stepsIn } from './counter-steps.ts'

const DAY = 86_400_000
const day = (n: number): Date => new Date(Date.UTC(2026, 0, 1) + n * DAY)
const NONE = Object.fromEntries(
  COUNTED.flatMap((counter) => [
    [`${counter}Now`, null],
    [`${counter}Before`, null],
  ]),
)
const reading = (at: number, values: Partial<ChangedReading>): ChangedReading =>
  ({ ...NONE, at: day(at), ...values }) as ChangedReading
const reallocated = (at: number, from: number | null, to: number | null): ChangedReading =>
  reading(at, { reallocatedBefore: from, reallocatedNow: to })

describe('The steps of a counter', () => {
  test('a rise is one step, told with when it was read', () => {
    expect(stepsIn([reallocated(3, 0, 8)])).toEqual([
      { counter: 'reallocated', since: day(3), until: day(3), from: 0, to: 8, count: 1 },
    ])
  })

  test.each([
    ['not read before', null, 8],
    ['not read now', 8, null],
    ['as it was', 8, 8],
  ])('%s is no step: nobody knows of one', (_, from, to) => {
    expect(stepsIn([reallocated(3, from, to)])).toEqual([])
  })

  test.each([
    [7, 1],
    [7.01, 2],
  ])('a second rise %d days after the first makes %i', (after, expected) => {
    const steps = stepsIn([reallocated(0, 0, 8), reallocated(after, 8, 9)])
    expect(steps).toHaveLength(expected)
    if (expected === 1) expect(steps[0]).toMatchObject({ from: 0, to: 9, count: 2, since: day(0), until: day(after) })
  })

  test('a rise is told though a reading between had the other counters alone', () => {
    expect(stepsIn([reallocated(0, 5, 5), reallocated(1, 5, null), reallocated(2, null, 8)])).toMatchObject([
      { from: 5, to: 8, since: day(2) },
    ])
  })

  test('what grows every day for a month is one story, however long it lasts', () => {
    const steps = stepsIn(Array.from({ length: 30 }, (_, n) => reallocated(n, n, n + 1)))
    expect(steps).toMatchObject([{ from: 0, to: 30, count: 30, since: day(0), until: day(29) }])
  })

  test('a fall ends the rise before it, as pending sectors do that were written anew', () => {
    const pending = (at: number, from: number, to: number): ChangedReading =>
      reading(at, { pendingBefore: from, pendingNow: to })
    expect(stepsIn([pending(0, 0, 8), pending(1, 8, 0), pending(2, 0, 8)]).map(({ from, to }) => [from, to])).toEqual([
      [0, 8],
      [8, 0],
      [0, 8],
    ])
  })

  test('each counter has its own, the newest first', () => {
    const steps = stepsIn([
      reallocated(0, 0, 8),
      reading(1, { mediaErrorsBefore: 1, mediaErrorsNow: 2 }),
      reallocated(2, 8, 9),
    ])
    expect(steps.map(({ counter, to }) => [counter, to])).toEqual([
      ['reallocated', 9],
      ['mediaErrors', 2],
    ])
  })

  test('of a counter that jumps with every reading the newest hundred are told', () => {
    const steps = stepsIn(Array.from({ length: 300 }, (_, n) => reallocated(n, n % 2 ? 5 : 0, n % 2 ? 0 : 5)))
    expect(steps).toHaveLength(100)
    expect(steps[0]).toMatchObject({ since: day(299) })
  })
})
