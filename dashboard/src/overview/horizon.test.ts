import { expect, test } from 'vitest'
import { kindOf, labelsOf, mastsOf, percentOf, ticksOf, type Told, type Window } from './horizon.ts'

const window: Window = { now: new Date('2026-11-25T10:00:00Z'), hours: 24, ahead: 6 }
const entry = (expectedAt: string, more: Partial<Told> = {}): Told => ({
  id: expectedAt,
  expectedAt,
  arrivedAt: null,
  measuredSize: null,
  status: 'MISSING',
  proof: null,
  phase: 'JUDGED',
  job: { id: 'j', agentId: 'a', databaseName: 'crm' },
  ...more,
})
const came = (at: string, measuredSize: number) =>
  entry(at, { arrivedAt: at, measuredSize, status: 'SUCCESS', proof: 'INTACT' })

test('Now stands where the past ends, and what is older or later than the picture is not drawn', () => {
  expect(percentOf(window.now, window)).toBe(80)
  const drawn = mastsOf(
    [entry('2026-11-24T09:59:59Z'), entry('2026-11-24T10:00:00Z'), entry('2026-11-25T16:00:01Z')],
    window,
    1,
  )
  expect(drawn.map(({ left }) => left)).toEqual([0])
})

test('What came stands where it came, what did not where it was expected', () => {
  const late = entry('2026-11-25T02:00:00Z', { arrivedAt: '2026-11-25T04:00:00Z', status: 'SUCCESS', proof: 'INTACT' })
  expect(mastsOf([late], window, 1)[0]?.at.toISOString()).toBe('2026-11-25T04:00:00.000Z')
  expect(mastsOf([{ ...late, status: 'FAILED' }], window, 1)[0]?.at.toISOString()).toBe('2026-11-25T02:00:00.000Z')
})

test('The larger is taller; one without a size, or alone, is of a height of its own', () => {
  const heights = mastsOf(
    [came('2026-11-25T01:00:00Z', 1e3), came('2026-11-25T02:00:00Z', 1e6), came('2026-11-25T03:00:00Z', 1e9)],
    window,
    1,
  )
  expect(heights.map(({ height }) => height)).toEqual([26, 48, 70])
  expect(mastsOf([came('2026-11-25T01:00:00Z', 5)], window, 1)[0]?.height).toBe(48)
  expect(mastsOf([entry('2026-11-25T01:00:00Z')], window, 1)[0]?.height).toBe(58)
  expect(mastsOf([came('2026-11-25T01:00:00Z', 0)], window, 1)[0]?.height).toBe(58)
})

test('Bad ones that stand together are one with all of their names; good ones stay apart', () => {
  const night = ['a', 'b', 'c'].map((databaseName, index) =>
    entry(`2026-11-25T00:0${index}:00Z`, { job: { id: databaseName, agentId: 'x', databaseName } }),
  )
  expect(mastsOf(night, window, 2).map(({ names }) => names)).toEqual([['a', 'b', 'c']])
  expect(mastsOf(night, window, 0.01)).toHaveLength(3)
  expect(mastsOf([came('2026-11-25T00:00:00Z', 1), came('2026-11-25T00:01:00Z', 1)], window, 2)).toHaveLength(2)
})

test.each<[Partial<Told>, string]>([
  [{ status: 'SUCCESS', proof: 'INTACT' }, 'good'],
  [{ status: 'SUCCESS', proof: 'ARRIVED' }, 'unproven'],
  [{ status: 'SUCCESS', proof: 'SAID' }, 'unproven'],
  [{ status: 'HASH_MISMATCH', proof: 'INTACT' }, 'unchanged'],
  [{ status: 'TRANSFER_INTEGRITY_FAILED' }, 'damaged'],
  [{ status: 'FAILED' }, 'failed'],
  [{ status: 'MISSING' }, 'missing'],
  [{ status: 'UNKNOWN' }, 'pending'],
  [{ status: 'SUCCESS', proof: 'INTACT', phase: 'DUE' }, 'pending'],
])('%j is drawn as %s: nothing unproven as proven', (more, kind) => {
  expect(kindOf(entry('', more))).toBe(kind)
})

test('Names stand in two rows and never touch; what finds no room is not drawn over another', () => {
  const night = ['a', 'b', 'c', 'd'].map((databaseName, index) =>
    entry(`2026-11-25T0${index}:00:00Z`, { job: { id: databaseName, agentId: 'x', databaseName } }),
  )
  const labels = labelsOf(mastsOf(night, window, 1), () => 6)
  expect(labels.map(({ text, row }) => [text, row])).toEqual([
    ['a', 0],
    ['b', 1],
    ['c', 0],
    ['d', 1],
  ])
  expect(labelsOf(mastsOf(night, window, 1), () => 12).map(({ text }) => text)).toEqual(['a', 'b'])
})

test('The axis has full hours, by three on a desk and by two on a phone', () => {
  expect(ticksOf(window).every(({ at }) => at.getHours() % 3 === 0 && at.getMinutes() === 0)).toBe(true)
  expect(ticksOf({ ...window, hours: 12, ahead: 2 }).length).toBeGreaterThanOrEqual(5)
})
