import { expect, test } from 'vitest'
import { HOUR, MINUTE } from '../platform/clock.ts'
import { silentAt, withReportTime } from './rhythm.ts'

const patience = (times: number[]): number => silentAt(times, new Date(0)).getTime()

test.each([
  ['one report', [0], 26 * HOUR],
  ['two reports', [0, 15 * MINUTE], 26 * HOUR],
  ['every 15 minutes', [0, 15 * MINUTE, 30 * MINUTE], HOUR],
  ['every 20 minutes', [0, 20 * MINUTE, 40 * MINUTE], HOUR],
  ['every 21 minutes', [0, 21 * MINUTE, 42 * MINUTE], 63 * MINUTE],
  ['every day', [0, 24 * HOUR, 48 * HOUR], 72 * HOUR],
  ['hourly, with one night off', [0, HOUR, 2 * HOUR, 10 * HOUR, 11 * HOUR], 3 * HOUR],
])('With %s a machine is silent after its patience', (_, times, expected) => {
  expect(patience(times)).toBe(expected)
})

test('Times are kept in order, the newest nine', () => {
  let times: number[] = []
  for (const minute of [5, 1, 9, 2, 8, 3, 7, 4, 6, 10]) times = withReportTime(times, new Date(minute))
  expect(times).toEqual([2, 3, 4, 5, 6, 7, 8, 9, 10])
})
