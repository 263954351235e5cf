import type { BackupStatus, EntryPhase, Proof } from '../gql/graphql.ts'
import { isUnproven } from '../backups/status.ts'

// The picture of the last hours: where each backup stands on the line of time. Pure; all positions in per cent of its width.

const HOUR = 3_600_000

export interface Told {
  id: string
  expectedAt: string
  arrivedAt: string | null
  measuredSize: string | number | null
  status: BackupStatus
  proof: Proof | null
  phase: EntryPhase
  job: { id: string; agentId: string; databaseName: string }
}

export interface Window {
  now: Date
  /** How far back it goes, and how far ahead of now. */
  hours: number
  ahead: number
}

export type MastKind = 'good' | 'unproven' | 'unchanged' | 'missing' | 'failed' | 'damaged' | 'pending' | 'due'

export interface Mast {
  /** From the left. */
  left: number
  /** In pixels: what is larger is taller, by its logarithm. */
  height: number
  kind: MastKind
  status: BackupStatus | null
  at: Date
  /** Those that stand too near to each other to be told apart are one. */
  names: string[]
  jobs: string[]
  entries: string[]
}

const BAD: readonly MastKind[] = ['missing', 'failed', 'damaged']
export const isBad = (kind: MastKind): boolean => BAD.includes(kind)

export function kindOf({ status, proof, phase }: Pick<Told, 'status' | 'proof' | 'phase'>): MastKind {
  if (phase !== 'JUDGED') return 'pending'
  if (isUnproven(status, proof)) return 'unproven'
  switch (status) {
    case 'SUCCESS':
      return 'good'
    case 'HASH_MISMATCH':
      return 'unchanged'
    case 'MISSING':
      return 'missing'
    case 'TRANSFER_INTEGRITY_FAILED':
      return 'damaged'
    case 'FAILED':
      return 'failed'
    case 'UNKNOWN':
      return 'pending'
  }
}

export const percentOf = (at: Date, { now, hours, ahead }: Window): number =>
  ((at.getTime() - now.getTime() + hours * HOUR) / ((hours + ahead) * HOUR)) * 100

const [LOWEST, TALLEST, WITHOUT_SIZE] = [26, 70, 58]

/** Masts from left to right. Bad ones nearer than `gap` per cent are one, with all of their names. */
export function mastsOf(entries: readonly Told[], window: Window, gap: number): Mast[] {
  const sizes = entries.flatMap(({ measuredSize }) =>
    Number(measuredSize) > 0 ? [Math.log(Number(measuredSize))] : [],
  )
  const [least, most] = [Math.min(...sizes), Math.max(...sizes)]
  const heightOf = (size: Told['measuredSize']): number =>
    !(Number(size) > 0)
      ? WITHOUT_SIZE
      : most === least
        ? (LOWEST + TALLEST) / 2
        : LOWEST + ((Math.log(Number(size)) - least) / (most - least)) * (TALLEST - LOWEST)
  const masts = entries
    .map((entry): Mast => {
      const kind = kindOf(entry)
      // What came stands where it came; what did not, where it was expected.
      const at = new Date(entry.arrivedAt && !isBad(kind) ? entry.arrivedAt : entry.expectedAt)
      return {
        left: percentOf(at, window),
        height: Math.round(
          isBad(kind) ? Math.max(WITHOUT_SIZE, heightOf(entry.measuredSize)) : heightOf(entry.measuredSize),
        ),
        kind,
        status: entry.status,
        at,
        names: [entry.job.databaseName],
        jobs: [entry.job.id],
        entries: [entry.id],
      }
    })
    .filter(({ left }) => left >= 0 && left <= 100)
    .toSorted((a, b) => a.left - b.left)
  const joined: Mast[] = []
  for (const mast of masts) {
    const before = joined.findLast(({ kind }) => kind === mast.kind)
    if (isBad(mast.kind) && before && mast.left - before.left < gap)
      Object.assign(before, {
        names: [...before.names, ...mast.names],
        jobs: [...before.jobs, ...mast.jobs],
        entries: [...before.entries, ...mast.entries],
      })
    else joined.push(mast)
  }
  return joined
}

/**
 * Names over the line, in two rows, each where it does not touch the one before it; what finds no room, or would reach over `until`,
 * is left to the list.
 */
export function labelsOf(
  masts: readonly Mast[],
  widthOf: (text: string) => number,
  until = 100,
): { mast: Mast; text: string; row: 0 | 1 }[] {
  const ends = [-1, -1]
  return masts
    .filter(({ kind }) => isBad(kind))
    .flatMap((mast) => {
      const text = mast.names.length > 1 ? `${mast.names[0]} +${mast.names.length - 1}` : (mast.names[0] ?? '')
      const half = widthOf(text) / 2
      const row = ([0, 1] as const).find((each) => mast.left - half > (ends[each] ?? 0))
      if (row === undefined || mast.left - half < 0 || mast.left + half > until) return []
      ends[row] = mast.left + half
      return [{ mast, text, row }]
    })
}

/** Full hours on the axis, by three or by two. */
export function ticksOf(window: Window): { left: number; at: Date }[] {
  const step = window.hours > 12 ? 3 : 2
  const first = new Date(window.now.getTime() - window.hours * HOUR)
  first.setMinutes(0, 0, 0)
  const ticks = []
  for (let at = first.getTime(); at <= window.now.getTime() + window.ahead * HOUR; at += HOUR) {
    const date = new Date(at)
    const left = percentOf(date, window)
    if (date.getHours() % step === 0 && left >= 2 && left <= 98) ticks.push({ left, at: date })
  }
  return ticks
}

/** Between these hours of the clock it is night. */
const [DUSK, DAWN] = [20, 6]

/** The sky as the stops of a gradient: how dark it is at each full hour, 0 = day, 1 = night. */
export function skyOf(window: Window): { left: number; dark: number }[] {
  const darkAt = (hour: number): number => {
    if (hour >= DUSK + 1 || hour < DAWN - 1) return 1
    return hour >= DUSK - 1 || hour < DAWN + 1 ? 0.5 : 0
  }
  const start = window.now.getTime() - window.hours * HOUR
  return Array.from({ length: window.hours + 1 }, (_, index) => {
    const at = new Date(start + index * HOUR)
    return { left: percentOf(at, window), dark: darkAt(at.getHours()) }
  })
}
