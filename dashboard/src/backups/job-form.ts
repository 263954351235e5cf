import {
  type ChoiceField,
  JOB_CHOICES,
  JOB_FIELD_NAMES,
  JOB_FIELDS,
  type JobField,
  jobField,
  type JobFieldName,
} from '@vigie/api/job-fields'
import type { ExpectedJobInput, JobQuery } from '../gql/graphql.ts'

/** The form holds what somebody typed: numbers and lists are text until they are sent. */
type Typed<F> = F extends { type: 'boolean' } ? boolean : F extends { many: true } ? string[] : string

/** Whether a job is active is said by a button of its page. */
export type FormField = Exclude<JobFieldName, 'active'>
export const FORM_FIELDS = JOB_FIELD_NAMES.filter((name): name is FormField => name !== 'active')

export type JobForm = { [Name in FormField]: Typed<(typeof JOB_FIELDS)[Name]> } & {
  kind: 'plain' | 'cron'
  machineId: string
  /** Paths on that machine, one in each line. */
  protects: string
}

/** What a form begins with where a job would have nothing. */
const FIRST: Partial<Record<FormField, string | string[]>> = {
  cron: '0 2 * * *',
  frequency: 'DAILY',
  expectedHourUtc: '2',
  expectedMinuteUtc: '0',
  daysOfWeek: ['MONDAY'],
  dayOfMonth: '1',
}

function firstOf(name: FormField, field: JobField): unknown {
  if (FIRST[name] !== undefined) return FIRST[name]
  if (field.type === 'boolean') return field.otherwise ?? false
  if (field.type === 'choice') return field.many ? [] : (field.otherwise ?? '')
  return ''
}

/** Of a field as the API tells it. */
function typed(name: FormField, value: unknown): unknown {
  if (value === null || value === undefined) return firstOf(name, jobField(name))
  const { type } = jobField(name)
  if (type === 'texts') return (value as string[]).join('\n')
  return type === 'text' || type === 'integer' ? String(value) : value
}

/** A field as the API takes it: an empty one is null, which means its default, or nothing. */
function told(field: JobField, value: unknown): unknown {
  if (field.type === 'boolean') return value
  if (field.type === 'choice') return field.many ? value : value || null
  const text = (value as string).trim()
  if (field.type === 'texts')
    return text
      .split(/[\n,;]/)
      .map((line) => line.trim())
      .filter(Boolean)
  if (field.type === 'integer') return isWhole(text) ? Number(text) : null
  return text || null
}

const isWhole = (text: string): boolean => /^\d+$/.test(text)

const formFrom = (valueOf: (name: FormField) => unknown): Omit<JobForm, 'kind' | 'machineId' | 'protects'> =>
  Object.fromEntries(FORM_FIELDS.map((name) => [name, valueOf(name)])) as Omit<
    JobForm,
    'kind' | 'machineId' | 'protects'
  >

export const emptyForm = (agentId = '', databaseName = ''): JobForm => ({
  ...formFrom((name) => firstOf(name, jobField(name))),
  agentId,
  databaseName,
  timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
  kind: 'plain',
  machineId: '',
  protects: '',
})

export const formOf = (job: JobQuery['expectedJob']): JobForm => ({
  ...formFrom((name) => typed(name, job[name])),
  kind: job.frequency ? 'plain' : 'cron',
  machineId: job.machine?.id ?? '',
  protects: protectedPaths(job),
})

/** The paths that the form shows: those on the job's own machine. */
export const protectedPaths = ({ machine, protects }: JobQuery['expectedJob']): string =>
  protects
    .filter((protection) => protection.machine.id === machine?.id)
    .map(({ path }) => path)
    .join('\n')

/** The fields of the schedule that go with its kind, and with how often it is due. */
export function scheduleOf({ kind, frequency, lastDayOfMonth }: JobForm): FormField[] {
  if (kind === 'cron') return ['cron', 'timeZone']
  const day: FormField[] = lastDayOfMonth ? ['lastDayOfMonth'] : ['dayOfMonth', 'lastDayOfMonth']
  return [
    'frequency',
    ...(frequency === 'HOURLY' ? [] : (['expectedHourUtc'] as const)),
    'expectedMinuteUtc',
    ...(frequency === 'WEEKLY' ? (['daysOfWeek'] as const) : []),
    ...(frequency === 'MONTHLY' ? day : []),
  ]
}

/** Fields that no schedule leaves out. */
const ALWAYS: FormField[] = FORM_FIELDS.filter(
  (name) => jobField(name).group !== 'when' || name === 'dueMeans' || name === 'graceMinutes',
)

export const usedIn = (form: JobForm): FormField[] => [...ALWAYS, ...scheduleOf(form)]

export type Trouble =
  { rule: 'needed' } | { rule: 'whole'; least: number; most: number } | { rule: 'longest'; most: number }

/** What is wrong with what was typed, by field: nothing is sent before it is right. */
export function troublesOf(form: JobForm): Partial<Record<FormField, Trouble>> {
  const found: Partial<Record<FormField, Trouble>> = {}
  for (const name of usedIn(form)) {
    const trouble = troubleOf(jobField(name), form[name])
    if (trouble) found[name] = trouble
  }
  // One that is empty would be kept as it was.
  if (form.kind === 'cron' && form.cron.trim() === '') found.cron = { rule: 'needed' }
  return found
}

function troubleOf(field: JobField, value: string | boolean | string[]): Trouble | null {
  if (typeof value !== 'string') return null
  const text = value.trim()
  if (text === '') return 'needed' in field ? { rule: 'needed' } : null
  if (field.type === 'integer') {
    const { least, most } = field
    return isWhole(text) && Number(text) >= least && Number(text) <= most ? null : { rule: 'whole', least, most }
  }
  if (field.type !== 'text' || field.longest === undefined || value.length <= field.longest) return null
  return { rule: 'longest', most: field.longest }
}

/** What is sent. Of a plain monthly schedule one of the two ways to name the day; protections only where they were changed. */
export function inputOf(form: JobForm, protectsBefore = ''): ExpectedJobInput {
  const names = usedIn(form).filter((name) => name !== 'lastDayOfMonth' || form.lastDayOfMonth)
  const { machineId, protects } = form
  const paths = protects
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean)
  return {
    ...Object.fromEntries(names.map((name) => [name, told(jobField(name), form[name])])),
    agentId: form.agentId.trim(),
    databaseName: form.databaseName.trim(),
    machineId: machineId || null,
    ...(machineId && protects !== protectsBefore ? { protects: paths.map((path) => ({ machineId, path })) } : {}),
  }
}

/**
 * What is sent of a known job: what somebody changed in the form, so that nothing is taken back that was said elsewhere
 * meanwhile. A schedule is one thing, and goes as a whole.
 */
export function changesOf(form: JobForm, before: JobForm): ExpectedJobInput {
  const [now, was] = [inputOf(form, before.protects), inputOf(before, before.protects)]
  const isWhen = (name: string): boolean => FORM_FIELDS.some((each) => each === name && jobField(each).group === 'when')
  const names = Object.keys(now) as (keyof ExpectedJobInput)[]
  const changed = names.filter((name) => JSON.stringify(now[name]) !== JSON.stringify(was[name]))
  const isOtherTime = form.kind !== before.kind || changed.some(isWhen)
  return Object.fromEntries(
    names.filter((name) => changed.includes(name) || (isOtherTime && isWhen(name))).map((name) => [name, now[name]]),
  ) as ExpectedJobInput
}

export const choicesOf = ({ of }: ChoiceField): readonly string[] => JOB_CHOICES[of]
