import { isAgentName } from '../access/agent-name.ts'
import { createHash } from 'node:crypto'
import { fileName, LONGEST_DATABASE, plainName } from '../backups/name.ts'
import { JsonError, readJson } from '../platform/read-json.ts'
import { decodeText } from '../platform/text-encoding.ts'
import type { DeclaredDatabase, DeclaredReport, DeclaredStep, Refusal } from '../backups/declared.ts'

/** A report is a few kilobytes; more than this is refused unread. */
export const LARGEST_REPORT = 1024 * 1024
/** More databases than this in one report are no report of one agent. */
const MOST_DATABASES = 1000
/** A report has four levels; what is nested deeper in one database costs that database alone. */
const DEEPEST = 1000
const LONGEST_TEXT = 8 * 1024

export type ReadReport =
  | { ok: true; report: DeclaredReport }
  | { ok: false; outcome: Refusal; runId: string; detail: string; raw: string | null }

type Json = Record<string, unknown>

/** A field that is absent or of another type; the message names it. */
class WrongType extends Error {}

/** Reads a report file of either dialect. Whatever it holds, it answers: a bad report never stops a scan. */
export function readReportFile(content: Buffer): ReadReport {
  const runId = createHash('sha256').update(content).digest('hex')
  // PowerShell writes UTF-16, and old tools the signs of their country.
  const { text } = decodeText(content)
  const refuse = (outcome: Refusal, detail: string): ReadReport => ({
    ok: false as const,
    outcome,
    runId,
    detail,
    raw: text.slice(0, 64 * 1024),
  })
  let json: unknown
  try {
    json = readJson(text, { depth: DEEPEST })
  } catch (cause) {
    if (!(cause instanceof JsonError)) throw cause
    return refuse('NOT_JSON', `The file ${cause.message}.`)
  }
  try {
    return { ok: true, report: readEnvelope(json, runId) }
  } catch (cause) {
    // Whatever else a hostile report brings about, it is this report's fault alone.
    return refuse('WRONG_TYPES', (cause as Error).message)
  }
}

function readEnvelope(json: unknown, runId: string): DeclaredReport {
  const report = objectOf(json, 'The report')
  const databases = objectOf(report['databases'], 'databases')
  const names = Object.keys(databases)
  if (names.length === 0) throw new WrongType('databases is empty: a report speaks of at least one.')
  if (names.length > MOST_DATABASES) throw new WrongType(`databases holds more than ${MOST_DATABASES} entries.`)
  const stamp = report['operation_timestamp_utc'] ?? report['operation_timestamp']
  const read: DeclaredReport = {
    agentId: nameOf(report['agent_id'], 'agent_id'),
    runId: textOf(report['run_id'] ?? report['runId'], 'run_id', 128) ?? runId,
    startedAt: timeOf(report['operation_start_time'], 'operation_start_time'),
    endedAt: timeOf(report['operation_end_time'] ?? stamp, 'operation_end_time'),
    overallStatus: textOf(report['overall_status'], 'overall_status', 200),
    databases: [],
    refused: [],
  }
  for (const name of names) {
    const raw = JSON.stringify(databases[name])
    try {
      read.databases.push({ ...readDatabase(name, databases[name]), raw })
    } catch (cause) {
      if (!(cause instanceof WrongType)) throw cause
      read.refused.push({ name: shown(name), detail: cause.message, raw })
    }
  }
  return read
}

/** A name that may not stand in a path, for showing: never empty, one line. */
const shown = (name: string): string => name.replace(/\p{Cc}/gu, '?').slice(0, 128) || '?'

function readDatabase(name: string, json: unknown): Omit<DeclaredDatabase, 'raw'> {
  const plain = plainName(name, LONGEST_DATABASE)
  if (plain === null)
    throw new WrongType(
      `The name of a database must be 1 to ${LONGEST_DATABASE} characters of one line, with a letter or a digit, and without { } < > and \\.`,
    )
  const database = objectOf(json, `databases.${name}`)
  const step = (long: string, short: string): DeclaredStep | null => {
    const key = database[long] === undefined || database[long] === null ? short : long
    const value = database[key]
    return value === undefined || value === null ? null : readStep(value, `databases.${name}.${key}`, short)
  }
  const steps = {
    backup: step('BACKUP', 'backup_process'),
    compress: step('COMPRESS', 'compress_process'),
    transfer: step('TRANSFER', 'transfer_process'),
  }
  if (!steps.backup && !steps.compress && !steps.transfer) {
    throw new WrongType(`databases.${name} holds no step: BACKUP, COMPRESS or TRANSFER is expected.`)
  }
  const staged = database['staged_file_name']
  return {
    ...steps,
    name: plain,
    stagedFileName:
      staged === undefined || staged === null || staged === ''
        ? null
        : fileNameOf(staged, `databases.${name}.staged_file_name`),
    logsSummary: textOf(database['logs_summary'], `databases.${name}.logs_summary`, LONGEST_TEXT),
  }
}

function readStep(json: unknown, path: string, process: string): DeclaredStep {
  const step = objectOf(json, path)
  return {
    ok: okOf(step['status'], `${path}.status`),
    startedAt: timeOf(step['start_time'] ?? step[`${process}_start_time`], `${path}.start_time`),
    endedAt: timeOf(step['end_time'] ?? step['timestamp'], `${path}.end_time`),
    sha256: hashOf(step['sha256_checksum'], `${path}.sha256_checksum`),
    size: sizeOf(step['size'] ?? step['size_bytes'], `${path}.size`),
    error: textOf(step['error_message'], `${path}.error_message`, LONGEST_TEXT),
  }
}

function objectOf(value: unknown, path: string): Json {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Json
  throw new WrongType(`${path} must be an object.`)
}

function nameOf(value: unknown, path: string): string {
  if (typeof value === 'string' && isAgentName(value)) return value
  throw new WrongType(`${path} must be a plain name of 1 to 128 letters, digits, ".", "_" or "-".`)
}

function fileNameOf(value: unknown, path: string): string {
  const name = typeof value === 'string' ? fileName(value) : null
  if (name !== null) return name
  throw new WrongType(`${path} must be a plain name of at most 200 bytes, without "/", that begins with no dot.`)
}

/** Text from outside; longer text keeps its end, where the error stands. */
function textOf(value: unknown, path: string, longest: number): string | null {
  if (value === undefined || value === null || value === '') return null
  if (typeof value === 'object') return JSON.stringify(value).slice(-longest)
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
    return String(value).trim().slice(-longest) || null
  }
  throw new WrongType(`${path} must be text.`)
}

const GOOD = new Set(['success', 'succeeded', 'successful', 'ok', 'true', 'done', 'completed'])
const BAD = new Set(['failed', 'failure', 'fail', 'error', 'false', 'ko'])

function okOf(value: unknown, path: string): boolean {
  if (typeof value === 'boolean') return value
  const word = typeof value === 'string' ? value.trim().toLowerCase() : ''
  if (GOOD.has(word)) return true
  if (BAD.has(word)) return false
  throw new WrongType(`${path} must be true or false, or the text success or failed.`)
}

function hashOf(value: unknown, path: string): string | null {
  if (value === undefined || value === null || value === '') return null
  const hash = typeof value === 'string' ? value.trim().toLowerCase() : ''
  if (/^[0-9a-f]{64}$/.test(hash)) return hash
  throw new WrongType(`${path} must be a SHA-256: 64 hexadecimal digits.`)
}

function sizeOf(value: unknown, path: string): number | null {
  if (value === undefined || value === null || value === '') return null
  const size = typeof value === 'string' && /^\d{1,16}$/.test(value.trim()) ? Number(value) : value
  if (typeof size === 'number' && Number.isSafeInteger(size) && size >= 0) return size
  throw new WrongType(`${path} must be a whole number of bytes.`)
}

const ISO = /^(\d{4})-?(\d\d)-?(\d\d)(?:[T _](\d\d):?(\d\d)(?::?(\d\d)(?:[.,](\d{1,9}))?)?)?\s*(Z|[+-]\d\d:?\d\d)?$/i

/** ISO 8601, with "T" or a blank between date and time; without an offset it is UTC. */
export function timeOf(value: unknown, path: string): string | null {
  if (value === undefined || value === null || value === '') return null
  const parts = typeof value === 'string' ? ISO.exec(value.trim()) : null
  if (parts) {
    const [, year, month, day, hour = '00', minute = '00', second = '00', fraction = '', zone = 'Z'] = parts
    const offset = zone.toUpperCase() === 'Z' ? 'Z' : `${zone.slice(0, 3)}:${zone.slice(-2)}`
    const time = new Date(
      `${year}-${month}-${day}T${hour}:${minute}:${second}.${fraction.slice(0, 3).padEnd(3, '0')}${offset}`,
    )
    // 30 February would become 2 March: a day that is not in the calendar is no day.
    const exists = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day))).getUTCDate() === Number(day)
    if (exists && hour !== '24' && !Number.isNaN(time.getTime())) return time.toISOString()
  }
  throw new WrongType(`${path} must be a time such as 2026-11-21T02:00:00Z.`)
}
