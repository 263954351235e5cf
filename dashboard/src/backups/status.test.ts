import { expect, test } from 'vitest'
import { backupCounts, lastDays } from './status.ts'

test('The headline counts as good only what was proven, and what was not, or is unknown, as neither', () => {
  const counts = backupCounts([
    { status: 'SUCCESS', count: 3, unproven: 1 },
    { status: 'HASH_MISMATCH', count: 1, unproven: 0 },
    { status: 'FAILED', count: 1, unproven: 0 },
    { status: 'MISSING', count: 2, unproven: 0 },
    { status: 'TRANSFER_INTEGRITY_FAILED', count: 1, unproven: 0 },
    { status: 'UNKNOWN', count: 4, unproven: 0 },
  ])
  expect(counts).toEqual({ total: 12, good: 3, unproven: 1, bad: 4, unknown: 4 })
})

test.each([
  ['UTC', ['2026-02-27', '2026-02-28', '2026-03-01']],
  ['America/Los_Angeles', ['2026-02-26', '2026-02-27', '2026-02-28']],
  ['Pacific/Kiritimati', ['2026-02-27', '2026-02-28', '2026-03-01']],
])('The strip ends today, in %s', (timeZone, days) => {
  expect(lastDays(3, new Date('2026-03-01T00:30:00Z'), timeZone)).toEqual(days)
})
