import { describe, expect, test } from 'vitest'
import { DAY } from '../platform/clock.ts'
import { localDay, offsetsOf } from './local-days.ts'
import { readZone } from './schedule.ts'

const at = (text: string): number => Date.parse(text)
const dayIn = (timeZone: string, instant: string): string => {
  const offsets = offsetsOf(timeZone, at(instant) - 40 * DAY, at(instant) + DAY)
  return new Date(localDay(at(instant), offsets) * DAY).toISOString().slice(0, 10)
}

describe('The day of an instant', () => {
  test.each([
    ['UTC', '2026-01-15T23:59:59.999Z', '2026-01-15'],
    ['UTC', '2026-01-16T00:00:00Z', '2026-01-16'],
    ['America/Los_Angeles', '2026-01-15T07:59:59.999Z', '2026-01-14'],
    ['America/Los_Angeles', '2026-01-15T08:00:00Z', '2026-01-15'],
    ['Pacific/Kiritimati', '2026-01-15T09:59:59.999Z', '2026-01-15'],
    ['Pacific/Kiritimati', '2026-01-15T10:00:00Z', '2026-01-16'],
    ['Asia/Kathmandu', '2026-01-15T18:14:59.999Z', '2026-01-15'],
    ['Asia/Kathmandu', '2026-01-15T18:15:00Z', '2026-01-16'],
    // Both sides of the nights in which the clock of Paris changes.
    ['Europe/Paris', '2026-03-28T22:59:59Z', '2026-03-28'],
    ['Europe/Paris', '2026-03-28T23:00:00Z', '2026-03-29'],
    ['Europe/Paris', '2026-03-29T21:59:59Z', '2026-03-29'],
    ['Europe/Paris', '2026-03-29T22:00:00Z', '2026-03-30'],
    ['Europe/Paris', '2026-10-25T22:59:59Z', '2026-10-25'],
    ['Europe/Paris', '2026-10-25T23:00:00Z', '2026-10-26'],
  ])('in %s of %s is %s', (timeZone, instant, day) => {
    expect(dayIn(timeZone, instant)).toBe(day)
  })

  test('is that of the calendar in every zone, throughout a year', () => {
    for (const timeZone of Intl.supportedValuesOf('timeZone')) {
      const offsets = offsetsOf(timeZone, at('2026-01-01T00:00:00Z'), at('2027-01-01T00:00:00Z'))
      const calendar = new Intl.DateTimeFormat('sv', { timeZone })
      for (let instant = at('2026-01-01T00:30:00Z'); instant < at('2027-01-01T00:00:00Z'); instant += 17.3 * 3600_000)
        expect(`${timeZone} ${new Date(localDay(instant, offsets) * DAY).toISOString().slice(0, 10)}`).toBe(
          `${timeZone} ${calendar.format(instant)}`,
        )
    }
  })

  test.each(['Mars/Olympus', '', 'x'.repeat(100_000)])('in no zone is refused (%#)', (timeZone) => {
    expect(() => readZone(timeZone)).toThrow('timeZone: "')
  })
})
