import type { EntryQuery } from '../gql/graphql.ts'

// The way of one backup from its source to here, step by step: what is known of each, and by whom. Pure.

type Entry = Pick<
  EntryQuery['backupEntry'],
  'expectedAt' | 'windowEndsAt' | 'arrivedAt' | 'phase' | 'status' | 'judgedAt'
> & {
  reportedHash: string | null
  measuredHash: string | null
  file: {
    state: string
    arrivedAt: string
    verifiedAt: string | null
    intact: boolean | null
    checks: readonly { name: string; outcome: string }[]
  } | null
  runs: readonly { backup: Told | null; compress: Told | null; transfer: Told | null; startedAt: string | null }[]
}
interface Told {
  ok: boolean
  startedAt: string | null
  endedAt: string | null
  error: string | null
}

export const STEPS = [
  'expected',
  'dumped',
  'compressed',
  'transferred',
  'arrived',
  'hashed',
  'checked',
  'kept',
] as const
export type StepName = (typeof STEPS)[number]
/** WAITING: it may still come; NOT_TOLD: nobody said anything of it, which is neither good nor bad. */
export type StepState = 'DONE' | 'FAILED' | 'NOT_TOLD' | 'WAITING' | 'NOT_REACHED'

export interface Step {
  name: StepName
  state: StepState
  at: string | null
  /** Seconds; null = not told, or no time passes in it. */
  seconds: number | null
}

const secondsBetween = (from: string | null, to: string | null): number | null =>
  from && to ? Math.max(0, Math.round((Date.parse(to) - Date.parse(from)) / 1000)) : null

/** Steps of what is read here. */
const isContent = (name: string): boolean => name !== 'SIZE' && name !== 'SHA256'

export function stepsOf(entry: Entry): Step[] {
  const [run] = entry.runs
  const isOver = entry.phase === 'JUDGED'
  /** Of what did not come: it may come yet, or did not. */
  const absent = (name: StepName): Step => ({
    name,
    state: isOver ? 'NOT_REACHED' : 'WAITING',
    at: null,
    seconds: null,
  })
  const told = (name: StepName, step: Told | null | undefined): Step => {
    if (!run) return absent(name)
    if (!step) return { name, state: 'NOT_TOLD', at: null, seconds: null }
    return {
      name,
      state: step.ok ? 'DONE' : 'FAILED',
      at: step.endedAt ?? step.startedAt,
      seconds: secondsBetween(step.startedAt, step.endedAt),
    }
  }
  const { file } = entry
  const outcomes = (wanted: (name: string) => boolean): string[] =>
    (file?.checks ?? []).filter(({ name }) => wanted(name)).map(({ outcome }) => outcome)
  const measured = (name: StepName, found: string[], isKnown: boolean): Step => {
    if (!file) return absent(name)
    if (found.includes('FAILED')) return { name, state: 'FAILED', at: entry.judgedAt, seconds: null }
    if (found.includes('PASSED') || isKnown) return { name, state: 'DONE', at: entry.judgedAt, seconds: null }
    return isOver ? { name, state: 'NOT_TOLD', at: null, seconds: null } : absent(name)
  }
  const kept = (): Step => {
    if (!file) return absent('kept')
    if (file.state === 'VAULT')
      return { name: 'kept', state: file.intact === false ? 'FAILED' : 'DONE', at: entry.judgedAt, seconds: null }
    if (file.state === 'QUARANTINE' || file.state === 'LOST')
      return { name: 'kept', state: 'FAILED', at: entry.judgedAt, seconds: null }
    return absent('kept')
  }
  return [
    { name: 'expected', state: 'DONE', at: entry.expectedAt, seconds: null },
    told('dumped', run?.backup),
    told('compressed', run?.compress),
    told('transferred', run?.transfer),
    file ? { name: 'arrived', state: 'DONE', at: file.arrivedAt, seconds: null } : absent('arrived'),
    measured(
      'hashed',
      outcomes((name) => !isContent(name)),
      false,
    ),
    measured('checked', outcomes(isContent), false),
    kept(),
  ]
}

/** How to read a backup, by the name of its file: first whether it is the one that was proven, then its content. */
export function restoreLines(path: string, sha256: string | null): string[] {
  const quoted = `'${path.replaceAll("'", "'\\''")}'`
  const check = sha256 ? [`echo "${sha256}  "${quoted} | sha256sum -c`] : []
  const name = path.toLowerCase()
  const unpack = UNPACK.find(([ending]) => name.endsWith(ending))
  const inner = unpack ? name.slice(0, -unpack[0].length) : name
  const source = unpack ? `${unpack[1]} ${quoted}` : `cat ${quoted}`
  if (inner.endsWith('.tar') || name.endsWith('.tgz')) {
    const tar = name.endsWith('.tgz') ? `gzip -dc ${quoted}` : source
    return [...check, `${tar} | tar -x --directory=RESTORED`]
  }
  if (/\.(dump|pgdump|custom)$/.test(inner))
    return [...check, `${source} | pg_restore --no-owner --exit-on-error -d RESTORED`]
  if (/\.(sqlite3?|db)$/.test(inner))
    return [...check, `${source} > RESTORED.sqlite`, 'sqlite3 RESTORED.sqlite "PRAGMA integrity_check"']
  return [...check, inner.endsWith('.sql') ? `${source} > RESTORED.sql` : `${source} > RESTORED`]
}

const UNPACK: readonly (readonly [ending: string, command: string])[] = [
  ['.gz', 'gzip -dc'],
  ['.zst', 'zstd -dc'],
  ['.xz', 'xz -dc'],
  ['.bz2', 'bzip2 -dc'],
  ['.lz4', 'lz4 -dc'],
]
