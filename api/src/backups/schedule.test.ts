import { describe, expect, test } from 'vitest'
import { InvalidInputError } from '../platform/errors.ts'
import { HOUR, MINUTE } from '../platform/clock.ts'
import {
  compile,
  DayOfWeek,
  DueMeans,
  dueOfRun,
  Frequency,
  leadOf,
  newestDue,
  nextDue,
  duesUntil,
  nextDues,
  periodOf,
  type PlainSchedule,
  readSchedule,
  type Schedule,
  usualGrace,
} from './schedule.ts'

const { HOURLY, DAILY, WEEKLY, MONTHLY } = Frequency
const cron = (line: string, timeZone = 'UTC'): Schedule => ({ cron: line, timeZone })
const iso = (date: Date | null): string | null => date && date.toISOString().replace(/:00\.000Z$/, 'Z')
const dues = (schedule: Schedule, after: string, count = 3) => nextDues(schedule, new Date(after), count).map(iso)
const refusal = (act: () => unknown): string => {
  try {
    act()
  } catch (error) {
    if (error instanceof InvalidInputError) return `${error.field} ${error.rule}`
    throw error
  }
  return 'none'
}

describe('A plain schedule', () => {
  test.each<[string, PlainSchedule, string]>([
    ['every hour', { frequency: HOURLY }, '0 * * * *'],
    ['every hour at a minute', { frequency: HOURLY, expectedMinuteUtc: 59 }, '59 * * * *'],
    ['every day at the first hour', { frequency: DAILY, expectedHourUtc: 0 }, '0 0 * * *'],
    ['every day at the last minute', { frequency: DAILY, expectedHourUtc: 23, expectedMinuteUtc: 59 }, '59 23 * * *'],
    [
      'every week, each day once, from Sunday on',
      {
        frequency: WEEKLY,
        expectedHourUtc: 2,
        daysOfWeek: [DayOfWeek.SATURDAY, DayOfWeek.MONDAY, DayOfWeek.SUNDAY, DayOfWeek.MONDAY],
      },
      '0 2 * * 0,1,6',
    ],
    ['every month on the first', { frequency: MONTHLY, expectedHourUtc: 2, dayOfMonth: 1 }, '0 2 1 * *'],
    ['every month on the 28th', { frequency: MONTHLY, expectedHourUtc: 2, dayOfMonth: 28 }, '0 2 28 * *'],
    ['every month on its last day', { frequency: MONTHLY, expectedHourUtc: 2, lastDayOfMonth: true }, '0 2 L * *'],
  ])('%s', (_, plain, line) => {
    expect(compile(plain)).toEqual(cron(line))
    expect(readSchedule(line, 'UTC')).toEqual(cron(line))
  })

  test.each<[string, PlainSchedule]>([
    ['expectedMinuteUtc must be', { frequency: HOURLY, expectedMinuteUtc: -1 }],
    ['expectedMinuteUtc must be', { frequency: HOURLY, expectedMinuteUtc: 60 }],
    ['expectedMinuteUtc must be', { frequency: DAILY, expectedHourUtc: 2, expectedMinuteUtc: 1.5 }],
    ['expectedHourUtc is needed', { frequency: DAILY }],
    ['expectedHourUtc is needed', { frequency: MONTHLY, expectedHourUtc: null, dayOfMonth: 1 }],
    ['expectedHourUtc must be', { frequency: DAILY, expectedHourUtc: -1 }],
    ['expectedHourUtc must be', { frequency: DAILY, expectedHourUtc: 24 }],
    ['expectedHourUtc must be', { frequency: DAILY, expectedHourUtc: Number.NaN }],
    ['daysOfWeek is needed', { frequency: WEEKLY, expectedHourUtc: 2 }],
    ['daysOfWeek is needed', { frequency: WEEKLY, expectedHourUtc: 2, daysOfWeek: [] }],
    ['dayOfMonth is needed', { frequency: MONTHLY, expectedHourUtc: 2 }],
    ['dayOfMonth is needed', { frequency: MONTHLY, expectedHourUtc: 2, dayOfMonth: 0 }],
    ['dayOfMonth must be', { frequency: MONTHLY, expectedHourUtc: 2, dayOfMonth: -1 }],
    ['dayOfMonth must be', { frequency: MONTHLY, expectedHourUtc: 2, dayOfMonth: 29 }],
    ['dayOfMonth is given together', { frequency: MONTHLY, expectedHourUtc: 2, dayOfMonth: 5, lastDayOfMonth: true }],
  ])('is refused: %s, in %j', (expected, plain) => {
    expect(refusal(() => compile(plain))).toContain(expected)
  })
})

describe('A cron line', () => {
  test.each([
    [' 30  2 * *\t* ', 'UTC', '30 2 * * *'],
    ['0 2 * * MON-FRI', 'Europe/Paris', '0 2 * * MON-FRI'],
    ['*/15 * * * *', 'UTC', '*/15 * * * *'],
    ['0 0 29 2 *', 'UTC', '0 0 29 2 *'],
  ])('"%s" in %s is read', (line, zone, text) => {
    expect(readSchedule(line, zone)).toEqual(cron(text, zone))
  })

  test.each([
    ['', 'has not the five fields'],
    ['@daily', 'has not the five fields'],
    ['0 0 2 * * *', 'has not the five fields'],
    ['2 * * *', 'has not the five fields'],
    ['60 * * * *', 'is not understood'],
    ['0 24 * * *', 'is not understood'],
    ['0 2 0 * *', 'is not understood'],
    ['0 2 32 * *', 'is not understood'],
    ['0 2 * 13 *', 'is not understood'],
    ['0 2 * * 8', 'is not understood'],
    ['at two o clock exactly', 'is not understood'],
    ['0 0 30 2 *', 'never comes'],
    ['0 0 31 4,6,9,11 *', 'never comes'],
    ['*/14 * * * *', 'more often than every 15 minutes'],
    ['0,50 * * * *', 'more often than every 15 minutes'],
    ['* 2 * * *', 'more often than every 15 minutes'],
  ])('"%s" is refused, for it %s', (line, rule) => {
    expect(refusal(() => readSchedule(line, 'UTC'))).toMatch(new RegExp(`^cron .*${rule}`))
  })

  test.each(['Mars', 'Europe/Atlantis', ''])('in the zone "%s" is refused', (zone) => {
    expect(refusal(() => readSchedule('0 2 * * *', zone))).toBe(`timeZone "${zone}" is no IANA time zone`)
  })
})

describe('When the clock changes', () => {
  test.each<[string, Schedule, string, string[]]>([
    [
      'a skipped 02:30 of Paris comes an hour later',
      cron('30 2 * * *', 'Europe/Paris'),
      '2026-03-28T00:00:00Z',
      ['2026-03-28T01:30Z', '2026-03-29T01:30Z', '2026-03-30T00:30Z'],
    ],
    [
      'a doubled 02:30 of Paris comes once, the first time',
      cron('30 2 * * *', 'Europe/Paris'),
      '2026-10-24T00:00:00Z',
      ['2026-10-24T00:30Z', '2026-10-25T00:30Z', '2026-10-26T01:30Z'],
    ],
    [
      'a skipped hour of Paris makes no second backup of the next one',
      cron('0 * * * *', 'Europe/Paris'),
      '2026-03-28T23:30:00Z',
      ['2026-03-29T00:00Z', '2026-03-29T01:00Z', '2026-03-29T02:00Z'],
    ],
    [
      'a doubled hour of Paris is one',
      cron('0 * * * *', 'Europe/Paris'),
      '2026-10-24T23:30:00Z',
      ['2026-10-25T00:00Z', '2026-10-25T02:00Z', '2026-10-25T03:00Z'],
    ],
    [
      'a skipped 02:15 of Lord Howe comes half an hour later',
      cron('15 2 * * *', 'Australia/Lord_Howe'),
      '2026-10-02T12:00:00Z',
      ['2026-10-02T15:45Z', '2026-10-03T15:45Z', '2026-10-04T15:15Z'],
    ],
    [
      'a doubled 01:45 of Lord Howe comes once',
      cron('45 1 * * *', 'Australia/Lord_Howe'),
      '2026-04-03T00:00:00Z',
      ['2026-04-03T14:45Z', '2026-04-04T14:45Z', '2026-04-05T15:15Z'],
    ],
    [
      'a skipped 02:30 of New York comes an hour later',
      cron('30 2 * * *', 'America/New_York'),
      '2026-03-07T00:00:00Z',
      ['2026-03-07T07:30Z', '2026-03-08T07:30Z', '2026-03-09T06:30Z'],
    ],
    [
      'a doubled 01:30 of New York comes once',
      cron('30 1 * * *', 'America/New_York'),
      '2026-10-31T00:00:00Z',
      ['2026-10-31T05:30Z', '2026-11-01T05:30Z', '2026-11-02T06:30Z'],
    ],
    [
      'a skipped midnight of Cairo comes at one',
      cron('0 0 * * *', 'Africa/Cairo'),
      '2026-04-23T00:00:00Z',
      ['2026-04-23T22:00Z', '2026-04-24T21:00Z', '2026-04-25T21:00Z'],
    ],
  ])('%s', (_, schedule, after, expected) => {
    expect(dues(schedule, after)).toEqual(expected)
  })

  const lines = ['30 2 * * *', '0 * * * *', '0,30 1-3 * * *', '45 1 * * 0', '0 0 L * *', '0 2 1 * 1']
  const zones = ['UTC', 'Europe/Paris', 'Australia/Lord_Howe', 'America/New_York', 'Africa/Cairo']
  const changes = ['2026-03-08', '2026-03-29', '2026-04-04', '2026-10-03', '2026-10-24', '2026-11-01']
  test.each(zones)('the way back is the way forth in %s', (zone) => {
    for (const schedule of lines.map((line) => cron(line, zone)))
      for (const day of changes)
        for (let hour = 0.3; hour < 40; hour += 6.1) {
          const asked = new Date(Date.parse(`${day}T00:00:00Z`) + Math.round(hour * 60) * MINUTE)
          const next = nextDue(schedule, asked) as Date
          const newest = newestDue(schedule, asked) as Date
          const about = `${schedule.cron} asked at ${asked.toISOString()}`
          expect(newest <= asked && asked < next, about).toBe(true)
          expect(newestDue(schedule, next), about).toEqual(next)
          expect(newestDue(schedule, new Date(next.getTime() - 1)), about).toEqual(newest)
          expect(nextDue(schedule, newest), about).toEqual(next)
        }
  })
})

describe('Rare days', () => {
  test('the last day of the month is 31, 30, 29 or 28', () => {
    expect(dues(cron('0 0 L * *'), '2027-01-31T00:00:00Z', 4)).toEqual(
      ['02-28', '03-31', '04-30', '05-31'].map((day) => `2027-${day}T00:00Z`),
    )
    expect(dues(cron('0 0 L * *'), '2028-01-31T00:00:00Z', 1)).toEqual(['2028-02-29T00:00Z'])
  })

  test('29 February comes every four years, and is found back over the eight years around 2100', () => {
    const leapDay = cron('0 0 29 2 *')
    expect(dues(leapDay, '2092-03-01T00:00:00Z')).toEqual(
      ['2096', '2104', '2108'].map((year) => `${year}-02-29T00:00Z`),
    )
    expect(iso(newestDue(leapDay, new Date('2104-02-28T23:59:59.999Z')))).toBe('2096-02-29T00:00Z')
  })
})

describe('Of a schedule', () => {
  test.each([
    ['*/15 * * * *', 15, 3.75, 7],
    ['0 * * * *', 60, 15, 30],
    ['0,20 * * * *', 20, 5, 10],
    ['0 */3 * * *', 180, 45, 90],
    ['0 */4 * * *', 240, 60, 120],
    ['0 */6 * * *', 360, 90, 120],
    ['0 2 * * *', 1440, 360, 120],
    ['0 2 * * 1-5', 1440, 360, 120],
    ['0 2 */2 * *', 1440, 360, 120], // 31 and 1
    ['0 2 * * 1,3', 2 * 1440, 720, 120],
    ['0 2 * * 0', 7 * 1440, 720, 120],
    ['0 2 1 * *', 28 * 1440, 720, 120],
    ['0 2 29 2 *', 1461 * 1440, 720, 120],
  ])('%s the period is %d min, the lead %d and the usual grace %d', (line, period, lead, grace) => {
    const schedule = cron(line)
    expect([periodOf(schedule) / MINUTE, leadOf(schedule) / MINUTE, usualGrace(schedule)]).toEqual([
      period,
      lead,
      grace,
    ])
  })

  test('the period is told on the wall clock: a day is 24 h wherever clocks change', () => {
    expect(periodOf(cron('30 2 * * *', 'Europe/Paris'))).toBe(1440 * MINUTE)
  })

  test.each([
    ['2026-01-15T01:59:59.999Z', '2026-01-14T02:00Z', '2026-01-15T02:00Z'],
    ['2026-01-15T02:00:00.000Z', '2026-01-15T02:00Z', '2026-01-16T02:00Z'],
    ['2026-01-15T02:00:00.001Z', '2026-01-15T02:00Z', '2026-01-16T02:00Z'],
  ])('at %s the newest due time is %s and the next is %s', (now, newest, next) => {
    const daily = cron('0 2 * * *')
    expect([iso(newestDue(daily, new Date(now))), iso(nextDue(daily, new Date(now)))]).toEqual([newest, next])
  })

  test.each([
    ['0 2 * * *', '2026-01-14T19:59:59.999Z', '2026-01-14T02:00Z'],
    ['0 2 * * *', '2026-01-14T20:00:00.000Z', '2026-01-15T02:00Z'],
    ['0 2 * * *', '2026-01-15T19:59:59.999Z', '2026-01-15T02:00Z'],
    ['0 2 * * 4', '2026-01-14T13:59:59.999Z', '2026-01-08T02:00Z'],
    ['0 2 * * 4', '2026-01-14T14:00:00.000Z', '2026-01-15T02:00Z'],
    ['0 * * * *', '2026-01-15T01:44:59.999Z', '2026-01-15T01:00Z'],
    ['0 * * * *', '2026-01-15T01:45:00.000Z', '2026-01-15T02:00Z'],
    ['*/15 * * * *', '2026-01-15T01:56:14.999Z', '2026-01-15T01:45Z'],
    ['*/15 * * * *', '2026-01-15T01:56:15.000Z', '2026-01-15T02:00Z'],
  ])('%s a run that began at %s is the one of %s', (line, startedAt, due) => {
    const began = new Date(startedAt)
    const plan = { ...cron(line), dueMeans: DueMeans.BEGINS, graceMinutes: 5 }
    expect(iso(dueOfRun(plan, { began, ended: new Date('2027-01-01') }))).toBe(due)
  })

  test.each([
    ['0 6 * * *', 60, '2026-01-15T05:50:00.000Z', '2026-01-15T06:00Z'], // began 22:00 the evening before
    ['0 6 * * *', 60, '2026-01-15T06:00:00.000Z', '2026-01-15T06:00Z'],
    ['0 6 * * *', 60, '2026-01-15T12:00:00.000Z', '2026-01-15T06:00Z'], // late, but nobody sends tomorrow's already
    ['0 6 * * *', 60, '2026-01-15T12:00:00.001Z', '2026-01-16T06:00Z'],
    ['0 6 * * *', 600, '2026-01-15T16:00:00.000Z', '2026-01-15T06:00Z'], // as long as the grace
    ['0 6 * * *', 600, '2026-01-15T16:00:00.001Z', '2026-01-16T06:00Z'],
    ['0 6 * * 4', 60, '2026-01-15T18:00:00.000Z', '2026-01-15T06:00Z'],
    ['0 6 * * 4', 60, '2026-01-15T18:00:00.001Z', '2026-01-22T06:00Z'],
    ['0 * * * *', 5, '2026-01-15T01:15:00.000Z', '2026-01-15T01:00Z'],
    ['0 * * * *', 5, '2026-01-15T01:15:00.001Z', '2026-01-15T02:00Z'],
  ])(
    '%s, to be here by then with %d min of grace: a run that ended at %s is the one of %s',
    (line, graceMinutes, end, due) => {
      const ended = new Date(end)
      const plan = { ...cron(line), dueMeans: DueMeans.HERE, graceMinutes }
      expect(iso(dueOfRun(plan, { began: new Date(ended.getTime() - 8 * HOUR), ended }))).toBe(due)
    },
  )
})

test.each([
  ['2026-01-15T05:00:00Z', ['2026-01-15T02:00Z', '2026-01-15T03:00Z', '2026-01-15T04:00Z', '2026-01-15T05:00Z']],
  ['2026-01-15T04:59:59Z', ['2026-01-15T02:00Z', '2026-01-15T03:00Z', '2026-01-15T04:00Z']],
  ['2026-01-15T01:59:59Z', []],
  [
    '2026-01-16T05:00:00Z',
    ['2026-01-15T02:00Z', '2026-01-15T03:00Z', '2026-01-15T04:00Z', '2026-01-15T05:00Z', '2026-01-15T06:00Z'],
  ],
])('Until %s an hourly backup is due at %j, but at no more than is asked for', (until, expected) => {
  expect(duesUntil(cron('0 * * * *'), new Date('2026-01-15T02:00:00Z'), new Date(until), 5).map(iso)).toEqual(expected)
  expect(duesUntil(cron('0 * * * *'), null, new Date(until), 5)).toEqual([])
})
