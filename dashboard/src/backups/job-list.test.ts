import { expect, test } from 'vitest'
import { filterOf, groupedBy, standingOf } from './job-list.ts'

const job = (
  over: Partial<Parameters<typeof standingOf>[0]> & {
    agentId?: string
    companyName?: string | null
    city?: string | null
  } = {},
) => ({
  agentId: 'lyon-01',
  companyName: null,
  city: null,
  active: true,
  archivedAt: null,
  currentStatus: 'SUCCESS' as const,
  currentProof: 'INTACT' as const,
  ...over,
})

test.each([
  [{}, 'good'],
  [{ currentProof: 'SAID' }, 'unproven'],
  [{ currentProof: 'ARRIVED' }, 'unproven'],
  [{ currentStatus: 'HASH_MISMATCH' }, 'unchanged'],
  [{ currentStatus: 'HASH_MISMATCH', currentProof: 'ARRIVED' }, 'unproven'],
  [{ currentStatus: 'UNKNOWN', currentProof: null }, 'unknown'],
  [{ currentStatus: 'MISSING', currentProof: null }, 'look'],
  [{ currentStatus: 'FAILED', currentProof: null }, 'look'],
  [{ currentStatus: 'TRANSFER_INTEGRITY_FAILED', currentProof: 'INTACT' }, 'look'],
  [{ currentStatus: 'FAILED', active: false }, 'paused'],
  [{ currentStatus: 'FAILED', archivedAt: '2026-01-01T00:00:00Z' }, 'archived'],
] as const)('A job that is %j stands under "%s"', (over, standing) => {
  expect(standingOf(job(over))).toBe(standing)
})

test('Sorted by status, what needs somebody stands first and what is paused last, whichever way the list goes', () => {
  const jobs = [
    job({ active: false }),
    job(),
    job({ currentStatus: 'MISSING' }),
    job({ currentProof: 'ARRIVED' }),
    job(),
  ]
  expect(groupedBy(jobs, 'status').map(({ is, rows }) => [is, rows.length])).toEqual([
    ['look', 1],
    ['unproven', 1],
    ['good', 2],
    ['paused', 1],
  ])
})

test('Sorted by company, each with its city has one heading, in the order of the list; without one they are together', () => {
  const jobs = [job({ companyName: 'ACME', city: 'Lyon' }), job(), job({ companyName: 'ACME', city: 'Lyon' }), job()]
  expect(groupedBy(jobs, 'company').map(({ is, rows }) => [is, rows.length])).toEqual([
    ['ACME · Lyon', 2],
    [null, 2],
  ])
})

test('Sorted by a time there are no headings', () => {
  expect(groupedBy([job(), job()], 'nextDue')).toEqual([{ of: null, is: null, rows: [job(), job()] }])
  expect(groupedBy([], 'nextDue')).toEqual([])
})

test('What is asked for in the address is asked of the API', () => {
  expect(filterOf(['status.FAILED', 'status.MISSING', 'paused'], ['Lyon'], ' crm ')).toEqual({
    search: 'crm',
    status: ['FAILED', 'MISSING'],
    active: false,
    archived: null,
    tag: ['Lyon'],
  })
})
