import { lstat, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseDocument } from 'yaml'
import * as z from 'zod/mini'
import { Action } from '../actions/action.ts'
import { type Policy, policyShape } from '../actions/policy.ts'
import { readWindow } from './window.ts'

const LARGEST_FILE = 64 * 1024
const MOST_FILES = 50

const names = z.optional(z.array(z.string().check(z.maxLength(255))).check(z.maxLength(200)))
const actions = z.optional(z.array(z.enum(Action)).check(z.maxLength(50)))

/** What one file may say. A key that is not known is no key that was meant otherwise: the whole file is refused. */
const fileShape = z.strictObject({
  allow: actions,
  units: names,
  hooks: names,
  windows: names,
  max_per_day: z.optional(z.number().check(z.int(), z.gte(0), z.lte(10_000))),
  require_signature: actions,
  operators: z.optional(
    z
      .array(
        z.strictObject({
          name: z.string().check(z.maxLength(64)),
          key: z.string().check(z.regex(/^[\w+/=]{40,200}$/)),
        }),
      )
      .check(z.maxLength(50)),
  ),
})
type PolicyFile = z.infer<typeof fileShape>

/** Nothing but looking: what a machine allows whose owner has said nothing. */
export const collectOnly = (root: boolean): Policy => ({
  readOnly: false,
  problem: null,
  root,
  allow: [],
  units: [],
  hooks: [],
  windows: [],
  maxPerDay: null,
  requireSignature: [],
  operators: [],
})

/**
 * What this machine's owner allows: all files of `policy.d` together, in a folder that root alone can write. Whatever is
 * wrong with any of them, nothing is allowed: a rule that could not be read may have been one that forbids.
 */
export async function readPolicy(etc: string, root: boolean): Promise<Policy> {
  const none = collectOnly(root)
  try {
    const readOnly = await isThere(join(etc, 'readonly'))
    const files = await policyFiles(etc)
    const policy = merge({ ...none, readOnly }, files)
    const read = policyShape.safeParse(policy)
    const [issue] = read.success ? [] : read.error.issues
    if (issue) throw new Error(`${etc}/policy.d: ${issue.path.join('.')}: ${issue.message}`)
    return policy
  } catch (error) {
    return { ...none, readOnly: true, problem: (error as Error).message.slice(0, 500) }
  }
}

/** That it cannot be looked at is no sign that the switch is off. */
const isThere = (path: string): Promise<boolean> =>
  lstat(path).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return false
      throw new Error(`${path} cannot be looked at (${error.code ?? error.message})`)
    },
  )

async function policyFiles(etc: string): Promise<PolicyFile[]> {
  const folder = join(etc, 'policy.d')
  if (!(await isThere(folder))) return []
  for (const path of [etc, folder]) await mustBeRoots(path, 'folder')
  const found = (await readdir(folder)).filter((name) => /\.ya?ml$/.test(name)).sort()
  if (found.length > MOST_FILES) throw new Error(`${folder} holds more than ${MOST_FILES} files`)
  const files: PolicyFile[] = []
  for (const name of found) files.push(await readOne(join(folder, name)))
  return files
}

/** Who can write a rule makes the rule: root alone, and no link leads elsewhere. */
export async function mustBeRoots(path: string, kind: 'file' | 'folder'): Promise<void> {
  const found = await lstat(path)
  if (kind === 'file' ? !found.isFile() : !found.isDirectory()) throw new Error(`${path} must be a ${kind} and no link`)
  if (found.uid !== 0) throw new Error(`${path} must belong to root: chown root ${path}`)
  if (found.mode & 0o022) throw new Error(`${path} can be written by others: chmod go-w ${path}`)
  if (kind === 'file' && found.size > LARGEST_FILE) throw new Error(`${path} is larger than 64 KiB`)
}

async function readOne(path: string): Promise<PolicyFile> {
  await mustBeRoots(path, 'file')
  const document = parseDocument(await readFile(path, 'utf8'))
  const [wrongYaml] = document.errors
  if (wrongYaml) throw new Error(`${path}: ${wrongYaml.message.split('\n')[0]}`)
  let said: unknown
  try {
    // No aliases: a few lines of them could stand for millions.
    said = document.toJS({ maxAliasCount: 0 }) ?? {}
  } catch (error) {
    throw new Error(`${path}: ${(error as Error).message}`, { cause: error })
  }
  const read = fileShape.safeParse(said)
  if (!read.success) {
    const [issue] = read.error.issues
    throw new Error(`${path}: ${issue?.path.join('.') || 'it'}: ${issue?.message ?? 'cannot be read'}`)
  }
  const wrong = (read.data.windows ?? []).find((text) => readWindow(text) === null)
  if (wrong !== undefined) throw new Error(`${path}: windows: "${wrong}" is none; use one like "Mon-Fri 02:00-05:00"`)
  return read.data
}

function merge(policy: Policy, files: readonly PolicyFile[]): Policy {
  const all = <T>(lists: readonly (readonly T[] | undefined)[]): T[] => [
    ...new Set(lists.flatMap((list) => list ?? [])),
  ]
  const bounds = files.flatMap(({ max_per_day }) => max_per_day ?? [])
  return {
    ...policy,
    allow: all(files.map(({ allow }) => allow)),
    units: all(files.map(({ units }) => units)),
    hooks: all(files.map(({ hooks }) => hooks)),
    windows: all(files.map(({ windows }) => windows)),
    maxPerDay: bounds.length > 0 ? Math.min(...bounds) : null,
    requireSignature: all(files.map(({ require_signature }) => require_signature)),
    operators: files.flatMap(({ operators }) => operators ?? []),
  }
}
