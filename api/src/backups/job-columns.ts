import { parse } from 'csv-parse/sync'
import { stringify } from 'csv-stringify/sync'
import { registerEnumType } from 'type-graphql'
import { z } from 'zod'
import { InvalidInputError } from '../platform/errors.ts'
import { JsonError, readJson } from '../platform/read-json.ts'
import { CHOICES, type JobSettings } from './expected-job.input.ts'
import { JOB_FIELDS, type JobField } from './job-fields.ts'

export enum ExchangeFormat {
  CSV = 'CSV',
  JSON = 'JSON',
}
registerEnumType(ExchangeFormat, {
  name: 'ExchangeFormat',
  description: 'CSV: one line for each job, with a head line; lists are joined by ";". JSON: a list of objects.',
})

/** A job as it is exported; a column that is left out keeps what a known job had. */
export type Exchanged = JobSettings & {
  agentId: string
  databaseName: string
  /** By hostname, or by id. */
  machine?: string | null
  /** `atlas:/srv`. */
  protects?: string[] | null
}
export type Column = keyof Exchanged

const { agentId, databaseName, active, ...others } = JOB_FIELDS
/** The fields of a job in their order, and the two columns that name machines. */
const FIELDS: Record<Column, JobField> = {
  agentId,
  databaseName,
  machine: { type: 'text', group: 'who', about: 'The machine that the agent runs on' },
  ...others,
  protects: { type: 'texts', group: 'who', about: 'What it protects' },
  active,
}
export const COLUMNS = Object.keys(FIELDS) as Column[]
const isColumn = (name: string): name is Column => Object.hasOwn(FIELDS, name)

function shapeOf(field: JobField): z.ZodType {
  switch (field.type) {
    case 'text':
      return z.string()
    case 'integer':
      return z.number().int()
    case 'boolean':
      return z.boolean()
    case 'texts':
      return z.array(z.string())
    case 'choice':
      return field.many ? z.array(z.enum(CHOICES[field.of])) : z.enum(CHOICES[field.of])
  }
}

const shape = z.strictObject(
  Object.fromEntries(
    Object.entries(FIELDS).map(([column, field]) => [
      column,
      'needed' in field ? shapeOf(field) : shapeOf(field).nullish(),
    ]),
  ),
)

interface Refusal {
  field: string
  rule: string
  cure: string
}

/** One job of a text; null where it breaks a rule, which are told. */
export function readLine(row: unknown): { line: Exchanged | null; refusals: Refusal[] } {
  const read = shape.safeParse(row)
  if (read.success) return { line: read.data as unknown as Exchanged, refusals: [] }
  const cure = `Known columns are ${COLUMNS.join(', ')}.`
  const refusals = read.error.issues.slice(0, 5).map((issue) => {
    const unknown = issue.code === 'unrecognized_keys' ? issue.keys.join(', ') : 'content'
    return { field: issue.path.join('.') || unknown, rule: issue.message, cure }
  })
  return { line: null, refusals }
}

export function writeJobs(format: ExchangeFormat, jobs: readonly Partial<Record<Column, unknown>>[]): string {
  if (format === ExchangeFormat.JSON) return `${JSON.stringify(jobs, null, 2)}\n`
  const lines = jobs.map((job) =>
    Object.fromEntries(
      COLUMNS.map((column) => [
        column,
        isList(FIELDS[column]) ? ((job[column] ?? []) as string[]).join(';') : job[column],
      ]),
    ),
  )
  return stringify(lines, { header: true, columns: COLUMNS, cast: { boolean: String }, escape_formulas: true })
}

export const readJobs = (format: ExchangeFormat, content: string): unknown[] =>
  format === ExchangeFormat.JSON ? readJsonList(content) : readCsv(content)

const isList = (field: JobField): boolean => field.type === 'texts' || (field.type === 'choice' && field.many === true)

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
  if (!isColumn(column)) return cell
  if (isList(FIELDS[column]))
    return cell
      .split(/[;,|]/)
      .map((part) => part.trim())
      .filter(Boolean)
  const { type } = FIELDS[column]
  if (type === 'integer') return /^-?\d+$/.test(cell) ? Number(cell) : cell
  if (type === 'boolean') return cell === 'true' ? true : cell === 'false' ? false : cell
  return cell
}
