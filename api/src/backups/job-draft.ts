import { readAgentName } from '../access/agent-name.ts'
import type { Roots } from '../config/config.ts'
import type { Row } from '../database/rows.ts'
import { InvalidInputError } from '../platform/errors.ts'
import { MINUTE } from '../platform/clock.ts'
import { ExpectChange } from './backup-status.ts'
import type { ExpectedJob } from './expected-job.entity.ts'
import type { JobSettings, ValueOf } from './expected-job.input.ts'
import { JOB_FIELD_NAMES, JOB_FIELDS, type JobField, jobField, type JobFieldName, KEEPS } from './job-fields.ts'
import { readTags } from '../tags/tag.ts'
import { type PathFacts, readDatabaseName, readPlace, readTemplate, targetKey } from './path-template.ts'
import { compile, DueMeans, Frequency, periodOf, readSchedule, type Schedule, usualGrace } from './schedule.ts'

/** What a job is, apart from what becomes of it. */
export type JobDraft = Pick<Row<ExpectedJob>, JobFieldName | 'machine' | 'targetKey'>

/** What somebody wrote, with machines by their ids. */
type DraftInput = JobSettings & { machineId?: string | null }

/** Every field as it is asked for: null where nothing is given and nothing else is used. */
type Asked = { [Name in JobFieldName]: ValueOf<Name> | null }

/** Omitted = as before, null = cleared, and what is cleared or never given has its default. One rule for every field. */
export function askedOf(input: JobSettings, before: Row<ExpectedJob> | null): Asked {
  const asked = JOB_FIELD_NAMES.map((name) => {
    const field = jobField(name)
    const otherwise = 'otherwise' in field ? field.otherwise : undefined
    const given = input[name] === undefined ? before?.[name] : input[name]
    const value = checked(name, field, given ?? null)
    return [name, value ?? otherwise ?? null]
  })
  return Object.fromEntries(asked) as Asked
}

/** What the field's own description says of its value; rules that know more than the field are further down. */
function checked(name: JobFieldName, field: JobField, value: unknown): unknown {
  if (value === null) return null
  if (field.type === 'integer') {
    const { least, most } = field
    if (!Number.isInteger(value) || (value as number) < least || (value as number) > most)
      throw new InvalidInputError(
        name,
        `must be a whole number from ${least} to ${most}, not ${value as number}`,
        'Correct it, or leave it empty.',
      )
  }
  if (field.type !== 'text' || field.longest === undefined) return value
  if ((value as string).length > field.longest)
    throw new InvalidInputError(name, `must be at most ${field.longest} characters`, 'Shorten it.')
  return (value as string).trim() || null
}

/** Reads what somebody wrote about a job, over what it was before, or says which field breaks which rule. */
export function draftJob(input: DraftInput, before: Row<ExpectedJob> | null, roots: Roots): JobDraft {
  const asked = askedOf(input, before)
  const place = (field: 'companyName' | 'city' | 'neighborhood'): string | null =>
    asked[field]?.trim() ? readPlace(field, asked[field]) : null
  const facts: PathFacts = {
    agentId: readAgentName('agentId', needed('agentId', asked.agentId)),
    databaseName: readDatabaseName('databaseName', needed('databaseName', asked.databaseName)),
    companyName: place('companyName'),
    city: place('city'),
    neighborhood: place('neighborhood'),
  }
  const schedule = draftSchedule(input, before)
  const template = (field: TemplateField, root: string, kind: 'file' | 'folder' = 'file'): string =>
    readTemplate(field, asked[field] ?? JOB_FIELDS[field].otherwise, { root, facts, kind })
  const storage = template('finalStoragePathTemplate', roots.vault)
  refuseToKeepNothing(asked)
  return {
    ...asked,
    ...facts,
    ...schedule,
    machine: input.machineId === undefined ? (before?.machine ?? null) : input.machineId,
    dueMeans: asked.dueMeans ?? DueMeans.BEGINS,
    graceMinutes: draftGrace(asked.graceMinutes ?? usualGrace(schedule), schedule),
    agentDepositPathTemplate: template('agentDepositPathTemplate', roots.deposit),
    agentLogDepositPathTemplate: template('agentLogDepositPathTemplate', roots.deposit, 'folder'),
    finalStoragePathTemplate: storage,
    targetKey: targetKey(storage, facts),
    // What is not said anew is as it was, also where rules have changed since.
    tags: input.tags === undefined && before ? before.tags : readTags('tags', asked.tags ?? []),
    recipients: readRecipients('recipients', asked.recipients ?? []),
    expectChange: asked.expectChange ?? ExpectChange.ALERT,
    mustBeProven: asked.mustBeProven ?? false,
    active: asked.active ?? true,
  }
}

type TemplateField = 'agentDepositPathTemplate' | 'agentLogDepositPathTemplate' | 'finalStoragePathTemplate'

function needed(field: 'agentId' | 'databaseName', value: string | null): string {
  if (value) return value
  throw new InvalidInputError(field, 'is needed', 'Fill it in.')
}

type ScheduleFields = Schedule &
  Pick<JobDraft, 'frequency' | 'expectedHourUtc' | 'expectedMinuteUtc' | 'daysOfWeek' | 'dayOfMonth' | 'lastDayOfMonth'>

const PLAIN_FIELDS = ['expectedHourUtc', 'expectedMinuteUtc', 'daysOfWeek', 'dayOfMonth', 'lastDayOfMonth'] as const

function draftSchedule(input: DraftInput, before: Row<ExpectedJob> | null): ScheduleFields {
  const plain = input.frequency || PLAIN_FIELDS.some((field) => input[field] !== undefined && input[field] !== null)
  if (input.cron && plain) {
    throw new InvalidInputError('cron', 'is given together with frequency or its fields', 'Give one of the two.')
  }
  const none = {
    frequency: null,
    expectedHourUtc: null,
    expectedMinuteUtc: null,
    daysOfWeek: null,
    dayOfMonth: null,
    lastDayOfMonth: null,
  }
  const wasCron = before !== null && before.frequency === null
  if (input.cron || (wasCron && !plain)) {
    const zone = input.timeZone === undefined ? (wasCron ? before.timeZone : 'UTC') : (input.timeZone ?? 'UTC')
    return { ...none, ...readSchedule(input.cron ?? before?.cron ?? '', zone) }
  }
  const frequency = input.frequency ?? before?.frequency
  if (!frequency) {
    throw new InvalidInputError(
      'frequency',
      'or cron is needed',
      'Say when it is due: frequency: DAILY, or cron: "0 2 * * *".',
    )
  }
  if (input.timeZone && input.timeZone !== 'UTC') {
    throw new InvalidInputError('timeZone', 'goes with cron; frequency is in UTC', 'Write the schedule as cron.')
  }
  // A new frequency keeps the time of the day; the days of another one would not fit it.
  const sameDays = !input.frequency || input.frequency === before?.frequency
  const pick = <K extends (typeof PLAIN_FIELDS)[number]>(field: K) => {
    // Every frequency has a minute; only the hourly one has no hour.
    const isTime = field === 'expectedMinuteUtc' || (field === 'expectedHourUtc' && frequency !== Frequency.HOURLY)
    // One of the two ways to name the day of a month takes the place of the other.
    const other = field === 'dayOfMonth' ? input.lastDayOfMonth : field === 'lastDayOfMonth' ? input.dayOfMonth : null
    const kept = (isTime || (field !== 'expectedHourUtc' && sameDays)) && !other ? before?.[field] : null
    return (input[field] === undefined ? kept : input[field]) ?? null
  }
  const asked = {
    frequency,
    expectedHourUtc: pick('expectedHourUtc') as number | null,
    expectedMinuteUtc: (pick('expectedMinuteUtc') ?? 0) as number,
    daysOfWeek: pick('daysOfWeek') as JobDraft['daysOfWeek'],
    dayOfMonth: pick('dayOfMonth') as number | null,
    lastDayOfMonth: pick('lastDayOfMonth') as boolean | null,
  }
  return { ...asked, ...compile(asked) }
}

function draftGrace(grace: number, schedule: Schedule): number {
  const period = periodOf(schedule) / MINUTE
  if (grace >= period) {
    throw new InvalidInputError(
      'graceMinutes',
      `must be shorter than the period of ${period} minutes`,
      'Shorten it, or two backups would be awaited at once.',
    )
  }
  return grace
}

/** One address for each entry, as RFC 5321 allows them without quotes. */
const ADDRESS =
  /^(?!\.)[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}(?<!\.)@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)*[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/

export function readRecipients(field: string, addresses: readonly string[]): string[] {
  const trimmed = addresses.map((address) => address.trim()).filter(Boolean)
  const wrong = trimmed.find((address) => !ADDRESS.test(address) || address.includes('..'))
  if (wrong !== undefined)
    throw new InvalidInputError(
      field,
      `"${wrong.slice(0, 100)}" is no mail address`,
      'Write it like admin@example.org.',
    )
  if (trimmed.length > 50) throw new InvalidInputError(field, 'must be at most 50', 'Use a mailing list.')
  return [...new Set(trimmed)]
}

/** The rules of retention by themselves, as `draftJob` reads them. Errors: BAD_USER_INPUT. */
export function readKeepRules<Rules extends Pick<Asked, (typeof KEEPS)[number]>>(rules: Rules): Rules {
  for (const name of KEEPS) checked(name, JOB_FIELDS[name], rules[name])
  refuseToKeepNothing(rules)
  return rules
}

function refuseToKeepNothing(asked: Pick<Asked, (typeof KEEPS)[number]>): void {
  const given = KEEPS.flatMap((field) => asked[field] ?? [])
  if (given.length > 0 && Math.max(...given) === 0)
    throw new InvalidInputError('keepLast', 'and the others are all 0: that would keep nothing', 'Keep at least one.')
}
