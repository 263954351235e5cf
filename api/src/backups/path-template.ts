import { Temporal } from 'temporal-polyfill'
import { InvalidInputError } from '../platform/errors.ts'
import { IN_PATH, isManifest, LONGEST_DATABASE, LONGEST_FILE, plainName } from './name.ts'

// Where files lie is said by templates: relative to their root, or absolute below it. Every value that is filled in is
// checked by an allow-list, and every path once more as a whole: nothing that a job or a report says leaves the root.

/** What the job itself tells. */
const CONSTANTS = ['agent_id', 'database_name', 'company_name', 'city', 'neighborhood'] as const
/** What the due time tells, in the job's zone. */
const TIMES = ['year', 'month', 'day', 'hour', 'minute'] as const
export const PLACEHOLDERS = [...CONSTANTS, ...TIMES, 'file_name'] as const
type Placeholder = (typeof PLACEHOLDERS)[number]

export interface PathFacts {
  agentId: string
  databaseName: string
  companyName: string | null
  city: string | null
  neighborhood: string | null
}

/** What stands in paths for signs that may not. */
const UNSAFE = /[^\p{L}\p{M}\p{N} ._'’+,@=()-]+|\.{2,}|^\.|^ | $/gu

/** Companies, cities and neighborhoods, as people write them: Martin & Fils, Saint-Denis (93), N° 5/7. */
export const readPlace = (field: string, value: string): string => readPlain(field, value, LONGEST_PLACE)

/** A database, as its server calls it: compta_2026, Paie & congés. */
export const readDatabaseName = (field: string, value: string): string => readPlain(field, value, LONGEST_DATABASE)

function readPlain(field: string, value: string, most: number): string {
  const name = plainName(value, most)
  if (name !== null) return name
  throw new InvalidInputError(
    field,
    `must be 1 to ${most} characters of one line, with a letter or a digit, and without { } < > and \\`,
    'Write it without other signs.',
  )
}

const LONGEST_PLACE = 64
/** Bytes of a name in the vault: versions/ puts 15 signs before it, and a manifest 11 behind. */
const LONGEST_KEPT = 229
/** Of a path on Linux (PATH_MAX of limits.h). */
const LONGEST_TEMPLATE = 4096

/** Checks a template for what it may hold, and answers with it relative to its root. */
export function readTemplate(
  field: string,
  template: string,
  { root, facts, kind }: { root: string; facts: PathFacts; kind: 'file' | 'folder' },
): string {
  const refuse = (rule: string, cure: string): never => {
    throw new InvalidInputError(field, rule, cure)
  }
  if (template.length > LONGEST_TEMPLATE)
    return refuse(`is longer than ${LONGEST_TEMPLATE} characters`, 'Shorten it: no file system takes such a path.')
  const text = template
    .normalize('NFC')
    .trim()
    .replace(/(?<!\/)\/+$/, kind === 'folder' ? '' : '$&')
  const relative = text.startsWith('/') ? below(root, text) : text
  if (relative === null) return refuse(`is an absolute path outside ${root}`, `Begin with ${root}/, or without "/".`)
  if (relative === '') return refuse('is empty', 'Name a path, such as {agent_id}/databases/{file_name}.')
  if (relative.endsWith('/')) return refuse('ends with "/", and must name a file', 'Add {file_name}.')
  for (const [whole, name = ''] of relative.matchAll(/\{([^{}]*)\}/g)) {
    if (!(PLACEHOLDERS as readonly string[]).includes(name)) {
      refuse(
        `holds the unknown placeholder ${whole}`,
        `Known are ${PLACEHOLDERS.map((known) => `{${known}}`).join(', ')}.`,
      )
    }
    if (kind === 'folder' && !(CONSTANTS as readonly string[]).includes(name)) {
      refuse(
        `holds ${whole}, but a folder is watched all the time`,
        `Use only ${CONSTANTS.map((known) => `{${known}}`).join(', ')} there.`,
      )
    }
    if ((CONSTANTS as readonly string[]).includes(name) && !valueOf(name as Placeholder, facts)) {
      refuse(`holds ${whole}, which this job leaves empty`, `Fill it in, or take ${whole} out of the template.`)
    }
  }
  if (/[{}]/.test(relative.replace(/\{[^{}]*\}/g, '')))
    refuse('has a brace without its partner', 'Write placeholders as {name}.')
  // The longest name that a report may tell, so that no path is found too long at night.
  const example = render(relative, facts, {
    expectedAt: new Date(0),
    timeZone: 'UTC',
    fileName: 'x'.repeat(LONGEST_FILE),
  })
  const isLong = example.split('/').some((part) => Buffer.byteLength(part) > LONGEST_KEPT)
  const wrong = wrongPath(example) ?? (isLong ? `makes names of more than ${LONGEST_KEPT} bytes` : null)
  if (wrong) refuse(wrong, 'Use plain names of folders and files, joined by "/".')
  return relative
}

function below(root: string, path: string): string | null {
  const base = root.endsWith('/') ? root : `${root}/`
  return path.startsWith(base) ? path.slice(base.length) : null
}

/** What is wrong with a rendered path; null = nothing. */
export function wrongPath(path: string): string | null {
  if (Buffer.byteLength(path) > 1024) return 'is longer than 1024 bytes'
  for (const part of path.split('/')) {
    if (part === '') return 'holds an empty name between slashes'
    if (part.startsWith('.')) return `holds "${part}", which begins with a dot`
    if (isManifest(part)) return `holds "${part.slice(0, 40)}", which only Vigie's own manifests are called`
    if (Buffer.byteLength(part) > 255) return 'holds a name of more than 255 bytes'
    if (!IN_PATH.test(part) || part !== part.trim()) {
      return `holds "${part.slice(0, 40)}", which has signs that stand in no name here`
    }
  }
  return null
}

export interface RunTime {
  expectedAt: Date
  timeZone: string
  fileName: string
}

/** The path of one due time, relative to its root. */
export function render(template: string, facts: PathFacts, run: RunTime): string {
  const time = Temporal.Instant.fromEpochMilliseconds(run.expectedAt.getTime()).toZonedDateTimeISO(run.timeZone)
  const two = (value: number): string => String(value).padStart(2, '0')
  const values: Record<(typeof TIMES)[number] | 'file_name', string> = {
    year: String(time.year).padStart(4, '0'),
    month: two(time.month),
    day: two(time.day),
    hour: two(time.hour),
    minute: two(time.minute),
    file_name: run.fileName,
  }
  return template.replaceAll(/\{([^{}]*)\}/g, (_, name: Placeholder) =>
    name in values ? values[name as keyof typeof values] : (valueOf(name, facts) ?? ''),
  )
}

/** The folder of a template that holds no time and no file. */
export const renderFolder = (template: string, facts: PathFacts): string =>
  render(template, facts, { expectedAt: new Date(0), timeZone: 'UTC', fileName: '' })

/** The folders of the deposit into which a job's reports and files come; what a due time fills in lies below. */
export function depositFolders(
  job: PathFacts & { agentLogDepositPathTemplate: string; agentDepositPathTemplate: string },
): string[] {
  const steps = job.agentDepositPathTemplate.split('/').slice(0, -1)
  const timed = steps.findIndex((step) => TIMES.some((time) => step.includes(`{${time}}`)))
  const constant = timed === -1 ? steps : steps.slice(0, timed)
  return [job.agentLogDepositPathTemplate, constant.join('/')].map((template) => renderFolder(template, job))
}

/**
 * The template with what the job itself tells filled in, whatever its case: two jobs with the same one would write the
 * same files.
 */
export const targetKey = (template: string, facts: PathFacts): string =>
  template
    .replaceAll(/\{([^{}]*)\}/g, (whole, name: Placeholder) =>
      (CONSTANTS as readonly string[]).includes(name) ? (valueOf(name, facts) ?? '') : whole,
    )
    .toLocaleLowerCase('en')

/** Whether each due time has a path of its own, for files that always have the same name. */
export const keepsOnlyLatest = (paths: readonly string[]): boolean => new Set(paths).size < paths.length

/** As the name of a folder, however long it is: a name in a file system has at most 255 bytes. */
export function folderName(name: string): string {
  let safe = inPath(name)
  while (Buffer.byteLength(safe) > LONGEST_FILE) safe = safe.slice(0, -1)
  return safe
}

/** As it stands in a path: what may not stand there is an underscore. Shown it is as it was written. */
export const inPath = (name: string): string => name.replace(UNSAFE, '_')

function valueOf(name: Placeholder, facts: PathFacts): string | null {
  if (name === 'agent_id') return facts.agentId
  if (name === 'database_name') return inPath(facts.databaseName)
  if (name === 'company_name') return facts.companyName && inPath(facts.companyName)
  if (name === 'city') return facts.city && inPath(facts.city)
  if (name === 'neighborhood') return facts.neighborhood && inPath(facts.neighborhood)
  return null
}
