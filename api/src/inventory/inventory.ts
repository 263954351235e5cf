import type { MachineSighting, ReportTimes, SmartTold } from '../machines/machine-sighting.ts'
import { createHash } from 'node:crypto'
import type { DiskSighting } from '../disks/sighting.ts'
import type { ArrayFacts, ArrayKind } from '../storage/array-rules.ts'
import type { FileSystemFacts, FileSystemSources } from '../storage/file-systems.ts'
import type { StorageGraph } from '../storage/storage-graph.ts'
import { CLOCK_TOLERANCE, DAY, MINUTE } from '../platform/clock.ts'
import type { MetricSample } from '@vigie/agent/report'
import type { StateTold } from '../state/section-told.ts'
import type { SectionOutcome } from './section.ts'

/** One report in the shape in which it is recorded, whoever sent it. */
export interface Inventory {
  id: string
  /** SHA-256 of what was told. */
  contentHash: string
  /** Characters of what was told. */
  size: number
  times: ReportTimes
  machine: MachineSighting
  disks: DiskSighting[]
  /** Null = S.M.A.R.T. was not asked, or nothing can be said of it as a whole. */
  smart: SmartTold | null
  /** Whether the report tells of every disk that the kernel sees, and of every one behind a controller: others are missing. */
  complete: { kernel: boolean; controllers: boolean }
  /** Null where nothing was told. */
  graph: StorageGraph | null
  fileSystems: FileSystemFacts[] | null
  /** What told of file systems. */
  sources: FileSystemSources
  arrays: ArrayFacts[]
  /** Kinds of arrays that the report could tell of: one of these that it is without is gone. */
  arrayKinds: ReadonlySet<ArrayKind>
  /** Kinds whose tool was asked and did not answer. */
  unansweredKinds: ReadonlySet<ArrayKind>
  /** How busy the machine was, the oldest first; [] = not told. */
  metrics: MetricSample[]
  /** How the machine is. */
  state: StateTold
  sections: SectionOutcome[]
  /** What of it was not taken, a sentence each. */
  refused: string[]
  notes: string[]
}

/**
 * What tells a repeated report from another one of the same id, and how large it is. The texts as they came: a report has
 * megabytes of them.
 */
export function weigh(texts: Iterable<string>): Pick<Inventory, 'contentHash' | 'size'> {
  const hash = createHash('sha256')
  let size = 0
  for (const text of texts) {
    hash.update(text).update('\0')
    size += text.length
  }
  return { contentHash: hash.digest('base64url'), size }
}

/** No agent keeps a report back for so long: an older one comes from a clock that is wrong. */
const OLDEST = 60 * DAY

/**
 * When a report was collected by this server's clock: what the machine's clock is off by is told by the moment of sending.
 * A dead battery says 2015, and a report of then would be older than all that is known.
 */
export function corrected(collectedAt: Date, sentAt: Date | null, receivedAt: Date, notes: string[]): Date {
  if (sentAt === null) return collectedAt
  const behind = receivedAt.getTime() - sentAt.getTime()
  if (Math.abs(behind) <= CLOCK_TOLERANCE) return collectedAt
  notes.push(
    `Its clock is ${inWords(Math.abs(behind))} ${behind > 0 ? 'behind' : 'ahead of'} this server's: times are corrected by that. Set the clock, for example with timedatectl set-ntp true.`,
  )
  return new Date(Math.min(receivedAt.getTime(), collectedAt.getTime() + behind))
}

const inWords = (ms: number): string => {
  const minutes = Math.round(ms / MINUTE)
  return minutes < 3 * 60
    ? `${minutes} minutes`
    : minutes < 3 * 24 * 60
      ? `${Math.round(minutes / 60)} hours`
      : `${Math.round(minutes / 1440)} days`
}

/**
 * A clock that runs more than five minutes ahead rewrites nothing: its time is kept as told, and the report is ordered
 * by its arrival.
 */
export function orderedTimes(collectedAt: Date, receivedAt: Date, notes: string[]): ReportTimes {
  const ahead = collectedAt.getTime() - receivedAt.getTime()
  if (-ahead > OLDEST) {
    notes.push(
      `It says that it was collected in ${collectedAt.getUTCFullYear()}: it is ordered by its arrival. Set the machine's clock, for example with timedatectl set-ntp true.`,
    )
    return { collectedAt, receivedAt, at: receivedAt }
  }
  if (ahead <= CLOCK_TOLERANCE) return { collectedAt, receivedAt, at: collectedAt }
  notes.push(
    `Its clock is ${Math.round(ahead / MINUTE)} minutes ahead of this server's: the report is ordered by its arrival. Set the clock, for example with timedatectl set-ntp true.`,
  )
  return { collectedAt, receivedAt, at: receivedAt }
}
