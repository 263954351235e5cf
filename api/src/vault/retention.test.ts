import { describe, expect, test } from 'vitest'
import { KeepRule, type KeepRules, keepsEverything, planRetention } from './retention.ts'

const none: KeepRules = { keepLast: null, keepDaily: null, keepWeekly: null, keepMonthly: null, keepYearly: null }
const good = (at: string, isProtected = false) => ({
  at,
  protected: isProtected,
  expectedAt: new Date(at.includes('T') ? `${at}Z` : `${at}T02:00Z`),
})
const backups = (...times: string[]) => times.map((time) => good(time))

/** What stays and why, newest first. The floor is left out, and so is what goes, unless asked for. */
function kept(times: readonly ReturnType<typeof good>[], rules: Partial<KeepRules>, timeZone = 'UTC'): string[] {
  return planRetention(times, { ...none, ...rules }, timeZone)
    .map(({ backup, rules }) => [backup.at, ...rules.filter((rule) => rule !== KeepRule.FLOOR)].join(' '))
    .filter((line) => line.includes(' '))
}

const days = (count: number, from = '2026-01-31'): string[] =>
  Array.from({ length: count }, (_, index) =>
    new Date(Date.parse(from) - index * 86_400_000).toISOString().slice(0, 10),
  )

test.each<[Partial<KeepRules>, boolean]>([
  [{}, true],
  [{ keepLast: 0 }, false],
  [{ keepYearly: 1 }, false],
])('The rules %j keep everything: %s', (rules, expected) => {
  expect(keepsEverything({ ...none, ...rules })).toBe(expected)
  const plan = planRetention(backups(...days(30)), { ...none, ...rules }, 'UTC')
  expect(plan.every(({ rules }) => rules.length > 0)).toBe(expected)
})

describe('Each rule keeps the newest of so many', () => {
  test.each<[string, Partial<KeepRules>, string[], string[]]>([
    ['backups', { keepLast: 3 }, days(9), days(3).map((day) => `${day} LAST`)],
    [
      'days',
      { keepDaily: 2 },
      ['2026-01-31T22:00', '2026-01-31T23:59', '2026-01-30T01:00', '2026-01-30T00:00', '2026-01-29T23:59'],
      ['2026-01-31T23:59 DAILY', '2026-01-30T01:00 DAILY'],
    ],
    [
      'weeks, from Monday to Sunday',
      { keepWeekly: 3 },
      ['2026-01-19', '2026-01-18', '2026-01-12', '2026-01-11', '2026-01-05', '2026-01-04'],
      ['2026-01-19 WEEKLY', '2026-01-18 WEEKLY', '2026-01-11 WEEKLY'],
    ],
    [
      'weeks, of which the first of a year may begin in the year before',
      { keepWeekly: 2 },
      ['2026-01-04', '2026-01-01', '2025-12-31', '2025-12-29', '2025-12-28'],
      ['2026-01-04 WEEKLY', '2025-12-28 WEEKLY'],
    ],
    [
      'weeks, of which the last of a year may end in the year after',
      { keepWeekly: 2 },
      ['2027-01-04', '2027-01-03', '2026-12-31', '2026-12-28', '2026-12-27'],
      ['2027-01-04 WEEKLY', '2027-01-03 WEEKLY'],
    ],
    [
      'weeks, not the one with the same number a year before',
      { keepWeekly: 2 },
      ['2026-03-04', '2025-03-05'],
      ['2026-03-04 WEEKLY', '2025-03-05 WEEKLY'],
    ],
    [
      'months, not the same one of another year',
      { keepMonthly: 3 },
      ['2026-03-31', '2026-03-01', '2026-02-28', '2025-03-31', '2025-02-28'],
      ['2026-03-31 MONTHLY', '2026-02-28 MONTHLY', '2025-03-31 MONTHLY'],
    ],
    [
      'years',
      { keepYearly: 2 },
      ['2026-12-31', '2026-01-01', '2025-12-31', '2024-06-06'],
      ['2026-12-31 YEARLY', '2025-12-31 YEARLY'],
    ],
  ])('%s', (_, rules, times, expected) => {
    expect(kept(backups(...times.toReversed()), rules)).toEqual(expected)
  })

  test('and several rules may keep the same one', () => {
    expect(kept(backups(...days(3)), { keepLast: 1, keepDaily: 2, keepMonthly: 1, keepYearly: 1 })).toEqual([
      '2026-01-31 LAST DAILY MONTHLY YEARLY',
      '2026-01-30 DAILY',
    ])
  })

  test('of 10,000 where there are fewer', () => {
    expect(kept(backups(...days(5)), { keepDaily: 10_000 })).toHaveLength(5)
  })

  test('and a rule of 0 keeps none', () => {
    expect(kept(backups(...days(5)), { keepLast: 0, keepDaily: 1 })).toEqual(['2026-01-31 DAILY'])
  })
})

test('A period without backups does not count: after a month of failures the old ones stay', () => {
  const old = days(5, '2025-12-20')
  expect(kept(backups('2026-01-31', ...old), { keepDaily: 4 })).toEqual(
    ['2026-01-31', ...old.slice(0, 3)].map((day) => `${day} DAILY`),
  )
})

test.each([
  ['UTC', ['2026-01-15T23:30 DAILY', '2026-01-14T23:30 DAILY']],
  ['Europe/Paris', ['2026-01-15T23:30 DAILY', '2026-01-15T22:30 DAILY']],
])('A day ends at midnight of %s', (zone, expected) => {
  const times = backups('2026-01-15T23:30', '2026-01-15T22:30', '2026-01-14T23:30', '2026-01-14T22:30')
  expect(kept(times, { keepDaily: 2 }, zone)).toEqual(expected)
})

describe('Whatever the rules', () => {
  const all = (times: readonly ReturnType<typeof good>[], rules: Partial<KeepRules>) =>
    planRetention(times, { ...none, ...rules }, 'UTC').map(({ backup, rules }) => [backup.at, ...rules].join(' '))

  test('the two newest good ones stay', () => {
    expect(all(backups(...days(3)), { keepYearly: 1 })).toEqual([
      '2026-01-31 FLOOR YEARLY',
      '2026-01-30 FLOOR',
      '2026-01-29',
    ])
    // Whoever asks for the last one alone gets it.
    expect(all(backups(...days(3)), { keepLast: 1 })).toEqual(['2026-01-31 FLOOR LAST', '2026-01-30', '2026-01-29'])
    expect(all(backups('2026-01-31'), { keepYearly: 1 })).toEqual(['2026-01-31 FLOOR YEARLY'])
    expect(all([], { keepLast: 1 })).toEqual([])
  })

  test('a protected one stays, whether or not a rule keeps it too', () => {
    const times = [...backups('2026-01-31', '2026-01-30'), good('2026-01-29', true), good('2020-01-01', true)]
    expect(all(times, { keepLast: 3 })).toEqual([
      '2026-01-31 FLOOR LAST',
      '2026-01-30 FLOOR LAST',
      '2026-01-29 PROTECTED LAST',
      '2020-01-01 PROTECTED',
    ])
  })
})
