import { expect, test } from 'vitest'
import { wearOf } from './wear.ts'

const DAY = 86_400_000
const start = new Date('2026-01-01T00:00:00Z')
const after = (days: number, used: number) => ({ at: new Date(start.getTime() + days * DAY), used })

test.each<[string, [number, number], [number, number], number | null, string | null]>([
  ['ten per cent in a year', [0, 10], [365, 20], 0.83, '2034-12'],
  ['one per cent says nothing', [0, 10], [365, 11], null, null],
  ['two do', [0, 10], [365, 12], 0.17, null],
  ['29 days say nothing', [0, 10], [29, 20], null, null],
  ['30 do', [0, 10], [30, 20], 10.15, '2026-09'],
  ['a value that fell was reset', [0, 50], [365, 3], null, null],
  ['what is used up has no end to come', [0, 90], [100, 104], 4.26, null],
])('%s', (_, first, last, perMonth, month) => {
  const wear = wearOf(after(...first), after(...last))
  expect([wear.usedPercent, wear.perMonth, wear.endsAt?.toISOString().slice(0, 7) ?? null]).toEqual([
    last[1],
    perMonth,
    month,
  ])
})
