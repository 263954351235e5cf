import { expect, test } from 'vitest'
import { jobField } from '@vigie/api/job-fields'
import type { JobQuery } from '../gql/graphql.ts'
import {
  choicesOf,
  emptyForm,
  FORM_FIELDS,
  type FormField,
  formOf,
  changesOf,
  inputOf,
  type JobForm,
  troublesOf,
} from './job-form.ts'

const fields = (changes: Partial<ReturnType<typeof emptyForm>> = {}) => ({
  ...emptyForm('lyon-01', 'crm'),
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

test('A job comes into the form and out of it as it was, in every field', () => {
  const job = {
    ...Object.fromEntries(FORM_FIELDS.map((name) => [name, sampleOf(name)])),
    frequency: 'MONTHLY',
    lastDayOfMonth: true,
    machine: { id: 'm1' },
    protects: [{ path: '/srv', machine: { id: 'm1' } }],
  } as unknown as JobQuery['expectedJob']
  const form = formOf(job)
  expect(troublesOf(form)).toEqual({})
  const input = inputOf(form, form.protects) as Record<string, unknown>
  for (const name of FORM_FIELDS.filter((each) => each in input)) expect([name, input[name]]).toEqual([name, job[name]])
  expect(FORM_FIELDS.filter((name) => !(name in input))).toEqual(['cron', 'timeZone', 'daysOfWeek', 'dayOfMonth'])
})

test('Of a known job what was changed is sent and nothing else: what others said meanwhile stays', () => {
  const before = fields({ city: 'Lyon', tags: 'prod', keepDaily: '7' })
  expect(changesOf(before, before)).toEqual({})
  expect(changesOf({ ...before, city: 'Paris' }, before)).toEqual({ city: 'Paris' })
  expect(changesOf({ ...before, tags: '' }, before)).toEqual({ tags: [] })
  expect(changesOf({ ...before, machineId: 'm1', protects: '/srv' }, before)).toEqual({
    machineId: 'm1',
    protects: [{ machineId: 'm1', path: '/srv' }],
  })
})

test('A schedule that was changed is sent as a whole', () => {
  const before = fields({ expectedHourUtc: '2' })
  expect(changesOf({ ...before, expectedHourUtc: '3' }, before)).toMatchObject({
    frequency: 'DAILY',
    expectedHourUtc: 3,
    expectedMinuteUtc: 0,
  })
  expect(changesOf({ ...before, kind: 'cron' }, before)).toMatchObject({ cron: '0 2 * * *' })
  expect(Object.keys(changesOf({ ...before, expectedHourUtc: '3' }, before))).not.toContain('city')
})

function sampleOf(name: FormField): unknown {
  const field = jobField(name)
  if (field.type === 'integer') return field.least + 1
  if (field.type === 'boolean') return true
  if (field.type === 'texts') return ['a@b.c', 'd@e.f']
  if (field.type === 'choice') return field.many ? ['MONDAY', 'SUNDAY'] : choicesOf(field).at(-1)
  return `some ${name}`
}

test.each<[string, Partial<JobForm>, ReturnType<typeof troublesOf>]>([
  ['words for a number', { keepDaily: '30 j' }, { keepDaily: { rule: 'whole', least: 0, most: 10_000 } }],
  ['a number with its unit', { graceMinutes: '2h' }, { graceMinutes: { rule: 'whole', least: 1, most: 527_040 } }],
  ['an hour that no day has', { expectedHourUtc: '24' }, { expectedHourUtc: { rule: 'whole', least: 0, most: 23 } }],
  ['the last hour of a day', { expectedHourUtc: '23' }, {}],
  ['an hour that its schedule does not use', { frequency: 'HOURLY', expectedHourUtc: '99' }, {}],
  ['a text that is too long', { runbook: 'x'.repeat(4001) }, { runbook: { rule: 'longest', most: 4000 } }],
  ['the longest text', { runbook: 'x'.repeat(4000) }, {}],
  ['an emptied cron line', { kind: 'cron', cron: ' ' }, { cron: { rule: 'needed' } }],
  ['no agent', { agentId: ' ' }, { agentId: { rule: 'needed' } }],
  ['nothing in a field that may be empty', { keepLast: ' ', graceMinutes: '' }, {}],
])('%s: %j', (_, changes, expected) => {
  expect(troublesOf(fields(changes))).toEqual(expected)
})
