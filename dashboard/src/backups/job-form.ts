import type { DayOfWeek, DueMeans, ExpectChange, ExpectedJobInput, Frequency, JobQuery } from '../gql/graphql.ts'

/** The form as text: fields hold what somebody typed, and the API alone judges it. */
export interface JobFields {
  agentId: string
  databaseName: string
  companyName: string
  city: string
  neighborhood: string
  kind: 'plain' | 'cron'
  cron: string
  timeZone: string
  frequency: Frequency
  expectedHourUtc: string
  expectedMinuteUtc: string
  daysOfWeek: DayOfWeek[]
  dayOfMonth: string
  lastDayOfMonth: boolean
  dueMeans: DueMeans
  graceMinutes: string
  agentDepositPathTemplate: string
  agentLogDepositPathTemplate: string
  finalStoragePathTemplate: string
  recipients: string
  expectChange: ExpectChange
  mustBeProven: boolean
  runbook: string
  keepLast: string
  keepDaily: string
  keepWeekly: string
  keepMonthly: string
  keepYearly: string
  machineId: string
  /** Paths on that machine, one in each line. */
  protects: string
}

export const KEEPS = ['keepLast', 'keepDaily', 'keepWeekly', 'keepMonthly', 'keepYearly'] as const

export const emptyFields = (agentId = '', databaseName = ''): JobFields => ({
  agentId,
  databaseName,
  companyName: '',
  city: '',
  neighborhood: '',
  kind: 'plain',
  cron: '0 2 * * *',
  timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
  frequency: 'DAILY',
  expectedHourUtc: '2',
  expectedMinuteUtc: '0',
  daysOfWeek: ['MONDAY'],
  dayOfMonth: '1',
  lastDayOfMonth: false,
  dueMeans: 'BEGINS',
  graceMinutes: '',
  agentDepositPathTemplate: '',
  agentLogDepositPathTemplate: '',
  finalStoragePathTemplate: '',
  recipients: '',
  expectChange: 'ALERT',
  mustBeProven: false,
  runbook: '',
  keepLast: '',
  keepDaily: '',
  keepWeekly: '',
  keepMonthly: '',
  keepYearly: '',
  machineId: '',
  protects: '',
})

export function fieldsOf(job: JobQuery['expectedJob']): JobFields {
  const text = (value: string | number | null | undefined): string =>
    value === null || value === undefined ? '' : String(value)
  const empty = emptyFields()
  return {
    agentId: job.agentId,
    databaseName: job.databaseName,
    companyName: text(job.companyName),
    city: text(job.city),

    neighborhood: text(job.neighborhood),
    kind: job.frequency ? 'plain' : 'cron',
    cron: job.cron,
    timeZone: job.timeZone,
    frequency: job.frequency ?? 'DAILY',
    expectedHourUtc: text(job.expectedHourUtc ?? empty.expectedHourUtc),
    expectedMinuteUtc: text(job.expectedMinuteUtc ?? 0),
    daysOfWeek: job.daysOfWeek ?? empty.daysOfWeek,
    dayOfMonth: text(job.dayOfMonth ?? 1),
    lastDayOfMonth: job.lastDayOfMonth ?? false,
    dueMeans: job.dueMeans,
    graceMinutes: text(job.graceMinutes),
    agentDepositPathTemplate: job.agentDepositPathTemplate,

    agentLogDepositPathTemplate: job.agentLogDepositPathTemplate,
    finalStoragePathTemplate: job.finalStoragePathTemplate,
    recipients: job.recipients.join('\n'),
    expectChange: job.expectChange,
    mustBeProven: job.mustBeProven,
    runbook: text(job.runbook),
    keepLast: text(job.keepLast),
    keepDaily: text(job.keepDaily),
    keepWeekly: text(job.keepWeekly),
    keepMonthly: text(job.keepMonthly),
    keepYearly: text(job.keepYearly),
    machineId: job.machine?.id ?? '',
    protects: protectedPaths(job),
  }
}

/** The paths that the form shows: those on the job's own machine. */
export const protectedPaths = ({ machine, protects }: JobQuery['expectedJob']): string =>
  protects
    .filter((protection) => protection.machine.id === machine?.id)
    .map(({ path }) => path)
    .join('\n')

const NUMBERS = ['expectedHourUtc', 'expectedMinuteUtc', 'dayOfMonth', 'graceMinutes', ...KEEPS] as const

/** Whether each field of a number holds one, or nothing: words there are a slip, and never "none". */
export const hasWholeNumbers = (fields: JobFields): boolean =>
  NUMBERS.every((field) => /^\d*$/.test(fields[field].trim()))

/** What is sent: an empty field means the default, or nothing. What is protected is sent only where it was changed. */
export function inputOf(fields: JobFields, protectsBefore = ''): ExpectedJobInput {
  const text = (value: string): string | null => value.trim() || null
  const whole = (value: string): number | null => (/^-?\d+$/.test(String(value).trim()) ? Number(value) : null)
  const { frequency } = fields
  const schedule =
    fields.kind === 'cron'
      ? { cron: fields.cron, timeZone: text(fields.timeZone) }
      : {
          frequency,
          expectedMinuteUtc: whole(fields.expectedMinuteUtc),
          ...(frequency === 'HOURLY' ? {} : { expectedHourUtc: whole(fields.expectedHourUtc) }),
          ...(frequency === 'WEEKLY' ? { daysOfWeek: fields.daysOfWeek } : {}),
          ...(frequency === 'MONTHLY'
            ? fields.lastDayOfMonth
              ? { lastDayOfMonth: true }
              : { dayOfMonth: whole(fields.dayOfMonth) }
            : {}),
        }
  return {
    agentId: fields.agentId.trim(),
    databaseName: fields.databaseName.trim(),
    ...schedule,
    companyName: text(fields.companyName),
    city: text(fields.city),
    neighborhood: text(fields.neighborhood),
    dueMeans: fields.dueMeans,
    graceMinutes: whole(fields.graceMinutes),
    agentDepositPathTemplate: text(fields.agentDepositPathTemplate),
    agentLogDepositPathTemplate: text(fields.agentLogDepositPathTemplate),
    finalStoragePathTemplate: text(fields.finalStoragePathTemplate),
    recipients: fields.recipients
      .split(/[\n,;]/)
      .map((line) => line.trim())
      .filter(Boolean),
    expectChange: fields.expectChange,
    mustBeProven: fields.mustBeProven,
    runbook: text(fields.runbook),
    machineId: fields.machineId || null,
    ...(fields.machineId && fields.protects !== protectsBefore
      ? {
          protects: fields.protects
            .split('\n')
            .map((line) => line.trim())
            .filter(Boolean)
            .map((path) => ({ machineId: fields.machineId, path })),
        }
      : {}),
    ...Object.fromEntries(KEEPS.map((keep) => [keep, whole(fields[keep])])),
  }
}
