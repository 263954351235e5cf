import type { ForgetRules } from '../config/config.ts'
import { DAY } from '../platform/clock.ts'
import type { Stamp } from '../backups/file-facts.ts'
import type { FileBelow } from '../files/walk-files.ts'

// Which files of deposit and quarantine nobody awaits, and which of them may be forgotten. Pure.

/** A file may come a while before its report: until then it is not called unawaited, */
const YOUNG = DAY
/** and until then it is not forgotten, however much lies there. */
const LEAST_KEPT = 3 * DAY

export const sinceOf = ({ ctimeNs }: Stamp): Date => new Date(Number(BigInt(ctimeNs) / 1_000_000n))

/** Whose folder a path lies in. */
export const agentOfPath = (path: string): string => path.split('/', 1)[0] as string

/** What Vigie itself puts there. */
const OWN = new Set(['.deposit-id', '.quarantine-id', '.vigie-probe', 'why.json'])
const nameOf = (path: string): string => path.split('/').at(-1) as string

/** What is known of the files that lie there. */
export interface Awaited {
  /** Where runs await their files, and what is still to be removed after its promotion. */
  paths: ReadonlySet<string>
  /** `agent/name` of files that reports tell of which nobody declared yet: somebody may make their job. */
  names: ReadonlySet<string>
  /** Folders whose `.json` files are reports: the inbox tells of those that cannot be used. */
  reportFolders: ReadonlySet<string>
}

/** Whether a run may still come for a file at a path. */
export const isAwaited = (path: string, { paths, names }: Pick<Awaited, 'paths' | 'names'>): boolean =>
  paths.has(path) || names.has(`${agentOfPath(path)}/${nameOf(path)}`)

/** Reports lie in their agent's folder, in `log/` below it, or where a job says. */
function isReport(path: string, folders: ReadonlySet<string>): boolean {
  if (!/\.json$/i.test(path)) return false
  const folder = path.slice(0, Math.max(0, path.lastIndexOf('/')))
  return /^[^/]+(\/log)?$/.test(folder) || folders.has(folder)
}

export const unawaitedIn = (files: readonly FileBelow[], awaited: Awaited, now: Date): FileBelow[] =>
  files.filter(
    ({ path, stamp }) =>
      !OWN.has(nameOf(path)) &&
      !isAwaited(path, awaited) &&
      !isReport(path, awaited.reportFolders) &&
      now.getTime() - sinceOf(stamp).getTime() >= YOUNG,
  )

export interface Forgettable {
  agentId: string
  size: number
  since: Date
  /** Whether the vault holds the same content, intact. */
  isProven: boolean
}

/** What is forgotten: of what the vault holds as well, what is old, and the oldest where an agent leaves too much. */
export function forgottenOf<T extends Forgettable>(files: readonly T[], rules: ForgetRules, now: Date): T[] {
  const before = rules.keepDays === null ? -Infinity : now.getTime() - rules.keepDays * DAY
  const forgotten = new Set<T>()
  for (const own of Map.groupBy(files, ({ agentId }) => agentId).values()) {
    let lying = own.reduce((sum, { size }) => sum + size, 0)
    const proven = own.filter(({ isProven }) => isProven).toSorted((a, b) => a.since.getTime() - b.since.getTime())
    for (const file of proven) {
      const isTooMuch = rules.quota !== null && lying > rules.quota
      if (file.since.getTime() >= before && !isTooMuch) continue
      if (now.getTime() - file.since.getTime() < LEAST_KEPT) continue
      forgotten.add(file)
      lying -= file.size
    }
  }
  return files.filter((file) => forgotten.has(file))
}
