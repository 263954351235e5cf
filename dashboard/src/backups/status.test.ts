import { expect, test } from 'vitest'
import { backupCounts, grouped, lastDays } from './status.ts'

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

test('Jobs are grouped by company, city and agent in the order of the list, so that the worst stands first', () => {
  const job = (companyName: string | null, city: string | null, agentId: string, id: number) => ({
    companyName,
    city,
    agentId,
    id,
  })
  const groups = grouped([
    job('B', 'x', 'b1', 1),
    job('A', null, 'a1', 2),
    job('B', 'x', 'b2', 3),
    job('B', 'x', 'b1', 4),
    job(null, null, 'c', 5),
  ])
  expect(
    groups.map(({ company, city, agents }) => [
      company,
      city,
      agents.map(({ agentId, jobs }) => [agentId, jobs.length]),
    ]),
  ).toEqual([
    [
      'B',
      'x',
      [
        ['b1', 2],
        ['b2', 1],
      ],
    ],
    ['A', null, [['a1', 1]]],
    [null, null, [['c', 1]]],
  ])
})

test.each([
  ['UTC', ['2026-02-27', '2026-02-28', '2026-03-01']],
  ['America/Los_Angeles', ['2026-02-26', '2026-02-27', '2026-02-28']],
  ['Pacific/Kiritimati', ['2026-02-27', '2026-02-28', '2026-03-01']],
])('The strip ends today, in %s', (timeZone, days) => {
  expect(lastDays(3, new Date('2026-03-01T00:30:00Z'), timeZone)).toEqual(days)
})
