// What reading a file found, whatever was declared about it. No enum here: the worker thread writes it.
import type { BigIntStats } from 'node:fs'

/** Device, inode and times as text: 64 bits do not fit into a number. Equal stamps = the same unchanged file. */
export interface Stamp {
  dev: string
  ino: string
  size: number
  mtimeNs: string
  ctimeNs: string
}

export const stampOf = (stat: BigIntStats): Stamp => ({
  dev: String(stat.dev),
  ino: String(stat.ino),
  size: Number(stat.size),
  mtimeNs: String(stat.mtimeNs),
  ctimeNs: String(stat.ctimeNs),
})

/** A check of the content itself; null outcome words say why it was not made. */
export interface ContentCheck {
  name: 'DECOMPRESSION' | 'COMPLETION_MARK' | 'PG_RESTORE' | 'CONTENT_CHECKSUM' | 'TAR_END' | 'SQLITE_INTEGRITY'
  outcome: 'PASSED' | 'FAILED' | 'NOT_CHECKED'
  detail: string | null
}

export interface ReadFacts {
  kind: 'READ'
  stamp: Stamp
  sha256: string
  /** Bytes and SHA-256 of what came out of decompression, or of the file itself; null = not measured. */
  contentSize: number | null
  contentSha256: string | null
  fingerprint: string | null
  /** The day that the dump gives itself, by its machine's clock (2026-01-15); null or absent = it gives none. */
  dumpedOn?: string | null
  /** Set where decompression was stopped: it expands beyond this many bytes. */
  expandsBeyond: number | null
  checks: ContentCheck[]
}

export type FileFacts =
  | ReadFacts
  /** Another size than declared: it was not read. */
  | { kind: 'OTHER_SIZE'; stamp: Stamp }
  | { kind: 'ABSENT' }
  | { kind: 'NOT_A_FILE' }
  | { kind: 'CHANGING' }
  | { kind: 'UNREADABLE'; detail: string }

/** It is there, and being read: what will be found is not known yet. */
export interface Verifying {
  kind: 'VERIFYING'
  size: number
}

export interface ReadingOrder {
  root: string
  /** Below the root. */
  path: string
  /** Where a private copy may lie while a tool reads it. */
  temporaryFolder: string
  /** Whether the SHA-256 of the content is wanted. */
  contentHash: boolean
  /** Only the SHA-256, as re-verification needs it. */
  hashOnly: boolean
}
