import { readAgentName } from '../access/agent-name.ts'
import type { Roots } from '../config/config.ts'
import type { Row } from '../database/rows.ts'
import { InvalidInputError } from '../platform/errors.ts'
import { MINUTE } from '../platform/clock.ts'
import { ExpectChange } from './backup-status.ts'
import type { ExpectedJob } from './expected-job.entity.ts'
import type { ExpectedJobChange } from './expected-job.input.ts'
import {
  DEFAULT_DEPOSIT_PATH,
  DEFAULT_LOG_PATH,
  DEFAULT_STORAGE_PATH,
  type PathFacts,
  readDatabaseName,
  readPlace,
  readTemplate,
  targetKey,
} from './path-template.ts'
import { compile, DueMeans, Frequency, periodOf, readSchedule, type Schedule, usualGrace } from './schedule.ts'

/** What a job is, apart from what becomes of it. */
export type JobDraft = Pick<
  Row<ExpectedJob>,
  | ('agentId' | 'databaseName' | 'machine' | 'companyName' | 'city' | 'neighborhood')
  | ('cron' | 'timeZone' | 'frequency' | 'expectedHourUtc' | 'expectedMinuteUtc')
  | ('daysOfWeek' | 'dayOfMonth' | 'lastDayOfMonth' | 'dueMeans' | 'graceMinutes')
  | ('agentDepositPathTemplate' | 'agentLogDepositPathTemplate' | 'finalStoragePathTemplate' | 'targetKey')
  | ('recipients' | 'expectChange' | 'mustBeProven' | 'runbook' | 'active')
  | ('keepLast' | 'keepDaily' | 'keepWeekly' | 'keepMonthly' | 'keepYearly')
>

/** What somebody wrote, with machines by their ids. */
type DraftInput = Omit<ExpectedJobChange, 'machineHostname' | 'protects'>

/** Reads what somebody wrote about a job, over what it was before, or says which field breaks which rule. */
export function draftJob(input: DraftInput, before: Row<ExpectedJob> | null, roots: Roots): JobDraft {
  /** Omitted = as before, or the default; null = cleared. */
  const choose = <T>(given: T | null | undefined, kept: T | null | undefined, otherwise: T): T =>
    given === undefined ? (kept ?? otherwise) : (given ?? otherwise)
  const needed = (field: 'agentId' | 'databaseName'): string => {
    const value = input[field] === undefined ? before?.[field] : input[field]
    if (!value) throw new InvalidInputError(field, 'is needed', 'Fill it in.')
    return field === 'agentId' ? readAgentName(field, value) : readDatabaseName(field, value)
  }
  const place = (field: 'companyName' | 'city' | 'neighborhood'): string | null => {
    const value = input[field] === undefined ? (before?.[field] ?? null) : input[field]
    return value?.trim() ? readPlace(field, value) : null
  }
  const facts: PathFacts = {
    agentId: needed('agentId'),
    databaseName: needed('databaseName'),
    companyName: place('companyName'),
    city: place('city'),
    neighborhood: place('neighborhood'),
  }
  const schedule = draftSchedule(input, before)
  const template = (
    field: 'agentDepositPathTemplate' | 'agentLogDepositPathTemplate' | 'finalStoragePathTemplate',
    otherwise: string,
    root: string,
    kind: 'file' | 'folder' = 'file',
  ): string => readTemplate(field, choose(input[field], before?.[field], otherwise), { root, facts, kind })
  const storage = template('finalStoragePathTemplate', DEFAULT_STORAGE_PATH, roots.vault)
  return {
    ...facts,
    machine: input.machineId === undefined ? (before?.machine ?? null) : input.machineId,
    ...schedule,
    dueMeans: choose(input.dueMeans, before?.dueMeans, DueMeans.BEGINS),
    graceMinutes: draftGrace(choose(input.graceMinutes, before?.graceMinutes, usualGrace(schedule)), schedule),
    agentDepositPathTemplate: template('agentDepositPathTemplate', DEFAULT_DEPOSIT_PATH, roots.deposit),
    agentLogDepositPathTemplate: template('agentLogDepositPathTemplate', DEFAULT_LOG_PATH, roots.deposit, 'folder'),
    finalStoragePathTemplate: storage,
    targetKey: targetKey(storage, facts),
    recipients: readRecipients('recipients', choose(input.recipients, before?.recipients, [])),
    expectChange: choose(input.expectChange, before?.expectChange, ExpectChange.ALERT),
    mustBeProven: choose(input.mustBeProven, before?.mustBeProven, false),
    runbook: draftRunbook(input.runbook === undefined ? (before?.runbook ?? null) : input.runbook),
    active: choose(input.active, before?.active, true),
    ...draftRetention(input, before),
  }
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
  if (!Number.isInteger(grace) || grace < 1) {
    throw new InvalidInputError('graceMinutes', 'must be a whole number from 1', 'Give it some time, such as 60.')
  }
  if (grace >= period) {
    throw new InvalidInputError(
      'graceMinutes',
      `must be shorter than the period of ${period} minutes`,
      'Shorten it, or two backups would be awaited at once.',
    )
  }
  return grace
}

function draftRunbook(text: string | null): string | null {
  const trimmed = text?.trim() || null
  if (trimmed && trimmed.length > 4000)
    throw new InvalidInputError('runbook', 'must be at most 4000 characters', 'Shorten it, or link to a page.')
  return trimmed
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

const KEEPS = ['keepLast', 'keepDaily', 'keepWeekly', 'keepMonthly', 'keepYearly'] as const

function draftRetention(input: DraftInput, before: Row<ExpectedJob> | null) {
  const kept = Object.fromEntries(
    KEEPS.map((field) => [field, input[field] === undefined ? (before?.[field] ?? null) : input[field]]),
  ) as Record<(typeof KEEPS)[number], number | null>
  for (const field of KEEPS) {
    const value = kept[field]
    if (value !== null && (!Number.isInteger(value) || value < 0 || value > 10_000))
      throw new InvalidInputError(field, 'must be a whole number from 0 to 10000', 'Correct it, or leave it empty.')
  }
  const given = KEEPS.flatMap((field) => kept[field] ?? [])
  if (given.length > 0 && Math.max(...given) === 0) {
    throw new InvalidInputError('keepLast', 'and the others are all 0: that would keep nothing', 'Keep at least one.')
  }
  return kept
}
