import { expect, test } from 'vitest'
import { emptyFields, inputOf } from './job-form.ts'

const fields = (changes: Partial<ReturnType<typeof emptyFields>> = {}) => ({
  ...emptyFields('lyon-01', 'crm'),
  ...changes,
})

test.each([
  ['daily', {}, { frequency: 'DAILY', expectedHourUtc: 2, expectedMinuteUtc: 0 }],
  ['hourly, which has no hour', { frequency: 'HOURLY' as const }, { frequency: 'HOURLY', expectedMinuteUtc: 0 }],
  ['weekly', { frequency: 'WEEKLY' as const }, { frequency: 'WEEKLY', daysOfWeek: ['MONDAY'] }],
  ['monthly by its day', { frequency: 'MONTHLY' as const, dayOfMonth: '15' }, { dayOfMonth: 15 }],
  ['monthly on its last day', { frequency: 'MONTHLY' as const, lastDayOfMonth: true }, { lastDayOfMonth: true }],
  [
    'cron in a zone',
    { kind: 'cron' as const, timeZone: 'Europe/Paris' },
    { cron: '0 2 * * *', timeZone: 'Europe/Paris' },
  ],
])('A schedule that is %s sends the fields of its kind alone', (_, changes, expected) => {
  const input = inputOf(fields(changes)) as Record<string, unknown>
  expect(input).toMatchObject(expected)
  const kinds = ['cron', 'timeZone', 'frequency', 'expectedHourUtc', 'daysOfWeek', 'dayOfMonth', 'lastDayOfMonth']
  expect(
    kinds
      .filter((kind) => kind in input && !(kind in expected) && input[kind] !== undefined)
      .filter((kind) => kind !== 'frequency' && kind !== 'expectedHourUtc'),
  ).toEqual([])
})

test('An empty field means the default or nothing, and recipients are told apart by line, comma or semicolon', () => {
  expect(inputOf(fields({ recipients: 'a@b.c, d@e.f;\ng@h.i' }))).toMatchObject({
    dueMeans: 'BEGINS',
    graceMinutes: null,
    companyName: null,
    finalStoragePathTemplate: null,
    keepLast: null,
    machineId: null,
    recipients: ['a@b.c', 'd@e.f', 'g@h.i'],
  })
})

test('What a job protects is sent only where it was changed', () => {
  const known = fields({ machineId: 'm1', protects: '/var/lib/mysql' })
  expect(inputOf(known, '/var/lib/mysql')).not.toHaveProperty('protects')
  expect(inputOf(known, '')).toMatchObject({ protects: [{ machineId: 'm1', path: '/var/lib/mysql' }] })
})
