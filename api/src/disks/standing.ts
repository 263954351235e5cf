import { Health, type Verdict, worstHealth } from './health.ts'
import { type Reason } from '../reasons/reason.ts'
import { worstFirst } from './judge.ts'
import type { ReasonCode } from '../reasons/sentence.ts'

/** Reasons that a pool, an array or the kernel gives, and not the disk: each report tells them anew. */
const STANDING: ReasonCode[] = ['POOL_MEMBER_DEGRADED', 'POOL_MEMBER_ERRORS', 'CAPACITY_LOST']
const NOT_SUPPORTED: ReasonCode[] = ['VIRTUAL_DISK', 'RAID_VOLUME', 'NO_DEVICE_TYPE', 'NO_SMART']
const NOT_KNOWN: ReasonCode[] = ['NEVER_READ', 'NO_HEALTH_DATA', 'STOPPED_ANSWERING']

/** What pools and arrays say of a disk in one report. */
export interface Standing {
  said: Reason[]
  /** Whether what a speaker (`ZFS tank`, `md md0`) said before is taken back: it was heard, and has nothing against the disk. */
  clears: (speaker: string) => boolean
}

/** None could be asked. */
export const NOT_ASKED: Standing = { said: [], clears: () => false }

/** Who said it: the subject begins with its name, and may go on with the state (`ZFS tank: FAULTED`). */
export const speakerOf = (subject: string): string => subject.replace(/: \w+$/, '')

/** What a pool or an array has said of the disk. */
export const standingOf = (reasons: readonly Reason[]): Reason[] =>
  reasons.filter(({ code }) => STANDING.includes(code))

/** A verdict with what its pool or array says now instead of what that said before. */
export function withStanding({ health, reasons }: Verdict, standing: readonly Reason[]): Verdict {
  const own = reasons.filter(({ code }) => !STANDING.includes(code))
  const had = own.length < reasons.length
  if (!had && standing.length === 0) return { health, reasons }
  const ownHealth = had ? healthBy(own) : health
  if (standing.length === 0) return { health: ownHealth, reasons: own }
  const found = worstHealth([...own, ...standing])
  return { health: found === Health.OK ? ownHealth : found, reasons: worstFirst([...own, ...standing]) }
}

/** The health that these reasons amount to, where nothing was read anew. */
export function healthBy(reasons: readonly Reason[]): Health {
  const worst = worstHealth(reasons)
  if (worst !== Health.OK) return worst
  if (reasons.some(({ code }) => NOT_SUPPORTED.includes(code))) return Health.UNSUPPORTED
  return reasons.some(({ code }) => NOT_KNOWN.includes(code)) ? Health.UNKNOWN : Health.OK
}
