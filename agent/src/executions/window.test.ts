import { describe, expect, test } from 'vitest'
import { isOpen, readWindow } from './window.ts'

// 2026-11-30 is a Monday.
const at = (text: string): Date => new Date(`2026-${text}:00`)
const open = (window: string, when: string): boolean => {
  const read = readWindow(window)
  if (!read) throw new Error(window)
  return isOpen([read], at(when))
}

describe('An hour of the machine’s owner', () => {
  test.each([
    ['02:00-05:00', '11-30T01:59', false],
    ['02:00-05:00', '11-30T02:00', true],
    ['02:00-05:00', '11-30T04:59', true],
    ['02:00-05:00', '11-30T05:00', false],
    ['Mon-Fri 02:00-05:00', '12-04T03:00', true],
    ['Mon-Fri 02:00-05:00', '12-05T03:00', false],
    // Over midnight it belongs to the day on which it begins.
    ['Sun 22:00-04:00', '11-29T23:00', true],
    ['Sun 22:00-04:00', '11-30T03:59', true],
    ['Sun 22:00-04:00', '11-30T04:00', false],
    ['Sun 22:00-04:00', '11-30T22:00', false],
    ['Mon 22:00-04:00', '11-30T03:00', false],
    ['Sat,Sun 00:00-24:00', '11-29T12:00', true],
    ['Sat,Sun 00:00-24:00', '11-30T00:00', false],
    ['Fri-Mon 00:00-24:00', '11-30T23:59', true],
    ['fri-mon 00:00-24:00', '12-01T00:00', false],
  ])('%s at %s: %s', (window, when, expected) => expect(open(window, when)).toBe(expected))

  test('is always where there is none', () => expect(isOpen([], at('11-30T12:00'))).toBe(true))

  test.each(['', 'always', '2:00-5:00', '02:00', '02:00-02:00', '25:00-26:00', '02:60-03:00', 'Mo 02:00-03:00'])(
    'is none that says "%s"',
    (text) => expect(readWindow(text)).toBeNull(),
  )
  test.each(['Mon- 02:00-03:00', 'Mon-Tue-Wed 02:00-03:00', ', 02:00-03:00', '02:00-24:01', 'x'.repeat(10_000)])(
    'nor "%s"',
    (text) => expect(readWindow(text)).toBeNull(),
  )
})
