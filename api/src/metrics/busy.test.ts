import { expect, test } from 'vitest'
import { busyAfter, BusyWord } from './busy.ts'

const START = Date.parse('2026-12-01T00:00:00Z')
const spans = (...values: (number | null)[]) =>
  values.map((value, index) => ({ at: new Date(START + index * 600_000), value }))
const at = (index: number) => new Date(START + index * 600_000)
const BEFORE = new Date('2026-11-30T20:00:00Z')

test.each<[string, (number | null)[], number | null, Date | null, BusyWord, Date | null]>([
  ['is above it for an hour', [4, 4, 4, 4, 4, 4], 3, null, BusyWord.BUSY, at(0)],
  ['is above it for the last hour told', [1, 4, 4, 4, 4, 4, 4], 3, null, BusyWord.BUSY, at(1)],
  ['was told with a gap', [4, 4, null, 4, 4, null, 4, 4], 3, null, BusyWord.BUSY, at(0)],
  ['is as high as it', [3, 3, 3, 3, 3, 3], 3, null, BusyWord.NOT_BUSY, null],
  ['was below it once', [4, 4, 2.9, 4, 4, 4], 3, null, BusyWord.NOT_BUSY, null],
  ['is told for less than an hour', [4, 4, 4, 4, 4], 3, null, BusyWord.NOT_BUSY, null],
  ['is not told', [null, null], 3, null, BusyWord.UNKNOWN, null],
  ['is not told any more', [], 3, BEFORE, BusyWord.UNKNOWN, null],
  ['is never to be told', [9, 9, 9, 9, 9, 9], null, null, BusyWord.NOT_BUSY, null],
  ['is no longer to be told', [9, 9, 9, 9, 9, 9], null, BEFORE, BusyWord.NOT_BUSY, null],
  ['goes on after a pause', [1, 1, 4], 3, BEFORE, BusyWord.BUSY, BEFORE],
  ['is hardly below it', [2.8, 2.7, 2.8], 3, BEFORE, BusyWord.BUSY, BEFORE],
  ['is well below it for half an hour', [4, 2.69, 2, 1], 3, BEFORE, BusyWord.NOT_BUSY, null],
  ['is well below it for less', [1, 1], 3, BEFORE, BusyWord.BUSY, BEFORE],
])('A machine that %s', (_, values, limit, before, word, since) => {
  expect(busyAfter(spans(...values), limit, before)).toMatchObject({ word, since })
})

test('Six averages hours apart are no hour', () => {
  const hourly = Array.from({ length: 6 }, (_, hour) => ({ at: new Date(START + hour * 3_600_000), value: 9 }))
  expect(busyAfter(hourly, 3, null)).toMatchObject({ word: BusyWord.NOT_BUSY, since: null, average: null })
})

test('What is told is the average of the hour', () => {
  expect(busyAfter(spans(9, 4, 5, 6, 4, 5, 6), 3, null).average).toBe(5)
})
