import { describe, expect, test } from 'vitest'
import { fullAt, levelOf, roomLimits, type RoomDay, RoomLevel, usedShare, withDay } from './forecast.ts'

const NOW = new Date('2026-01-30T12:00:00Z')
const days = (used: number[], last = 30): RoomDay[] =>
  used.map((value, index) => ({
    day: `2026-01-${String(last - used.length + 1 + index).padStart(2, '0')}`,
    used: value,
  }))
const growing = (perDay: number, count = 10): RoomDay[] =>
  days(Array.from({ length: count }, (_, n) => 100 + n * perDay))

describe('A disk is full', () => {
  test.each<[string, number, RoomDay[], string | null]>([
    ['in ten days where a tenth of what is free comes each day', 100, growing(10), '2026-02-09'],
    ['never where nothing comes', 100, growing(0), null],
    ['never where it empties', 100, growing(-5), null],
    ['at no known date after four days', 100, growing(10, 4), null],
    ['at a known date after five', 100, growing(10, 5), '2026-02-09'],
    ['within a year', 3650, growing(10), '2027-01-30'],
    ['at no date that is further away', 3651, growing(10), null],
    [
      'at the date that most days tell, whatever one large file did',
      100,
      [...growing(10, 9), { day: '2026-01-30', used: 900 }],
      '2026-02-09',
    ],
    [
      'at the date that most days tell, whatever one deletion did',
      100,
      [...growing(10, 9), { day: '2026-01-30', used: 1 }],
      '2026-02-09',
    ],
    ['by days that were read, where some were not', 100, growing(10).filter((_, n) => n % 2 === 0), '2026-02-09'],
    ['now where nothing is free', 0, growing(10), '2026-01-30'],
  ])('%s', (_, free, known, day) => {
    expect(fullAt({ used: 0, free, days: known }, NOW)?.toISOString().slice(0, 10) ?? null).toBe(day)
  })

  test('by the last thirty days alone', () => {
    const long = Array.from({ length: 40 }, (_, n) => ({
      day: new Date(Date.UTC(2025, 11, 22 + n)).toISOString().slice(0, 10),
      used: n < 10 ? n * 1000 : 10_000 + n,
    }))
    expect(fullAt({ used: 0, free: 10, days: long }, NOW)?.toISOString().slice(0, 10)).toBe('2026-02-09')
  })
})

describe('Room', () => {
  type Level = keyof typeof RoomLevel
  const share = (used: number, before: Level): RoomLevel =>
    levelOf(
      { used, free: 1000 - used },
      { full: null, now: NOW, before: RoomLevel[before], limits: roomLimits(80, 14) },
    )
  test.each<[number, Level, Level]>([
    [799, 'ENOUGH', 'ENOUGH'],
    [800, 'ENOUGH', 'LOW'],
    [899, 'ENOUGH', 'LOW'],
    [900, 'ENOUGH', 'SCARCE'],
    [780, 'LOW', 'LOW'],
    [779, 'LOW', 'ENOUGH'],
    [899, 'LOW', 'LOW'],
    [880, 'SCARCE', 'SCARCE'],
    [879, 'SCARCE', 'LOW'],
    [779, 'SCARCE', 'ENOUGH'],
  ])('of which %d in 1000 are in use, after %s, is %s', (used, before, level) => {
    expect(share(used, before)).toBe(level)
  })

  const until = (left: number, before: Level): RoomLevel =>
    levelOf(
      { used: 0, free: left * 10 },
      {
        full: fullAt({ used: 0, free: left * 10, days: growing(10) }, NOW),
        now: NOW,
        before: RoomLevel[before],
        limits: roomLimits(80, 14),
      },
    )
  test.each<[number, Level, Level]>([
    [15, 'ENOUGH', 'ENOUGH'],
    [14, 'ENOUGH', 'LOW'],
    [4, 'ENOUGH', 'LOW'],
    [3, 'ENOUGH', 'SCARCE'],
    [21, 'LOW', 'LOW'],
    [22, 'LOW', 'ENOUGH'],
    [10, 'SCARCE', 'SCARCE'],
    [11, 'SCARCE', 'LOW'],
  ])('that is full in %d days, after %s, is %s', (left, before, level) => {
    expect(until(left, before)).toBe(level)
  })

  test.each<[string, number | null, number | null, RoomLevel]>([
    ['is told by days where its share never is', null, 14, RoomLevel.SCARCE],
    ['is told by its share where days never are', 90, null, RoomLevel.SCARCE],
    ['is never told where neither is', null, null, RoomLevel.ENOUGH],
  ])('that is full %s', (_, percent, days, level) => {
    const told = { full: NOW, now: NOW, before: RoomLevel.ENOUGH, limits: roomLimits(percent, days) }
    expect(levelOf({ used: 1000, free: 0 }, told)).toBe(level)
  })

  test('of no size is full', () => {
    expect(usedShare({ used: 0, free: 0 })).toBe(1)
  })

  test('keeps one reading for each day, the last of it, of two months, and none of a day that has not come', () => {
    const known = days([1, 2], 30)
    expect(withDay(known, NOW, 3)).toEqual(days([1, 3], 30))
    expect(withDay([{ day: '2027-01-01', used: 9 }], NOW, 3)).toEqual(days([3], 30))
    const long = Array.from({ length: 80 }, (_, n) => ({ day: `2025-${String(n).padStart(4, '0')}`, used: n }))
    expect(withDay(long, NOW, 1)).toHaveLength(60)
  })
})
