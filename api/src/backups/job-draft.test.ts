import { describe, expect, test } from 'vitest'
import type { Row } from '../database/rows.ts'
import type { ExpectedJob } from './expected-job.entity.ts'
import { CHOICES } from './expected-job.input.ts'
import { draftJob, type JobDraft } from './job-draft.ts'
import { ExchangeFormat, readJobs, readLine, writeJobs } from './job-columns.ts'
import { JOB_CHOICES, JOB_FIELD_NAMES, type JobFieldName, jobField } from './job-fields.ts'

const ROOTS = { deposit: '/d', vault: '/v', quarantine: '/q' }
const given = { agentId: 'lyon-01', databaseName: 'crm', frequency: CHOICES.Frequency.DAILY, expectedHourUtc: 2 }
const rowOf = (draft: JobDraft): Row<ExpectedJob> => draft as Row<ExpectedJob>

/** Two values of a field that are none of its default. */
function samples(name: JobFieldName): [unknown, unknown] {
  const special: Partial<Record<JobFieldName, [unknown, unknown]>> = {
    agentId: ['paris-01', 'paris-02'],
    databaseName: ['erp', 'hr'],
    tags: [['Lyon'], ['prod', 'site 2']],
    recipients: [['ann@example.org'], ['bob@example.org', 'cid@example.org']],
    agentDepositPathTemplate: ['{agent_id}/a/{file_name}', '{agent_id}/b/{file_name}'],
    agentLogDepositPathTemplate: ['{agent_id}/a', '{agent_id}/b'],
    finalStoragePathTemplate: ['{agent_id}/a/{file_name}', '{agent_id}/b/{file_name}'],
  }
  const known = special[name]
  if (known) return known
  const field = jobField(name)
  if (field.type === 'integer') return [field.least + 3, field.least + 4]
  if (field.type === 'boolean') return field.otherwise === true ? [false, false] : [true, true]
  if (field.type === 'choice') {
    const other = Object.values(CHOICES[field.of]).find((value) => value !== field.otherwise)
    return [other, other]
  }
  return ['One', 'Two']
}

/** Fields of the schedule need and exclude each other: api/test/jobs.test.ts tries those that do. */
const ALONE = JOB_FIELD_NAMES.filter(
  (name) => !['cron', 'timeZone', 'frequency', 'daysOfWeek', 'dayOfMonth', 'lastDayOfMonth'].includes(name),
)

describe.each(ALONE)('%s of a job', (name) => {
  const [one, two] = samples(name)
  const before = rowOf(draftJob({ ...given, [name]: one }, null, ROOTS))

  test('is what was said', () => {
    expect(before[name]).toEqual(one)
    expect(draftJob({ [name]: two }, before, ROOTS)[name]).toEqual(two)
  })

  test('is kept where a change omits it', () => {
    expect(draftJob({}, before, ROOTS)).toEqual(before)
  })

  test('has its default, or nothing, where it is cleared; what a job or its schedule needs cannot be', () => {
    const clear = () => draftJob({ [name]: null }, before, ROOTS)
    const field = jobField(name)
    if ('needed' in field || name === 'expectedHourUtc') return expect(clear).toThrow(/is needed/)
    const computed: Partial<Record<JobFieldName, unknown>> = {
      graceMinutes: 120,
      expectedMinuteUtc: 0,
      recipients: [],
      tags: [],
    }
    return expect(clear()[name]).toEqual(computed[name] ?? ('otherwise' in field ? field.otherwise : null))
  })

  test.each([ExchangeFormat.CSV, ExchangeFormat.JSON])('comes out and in again as it was, in %s', (format) => {
    const text = writeJobs(format, [{ agentId: 'lyon-01', databaseName: 'crm', [name]: one }])
    const { line, refusals } = readLine(readJobs(format, text)[0])
    expect(refusals).toEqual([])
    expect(line?.[name]).toEqual(one)
  })
})

test.each(Object.entries(CHOICES))('The words of %s are all there, and no others', (name, values) => {
  expect(JOB_CHOICES[name as keyof typeof JOB_CHOICES].toSorted()).toEqual(Object.values(values).toSorted())
})

test.each(JOB_FIELD_NAMES.filter((name) => jobField(name).type === 'integer'))(
  '%s is a whole number within its limits, or refused by name',
  (name) => {
    const field = jobField(name)
    if (field.type !== 'integer') throw new Error('no integer')
    for (const wrong of [field.least - 1, field.most + 1, field.least + 0.5, Number.NaN])
      expect(() => draftJob({ ...given, [name]: wrong }, null, ROOTS)).toThrow(
        expect.objectContaining({ field: name, rule: expect.stringContaining('must be a whole number') }),
      )
  },
)
