import type { DiskType, ReadingOutcome, ReadingSource } from './disk-words.ts'
import type { Reason } from '../reasons/reason.ts'
import type { IdentityEvidence } from './identity.ts'
import type { SmartFacts } from './smart-facts.ts'
import type { Standing } from './standing.ts'

/** A disk as one report shows it. */
export interface DiskSighting {
  /** How messages name it: index or device. */
  label: string
  evidence: IdentityEvidence
  /** Where it sits, for a disk that has no identifier of its own. */
  place: string
  device: string | null
  path: string | null
  type: DiskType
  bus: string | null
  role: string | null
  /** 0 = it answers, and the kernel sees no room on it; null = not told. */
  capacityBytes: number | null
  firmware: string | null
  rotationRpm: number | null
  /** False where the kernel's list of devices was not had: what it is and what it serves is what was known. */
  located: boolean
  /** Whether the kernel shows it as a block device: what is behind a controller, or was not listed, it does not. */
  shown: boolean
  /** False where only lsblk told of it: what smartctl told before is better. */
  thorough: boolean
  /** What pools and arrays say of the disk now, whether it could be read or not. */
  standing: Standing
  /** Null where the report tells that it is there and no more. */
  reading: Reading | null
}

export interface Reading {
  outcome: ReadingOutcome
  source: ReadingSource
  /** True where no disk of the machine could be asked, for a reason that is none of the disk's. */
  ofMachine: boolean
  /** Why there are no values. */
  cause: string | null
  /** Null where nothing could be read at all. */
  facts: SmartFacts | null
  /** What a script says of the disk. */
  findings: Reason[]
  /** What smartctl printed, with the hash of what it means. */
  document: { text: string; meaning: string } | null
  reported: { status: string | null; label: string | null; detail: string | null } | null
}
