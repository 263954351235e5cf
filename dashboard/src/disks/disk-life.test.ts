import { describe, expect, test } from 'vitest'
import { isPlaced, lifeOf } from './disk-life.ts'

const at = (day: number): string => new Date(Date.UTC(2026, 0, day)).toISOString()
const event = (id: string, type: string, day: number): never => ({ id, type, at: at(day) }) as never
const stay = (id: string, since: number, until: number | null): never =>
  ({ id, since: at(since), until: until === null ? null : at(until) }) as never
const step = (since: number, until: number): never =>
  ({ counter: 'REALLOCATED', since: at(since), until: at(until), from: '0', to: '8', count: 2 }) as never
const none = { stays: [], steps: [], firstSeenAt: at(1) }
const kinds = (...args: Parameters<typeof lifeOf>): string[] =>
  lifeOf(...args).map(({ kind, at: when }) => `${kind} ${when.slice(8, 10)}`)

describe('The life of a disk', () => {
  test('is one list of where it was, what was found and what rose, the newest first', () => {
    const disk = { ...none, stays: [stay('a', 1, 10), stay('b', 12, null)], steps: [step(5, 7)] }
    const nodes = [event('3', 'HEALTH_CHANGED', 14), event('2', 'DISK_MISSING', 11)]
    expect(kinds(disk, { nodes, hasMore: false })).toEqual([
      'event 14',
      'stay 12',
      'event 11',
      'step 07',
      'stay 01',
      'first 01',
    ])
  })

  test('tells a move once: the stay does', () => {
    const nodes = [event('2', 'DISK_MOVED', 12), event('1', 'DISK_ADDED', 1)]
    expect(kinds({ ...none, stays: [stay('b', 12, null)] }, { nodes, hasMore: false })).toEqual(['stay 12', 'first 01'])
  })

  test('tells nothing that is older than the events that were asked for, while there are more', () => {
    const disk = { ...none, stays: [stay('a', 1, null)], steps: [step(2, 3), step(10, 20)] }
    const nodes = [event('9', 'HEALTH_CHANGED', 21), event('8', 'DISK_BACK', 20)]
    expect(kinds(disk, { nodes, hasMore: true })).toEqual(['event 21', 'event 20', 'step 20'])
    expect(kinds(disk, { nodes, hasMore: false })).toContain('first 01')
  })

  test('of a disk that nothing is told of has its first day', () => {
    expect(kinds(none, { nodes: [], hasMore: false })).toEqual(['first 01'])
  })
})

describe('A disk was in a machine between two times', () => {
  const stays = [stay('a', 1, 10), stay('b', 12, null)]
  test.each([
    ['within a stay', 2, 9, true],
    ['from its first to its last day', 1, 10, true],
    ['over its end', 9, 11, false],
    ['between two stays', 10, 12, false],
    ['in the stay that lasts', 12, 40, true],
    ['in the stay that lasts, until now', 13, null, true],
    ['until now from within an ended one', 9, null, false],
  ])('%s', (_, older, newer, expected) => {
    expect(isPlaced(stays, at(older), newer === null ? null : at(newer))).toBe(expected)
  })
})
