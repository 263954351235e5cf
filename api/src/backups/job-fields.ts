// What may be said of a job, each field once. The API's inputs, its reading of them, what is exported and imported, and the
// dashboard's form are made from this list; it imports nothing, so that the dashboard may import it (@vigie/api/job-fields).

/** Where the form shows a field; `state` is no part of it. */
export type JobFieldGroup = 'who' | 'when' | 'place' | 'alert' | 'keep' | 'paths' | 'state'

interface Field {
  group: JobFieldGroup
  /** For who writes a script, in the words of the API; the form's label stands in the messages under the field's name. */
  about: string
}

/** One line or, with `lines`, several. No `longest`: a rule of its own reads it. */
export interface TextField extends Field {
  type: 'text'
  /** A job cannot do without it. */
  needed?: true
  longest?: number
  lines?: true
  /** What is used where nothing is given. */
  otherwise?: string
}

export interface IntegerField extends Field {
  type: 'integer'
  least: number
  most: number
}

export interface BooleanField extends Field {
  type: 'boolean'
  /** Absent: null is a value of its own. */
  otherwise?: boolean
}

/** Texts, one in each line of the form, joined by ";" in CSV. */
export interface TextsField extends Field {
  type: 'texts'
}

/** One word, or with `many` several, of an enumeration. */
export interface ChoiceField extends Field {
  type: 'choice'
  of: keyof JobChoices
  many?: true
  otherwise?: string
}

/** The names of the enumerations; API and dashboard have their own types of them. */
export interface JobChoices {
  Frequency: unknown
  DayOfWeek: unknown
  DueMeans: unknown
  ExpectChange: unknown
}

/** Their words in the order in which people say them; the test compares them with the enumerations. */
export const JOB_CHOICES: Record<keyof JobChoices, readonly string[]> = {
  Frequency: ['HOURLY', 'DAILY', 'WEEKLY', 'MONTHLY'],
  DayOfWeek: ['MONDAY', 'TUESDAY', 'WEDNESDAY', 'THURSDAY', 'FRIDAY', 'SATURDAY', 'SUNDAY'],
  DueMeans: ['BEGINS', 'HERE'],
  ExpectChange: ['ALERT', 'INFO'],
}

export type JobField = TextField | IntegerField | BooleanField | TextsField | ChoiceField

/** 0 = none of these; no more than 27 years of days. */
const KEEP = { type: 'integer', group: 'keep', least: 0, most: 10_000 } as const

/** In the order in which they are exported. */
export const JOB_FIELDS = {
  agentId: { type: 'text', group: 'who', needed: true, about: 'The name of the agent’s folder in the deposit' },
  databaseName: { type: 'text', group: 'who', needed: true, about: 'What is backed up, as the agent calls it' },
  companyName: { type: 'text', group: 'place', about: 'For {company_name} in paths, filters and mails' },
  city: { type: 'text', group: 'place', about: 'For {city} in paths, filters and mails' },
  neighborhood: { type: 'text', group: 'place', about: 'For {neighborhood} in paths' },
  tags: { type: 'texts', group: 'place', about: 'Words to find it by, at most 20; [] = none' },
  cron: {
    type: 'text',
    group: 'when',
    about: 'Five fields of crontab(5), L = last day of the month; not with frequency',
  },
  timeZone: { type: 'text', group: 'when', about: 'IANA time zone of cron; UTC by default' },
  frequency: { type: 'choice', of: 'Frequency', group: 'when', about: 'In UTC; not with cron' },
  expectedHourUtc: { type: 'integer', group: 'when', least: 0, most: 23, about: '0 to 23; not for HOURLY' },
  expectedMinuteUtc: { type: 'integer', group: 'when', least: 0, most: 59, about: '0 to 59; 0 by default' },
  daysOfWeek: { type: 'choice', of: 'DayOfWeek', many: true, group: 'when', about: 'For WEEKLY' },
  dayOfMonth: { type: 'integer', group: 'when', least: 1, most: 28, about: 'For MONTHLY: 1 to 28' },
  lastDayOfMonth: { type: 'boolean', group: 'when', about: 'For MONTHLY' },
  dueMeans: { type: 'choice', of: 'DueMeans', group: 'when', otherwise: 'BEGINS', about: 'BEGINS by default' },
  graceMinutes: {
    type: 'integer',
    group: 'when',
    least: 1,
    most: 527_040,
    about: 'Shorter than the period; by default the smaller of 120 and half the period',
  },
  agentDepositPathTemplate: {
    type: 'text',
    group: 'paths',
    otherwise: '{agent_id}/databases/{file_name}',
    about: 'Where the file is dropped; {agent_id}/databases/{file_name} by default',
  },
  agentLogDepositPathTemplate: {
    type: 'text',
    group: 'paths',
    otherwise: '{agent_id}/log',
    about: 'A folder; {agent_id}/log by default',
  },
  finalStoragePathTemplate: {
    type: 'text',
    group: 'paths',
    otherwise: '{agent_id}/{database_name}/{year}{month}{day}T{hour}{minute}_{file_name}',
    about: '{agent_id}/{database_name}/{year}{month}{day}T{hour}{minute}_{file_name} by default',
  },
  recipients: { type: 'texts', group: 'alert', about: 'Mail addresses; [] = ADMIN_EMAIL_RECIPIENT' },
  expectChange: { type: 'choice', of: 'ExpectChange', group: 'alert', otherwise: 'ALERT', about: 'ALERT by default' },
  mustBeProven: {
    type: 'boolean',
    group: 'alert',
    otherwise: false,
    about: 'Take only what is proven INTACT; false where it is not given',
  },
  runbook: {
    type: 'text',
    group: 'alert',
    longest: 4000,
    lines: true,
    about: 'What to do when it fails, told in each mail',
  },
  keepLast: { ...KEEP, about: 'Retention: keep the newest good backups; all null = keep everything' },
  keepDaily: { ...KEEP, about: 'Keep the newest good backup of so many days' },
  keepWeekly: { ...KEEP, about: 'Keep the newest good backup of so many weeks (ISO 8601)' },
  keepMonthly: { ...KEEP, about: 'Keep the newest good backup of so many months' },
  keepYearly: { ...KEEP, about: 'Keep the newest good backup of so many years' },
  active: { type: 'boolean', group: 'state', otherwise: true, about: 'False = paused; true by default' },
} as const satisfies Record<string, JobField>

export type JobFieldName = keyof typeof JOB_FIELDS

export const JOB_FIELD_NAMES = Object.keys(JOB_FIELDS) as JobFieldName[]

/** As one of many, where only its type is asked for. */
export const jobField = (name: JobFieldName): JobField => JOB_FIELDS[name]

/** The rules of retention. */
export const KEEPS = [
  'keepLast',
  'keepDaily',
  'keepWeekly',
  'keepMonthly',
  'keepYearly',
] as const satisfies JobFieldName[]

/** What a field holds, by the enumerations of who asks. */
export type JobValue<F, Choices extends JobChoices> = F extends { type: 'text' }
  ? string
  : F extends { type: 'integer' }
    ? number
    : F extends { type: 'boolean' }
      ? boolean
      : F extends { type: 'texts' }
        ? string[]
        : F extends { type: 'choice'; of: infer Of extends keyof JobChoices; many: true }
          ? Choices[Of][]
          : F extends { type: 'choice'; of: infer Of extends keyof JobChoices }
            ? Choices[Of]
            : never
