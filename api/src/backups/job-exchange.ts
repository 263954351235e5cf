import { parse } from 'csv-parse/sync'
import { stringify } from 'csv-stringify/sync'
import { Field, Int, ObjectType, registerEnumType } from 'type-graphql'
import { z } from 'zod'
import type { EntityManager } from '../database/database.ts'
import { findRows, type Row, selectRows } from '../database/rows.ts'
import { InvalidInputError } from '../platform/errors.ts'
import { Machine } from '../machines/machine.entity.ts'
import { JsonError, readJson } from '../platform/read-json.ts'
import { ExpectChange } from './backup-status.ts'
import { ExpectedJob, Protection } from './expected-job.entity.ts'
import type { ExpectedJobChange } from './expected-job.input.ts'
import { draftJob } from './job-draft.ts'
import type { Roots } from '../config/config.ts'
import type { JobsService } from './jobs.service.ts'
import { machineWords, readProtected, withMachineIds } from './named-machines.ts'
import { DayOfWeek, DueMeans, Frequency } from './schedule.ts'

export enum ExchangeFormat {
  CSV = 'CSV',
  JSON = 'JSON',
}
registerEnumType(ExchangeFormat, {
  name: 'ExchangeFormat',
  description: 'CSV: one line for each job, with a head line; lists are joined by ";". JSON: a list of objects.',
})

@ObjectType({ simpleResolvers: true })
export class ImportRefusal {
  @Field(() => Int, { description: 'Which job of the text, from 1' })
  number!: number

  @Field(() => String)
  field!: string

  @Field(() => String)
  rule!: string

  @Field(() => String)
  cure!: string
}

@ObjectType({ simpleResolvers: true, description: 'What an import did, or would do' })
export class ImportOutcome {
  @Field(() => Boolean, { description: 'False: a dry run, or something was refused and nothing was stored' })
  stored!: boolean

  @Field(() => Int)
  created!: number

  @Field(() => Int)
  changed!: number

  @Field(() => [ImportRefusal])
  refusals!: ImportRefusal[]
}

const text = z.string().nullish()
const whole = z.number().int().nullish()
/** What is exported, in this order; a column that is left out keeps what a known job had. */
const shape = z.strictObject({
  agentId: z.string(),
  databaseName: z.string(),
  machine: text,
  companyName: text,
  city: text,
  neighborhood: text,
  cron: text,
  timeZone: text,
  frequency: z.enum(Frequency).nullish(),
  expectedHourUtc: whole,
  expectedMinuteUtc: whole,
  daysOfWeek: z.array(z.enum(DayOfWeek)).nullish(),
  dayOfMonth: whole,
  lastDayOfMonth: z.boolean().nullish(),
  dueMeans: z.enum(DueMeans).nullish(),
  graceMinutes: whole,
  agentDepositPathTemplate: text,
  agentLogDepositPathTemplate: text,
  finalStoragePathTemplate: text,
  recipients: z.array(z.string()).nullish(),
  expectChange: z.enum(ExpectChange).nullish(),
  mustBeProven: z.boolean().nullish(),
  runbook: text,
  keepLast: whole,
  keepDaily: whole,
  keepWeekly: whole,
  keepMonthly: whole,
  keepYearly: whole,
  protects: z.array(z.string()).nullish(),
  active: z.boolean().nullish(),
})
type Exchanged = z.infer<typeof shape>
const COLUMNS = Object.keys(shape.shape) as (keyof Exchanged)[]
const LISTS = new Set<string>(['daysOfWeek', 'recipients', 'protects'])
const MOST = 20_000

/** Jobs as text, out and in. */
export class JobExchange {
  constructor(
    private readonly em: EntityManager,
    private readonly jobs: JobsService,
    private readonly roots: Roots,
  ) {}

  async export(format: ExchangeFormat): Promise<string> {
    const inService = await this.inService()
    const protects = await this.protections(inService)
    const all = [...protects.values()].flat()
    const words = await machineWords(this.em, [
      ...inService.flatMap(({ machine }) => machine ?? []),
      ...all.map((one) => one.machine),
    ])
    const jobs = inService.map((job) => ({
      ...exported(job),
      machine: job.machine && (words.get(job.machine) ?? job.machine),
      protects: (protects.get(job.id) ?? []).map(({ machine, path }) => `${words.get(machine) ?? machine}:${path}`),
    }))
    if (format === ExchangeFormat.JSON) return `${JSON.stringify(jobs, null, 2)}\n`
    const lines = jobs.map((job) =>
      Object.fromEntries(
        COLUMNS.map((column) => [
          column,
          LISTS.has(column)
            ? ((job[column as keyof typeof job] ?? []) as string[]).join(';')
            : job[column as keyof typeof job],
        ]),
      ),
    )
    return stringify(lines, { header: true, columns: COLUMNS, cast: { boolean: String }, escape_formulas: true })
  }

  async import(
    format: ExchangeFormat,
    content: string,
    { dryRun, actor }: { dryRun: boolean; actor: string | null },
  ): Promise<ImportOutcome> {
    const rows = format === ExchangeFormat.JSON ? readJsonList(content) : readCsv(content)
    if (rows.length > MOST) throw new InvalidInputError('content', `holds more than ${MOST} jobs`, 'Split it.')
    const known = new Map((await this.inService()).map((job) => [`${job.agentId} ${job.databaseName}`, job]))
    const targets = new Map([...known].map(([key, job]) => [job.targetKey, key]))
    const outcome: ImportOutcome = { stored: false, created: 0, changed: 0, refusals: [] }
    const wanted: { input: ExpectedJobChange; before: Row<ExpectedJob> | null }[] = []
    const seen = new Map<string, number>()
    for (const [index, row] of rows.entries()) {
      const refuse = (field: string, rule: string, cure: string) =>
        outcome.refusals.push({ number: index + 1, field, rule, cure })
      const read = shape.safeParse(row)
      if (!read.success) {
        for (const issue of read.error.issues.slice(0, 5)) {
          const field = issue.path.join('.') || (issue.code === 'unrecognized_keys' ? issue.keys.join(', ') : 'content')
          refuse(field, issue.message, `Known columns are ${COLUMNS.join(', ')}.`)
        }
        continue
      }
      const key = `${read.data.agentId} ${read.data.databaseName}`
      const before = known.get(key) ?? null
      try {
        const input = await this.withMachines(withOneSchedule(read.data, before))
        if (seen.has(key))
          throw new InvalidInputError('databaseName', `stands already in number ${seen.get(key)}`, 'Keep one.')
        seen.set(key, index + 1)
        const draft = draftJob(await withMachineIds(this.em, input), before, this.roots)
        const taken = targets.get(draft.targetKey)
        if (taken !== undefined && taken !== key) {
          throw new InvalidInputError(
            'finalStoragePathTemplate',
            `gives the same paths as ${taken.replace(' ', '/')}`,
            'Put {agent_id} and {database_name} into it.',
          )
        }
        targets.set(draft.targetKey, key)
        wanted.push({ input, before })
        outcome[before ? 'changed' : 'created'] += 1
      } catch (error) {
        if (!(error instanceof InvalidInputError)) throw error
        refuse(error.field, error.rule, error.cure)
      }
    }
    if (dryRun || outcome.refusals.length > 0) return outcome
    await this.jobs.store(wanted, actor)
    return { ...outcome, stored: true }
  }

  /** The machines that a text names, by hostname or id. */
  private async withMachines({ machine, protects, ...input }: Partial<Exchanged>): Promise<ExpectedJobChange> {
    const given = (protects ?? []).map((line, index) => {
      const read = readProtected(line)
      if (read) return read
      throw new InvalidInputError(
        `protects[${index}]`,
        `"${line.slice(0, 100)}" names no machine and path`,
        'Write atlas:/srv.',
      )
    })
    const named = [...(machine ? [machine] : []), ...given.map((one) => one.machine)]
    const ids = new Set((await selectRows(this.em, Machine, 'id', named)).map(({ id }) => id))
    return {
      ...input,
      ...(machine === undefined
        ? {}
        : machine && !ids.has(machine)
          ? { machineHostname: machine }
          : { machineId: machine }),
      ...(protects === undefined
        ? {}
        : {
            protects: given.map((one) =>
              ids.has(one.machine)
                ? { machineId: one.machine, path: one.path }
                : { hostname: one.machine, path: one.path },
            ),
          }),
    } as ExpectedJobChange
  }

  private async protections(jobs: readonly Row<ExpectedJob>[]): Promise<Map<string, Row<Protection>[]>> {
    const rows = await selectRows(
      this.em,
      Protection,
      'job',
      jobs.map(({ id }) => id),
    )
    return Map.groupBy(
      rows.toSorted((a, b) => (a.path < b.path ? -1 : 1)),
      ({ job }) => job,
    )
  }

  private inService(): Promise<Row<ExpectedJob>[]> {
    return findRows(this.em, ExpectedJob, (query) =>
      query.where('archivedAt', 'is', null).orderBy('agentId').orderBy('databaseName'),
    )
  }
}

/** A plain schedule is told plainly: its cron line would be refused beside it. */
function exported(job: Row<ExpectedJob>): Partial<Record<keyof Exchanged, unknown>> {
  const told = Object.fromEntries(
    COLUMNS.flatMap((column) => (column === 'machine' || column === 'protects' ? [] : [[column, job[column]]])),
  )
  return job.frequency ? { ...told, cron: null, timeZone: null } : told
}

/** What an export leaves empty beside the other kind of schedule is not a clearing of it. */
function withOneSchedule(row: Exchanged, before: Row<ExpectedJob> | null): Partial<Exchanged> {
  const {
    cron,
    timeZone,
    frequency,
    expectedHourUtc,
    expectedMinuteUtc,
    daysOfWeek,
    dayOfMonth,
    lastDayOfMonth,
    ...rest
  } = row
  const given = <T extends object>(values: T): Partial<T> =>
    Object.fromEntries(
      Object.entries(values).filter(([, value]) => value !== null && value !== undefined),
    ) as Partial<T>
  const schedule = given({
    cron,
    timeZone,
    frequency,
    expectedHourUtc,
    expectedMinuteUtc,
    daysOfWeek,
    dayOfMonth,
    lastDayOfMonth,
  })
  // Without any word about it a known job keeps its schedule; with one, the fields of another kind of it are cleared.
  const days = frequency && before ? { daysOfWeek: null, dayOfMonth: null, lastDayOfMonth: null } : {}
  return { ...given(rest), ...clearedOf(row, rest, before), ...days, ...schedule }
}

/** An empty cell clears what a known job had; of a new one it means the default. */
const clearedOf = (row: object, rest: object, before: Row<ExpectedJob> | null): object =>
  before
    ? Object.fromEntries(
        Object.keys(rest)
          .filter((key) => key in row && (row as Record<string, unknown>)[key] === null)
          .map((key) => [key, null]),
      )
    : {}

function readJsonList(content: string): unknown[] {
  let json: unknown
  try {
    json = readJson(content)
  } catch (cause) {
    if (!(cause instanceof JsonError)) throw cause
    throw new InvalidInputError('content', cause.message, 'Send what exportExpectedJobs gives.')
  }
  if (!Array.isArray(json)) throw new InvalidInputError('content', 'must be a JSON list', 'Send a list of jobs.')
  return json
}

const NUMBERS = new Set<string>([
  'expectedHourUtc',
  'expectedMinuteUtc',
  'dayOfMonth',
  'graceMinutes',
  'keepLast',
  'keepDaily',
  'keepWeekly',
  'keepMonthly',
  'keepYearly',
])

function readCsv(content: string): unknown[] {
  let lines: Record<string, string>[]
  try {
    // Where the decimal sign is a comma (French), spreadsheets put semicolons between the columns.
    const heading = content.split('\n', 1)[0] ?? ''
    const delimiter = heading.includes(';') && !heading.includes(',') ? ';' : ','
    const options = { columns: true, bom: true, skip_empty_lines: true, trim: true, delimiter } as const
    lines = parse(content, options) as Record<string, string>[]
  } catch (cause) {
    throw new InvalidInputError(
      'content',
      `is no CSV (${(cause as Error).message})`,
      'Send what exportExpectedJobs gives.',
    )
  }
  return lines.map((line) =>
    Object.fromEntries(
      Object.entries(line).map(([column, cell]) => [column, cell === '' ? null : readCell(column, cell)]),
    ),
  )
}

/** Spreadsheets work out what begins like a formula: the export puts an apostrophe before it, which is none of the value. */
const ESCAPED_FORMULA = /^'(?=[=+\-@\t\r\uff1d\uff0b\uff0d\uff20])/

function readCell(column: string, text: string): unknown {
  const cell = text.replace(ESCAPED_FORMULA, '')
  // A path may hold a comma: its list is parted where the next machine begins.
  if (column === 'protects') return cell.split(/[;|](?=[^;|/]+:\/)/).map((part) => part.trim())
  if (LISTS.has(column))
    return cell
      .split(/[;,|]/)
      .map((part) => part.trim())
      .filter(Boolean)
  if (NUMBERS.has(column)) return /^-?\d+$/.test(cell) ? Number(cell) : cell
  if (column === 'active' || column === 'lastDayOfMonth' || column === 'mustBeProven')
    return cell === 'true' ? true : cell === 'false' ? false : cell
  return cell
}
