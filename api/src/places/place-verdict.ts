import { registerEnumType } from 'type-graphql'
import { Health } from '../disks/health.ts'

/** What a failure of disks would do to a place, the gravest first. */
export enum PlaceVerdict {
  LOST = 'LOST',
  LOSES = 'LOSES',
  NONE = 'NONE',
  STALE = 'STALE',
  PARTLY = 'PARTLY',
  UNKNOWN = 'UNKNOWN',
  COVERED = 'COVERED',
  SAFE = 'SAFE',
  UNNEEDED = 'UNNEEDED',
}
registerEnumType(PlaceVerdict, {
  name: 'PlaceVerdict',
  description:
    'Whether what lies in a place is safe, by its disks and by the last proven backup of it; the gravest first',
  valuesConfig: {
    LOST: { description: 'More of its disks are failing or missing than may fail, and no proven copy lies elsewhere' },
    LOSES: {
      description:
        'More of its disks are failing or missing than may fail, and its newest proven copy is stale, or of a part alone',
    },
    NONE: { description: 'No backup of it is expected, or the only copies lie on its own disks' },
    STALE: { description: 'A newer proven backup of it should be here by now' },
    PARTLY: {
      description: 'Fresh proven copies lie elsewhere of some paths in it, and of the rest nothing is expected',
    },
    UNKNOWN: { description: 'Backups of it are expected, and it cannot be said whether one helps: doubts tells why' },
    COVERED: { description: 'A disk of it is failing or missing, and a fresh proven copy lies elsewhere' },
    SAFE: { description: 'A fresh proven copy lies elsewhere, and none of its disks is failing or missing' },
    UNNEEDED: { description: 'No job protects it, and somebody said that no copy of it is needed: noCopy says why' },
  },
})

/** Why a place is not simply safe. */
export enum PlaceDoubt {
  NEVER_PROVEN = 'NEVER_PROVEN',
  COPY_ON_SAME_DISK = 'COPY_ON_SAME_DISK',
  VAULT_UNKNOWN = 'VAULT_UNKNOWN',
  VAULT_IN_TROUBLE = 'VAULT_IN_TROUBLE',
  HOST_UNKNOWN = 'HOST_UNKNOWN',
  NOT_THERE = 'NOT_THERE',
  REDUNDANCY_UNKNOWN = 'REDUNDANCY_UNKNOWN',
  DISKS_UNKNOWN = 'DISKS_UNKNOWN',
}
registerEnumType(PlaceDoubt, {
  name: 'PlaceDoubt',
  valuesConfig: {
    NEVER_PROVEN: { description: 'A path in it that jobs protect has no proven backup in the vault' },
    COPY_ON_SAME_DISK: { description: 'The vault lies on a disk of this place: what takes one takes the other' },
    VAULT_UNKNOWN: {
      description: 'It is not known on which machine the vault lies: set VIGIE_VAULT_MACHINE, or run the local agent',
    },
    VAULT_IN_TROUBLE: { description: 'The vault cannot be read just now, or a disk of it is failing or missing' },
    HOST_UNKNOWN: {
      description:
        'Its machine or that of the vault is virtual: whether both are on the disks of one host is not known',
    },
    NOT_THERE: {
      description: 'The newest report of its machine is without it, though its disks are there: it may not be mounted',
    },
    REDUNDANCY_UNKNOWN: {
      description: 'It lies on several disks, and how many may fail is not told: none is reckoned',
    },
    DISKS_UNKNOWN: { description: 'Which disks it lies on, or how they are, is not known' },
  },
})

/** Where the vault lies, seen from a place. Null = not known. */
export enum Elsewhere {
  OTHER_MACHINE = 'OTHER_MACHINE',
  OTHER_DISK = 'OTHER_DISK',
  SAME_DISK = 'SAME_DISK',
}
registerEnumType(Elsewhere, {
  name: 'Elsewhere',
  description: 'Where the copies of a place lie: what is on its own disks is no copy',
})

/** The newest proven backup of one path in a place; null = none was ever proven. */
export interface PathCopy {
  path: string
  provenAt: Date | null
  /** Until when a newer one need not be here; null = it never comes again, or nothing is proven. */
  freshUntil: Date | null
}

export interface PlaceFacts {
  /** Each disk that it lies on, with its shown health; [] = not known. A missing one holds nothing that can be had. */
  disks: readonly { health: Health; missingSince: Date | null }[]
  /** Null = not known. */
  mayFail: number | null
  /** One for each path that jobs protect, the worst of its jobs; [] = no job. */
  copies: readonly PathCopy[]
  /** Whether the protected paths are all of it. */
  whole: boolean
  /** Null = not known. */
  elsewhere: Elsewhere | null
  /** Whether the vault can be read, and none of its disks is failing or missing. */
  vaultIsSound: boolean
  /** Whether place and vault are on two machines of which one is virtual: they may be on one host. */
  mayShareHost: boolean
  /** False = the newest report is without it, though its disks are there: it may not be mounted. */
  isThere: boolean
  /** Somebody said that no copy of it is needed. What a job protects is wanted all the same. */
  isUnneeded: boolean
  /** An array, pool or volume group that it lies on has failed: it cannot be had, however its disks are. */
  isOnFailedArray: boolean
}

export interface Judgement {
  verdict: PlaceVerdict
  doubts: PlaceDoubt[]
  /** The oldest of the newest proven backups of its paths: what all of them have. Null = there is none. */
  provenAt: Date | null
  /** Disks that may fail beside those that are failing before it is lost; null = not known. */
  mayStillFail: number | null
}

/** What a disk must not be to be reckoned with. */
export const FAILING: readonly Health[] = [Health.FAILED, Health.AT_RISK]
const NOT_KNOWN: readonly Health[] = [Health.UNKNOWN, Health.UNSUPPORTED]

/** What would become of a place. What is not known counts for nothing: neither for redundancy nor for a copy. Pure. */
export function judgePlace(facts: PlaceFacts, now: Date): Judgement {
  const { disks, mayFail, copies, elsewhere } = facts
  const failing = disks.filter(({ health, missingSince }) => missingSince !== null || FAILING.includes(health)).length
  const mayStillFail = facts.isOnFailedArray ? 0 : mayFail === null ? null : Math.max(0, mayFail - failing)
  const isEndangered = facts.isOnFailedArray || failing > (mayFail ?? 0)
  const provenAt = copies.every((copy) => copy.provenAt !== null) ? earliest(copies.map((copy) => copy.provenAt)) : null
  const doubts = [
    ...(copies.length > 0 && provenAt === null ? [PlaceDoubt.NEVER_PROVEN] : []),
    ...(copies.length > 0 && elsewhere === Elsewhere.SAME_DISK ? [PlaceDoubt.COPY_ON_SAME_DISK] : []),
    ...(copies.length > 0 && elsewhere === null ? [PlaceDoubt.VAULT_UNKNOWN] : []),
    ...(copies.length > 0 && !facts.vaultIsSound ? [PlaceDoubt.VAULT_IN_TROUBLE] : []),
    ...(copies.length > 0 && facts.mayShareHost ? [PlaceDoubt.HOST_UNKNOWN] : []),
    ...(facts.isThere ? [] : [PlaceDoubt.NOT_THERE]),
    ...(mayFail === null && disks.length > 1 ? [PlaceDoubt.REDUNDANCY_UNKNOWN] : []),
    ...(disks.length === 0 ||
    disks.some(({ health, missingSince }) => missingSince === null && NOT_KNOWN.includes(health))
      ? [PlaceDoubt.DISKS_UNKNOWN]
      : []),
  ]
  const verdict = (): PlaceVerdict => {
    if (copies.length === 0 && facts.isUnneeded) return PlaceVerdict.UNNEEDED
    if (copies.length === 0 || elsewhere === Elsewhere.SAME_DISK)
      return isEndangered ? PlaceVerdict.LOST : PlaceVerdict.NONE
    if (provenAt === null || elsewhere === null || !facts.vaultIsSound)
      return isEndangered ? PlaceVerdict.LOST : PlaceVerdict.UNKNOWN
    const isStale = copies.some(({ freshUntil }) => freshUntil !== null && freshUntil < now)
    if (isStale) return isEndangered ? PlaceVerdict.LOSES : PlaceVerdict.STALE
    if (!facts.whole) return isEndangered ? PlaceVerdict.LOSES : PlaceVerdict.PARTLY
    if (failing > 0 || isEndangered) return PlaceVerdict.COVERED
    return facts.isThere ? PlaceVerdict.SAFE : PlaceVerdict.UNKNOWN
  }
  return { verdict: verdict(), doubts, provenAt, mayStillFail }
}

const earliest = (dates: readonly (Date | null)[]): Date | null =>
  dates.reduce((first, date) => (first === null || (date !== null && date < first) ? date : first), null)

/** Gravest first. */
export const PLACE_RANK = Object.fromEntries(
  Object.values(PlaceVerdict).map((verdict, rank) => [verdict, rank]),
) as Record<PlaceVerdict, number>

/** What would be lost first, first. */
export const gravestFirst = <P extends { verdict: PlaceVerdict }>(places: readonly P[]): P[] =>
  places.toSorted((a, b) => PLACE_RANK[a.verdict] - PLACE_RANK[b.verdict])
