import type { BackupStatus, Proof } from '../gql/graphql.ts'

/** How a status looks; a new one does not compile until it has its place. */
export const TONE: Record<BackupStatus, string> = {
  SUCCESS: 'text-ok-text',
  HASH_MISMATCH: 'text-warn-text',
  FAILED: 'text-bad-text',
  MISSING: 'text-bad-text',
  TRANSFER_INTEGRITY_FAILED: 'text-bad-text',
  UNKNOWN: 'text-ink-2',
}

export const STATUSES = Object.keys(TONE) as BackupStatus[]
const BAD = new Set<BackupStatus>(['FAILED', 'MISSING', 'TRANSFER_INTEGRITY_FAILED'])
const GOOD = new Set<BackupStatus>(['SUCCESS', 'HASH_MISMATCH'])

/** A good backup that arrived and could not be proven: never in the colour of proven. */
export const isUnproven = (status: BackupStatus, proof: Proof | null | undefined): boolean =>
  GOOD.has(status) && (proof === 'SAID' || proof === 'ARRIVED')

/** What the headline counts; never more is called good than is proven. */
export function backupCounts(counts: readonly { status: BackupStatus; count: number; unproven: number }[]): {
  total: number
  good: number
  unproven: number
  bad: number
  unknown: number
} {
  const of = (wanted: (status: BackupStatus) => boolean): number =>
    counts.filter(({ status }) => wanted(status)).reduce((sum, { count }) => sum + count, 0)
  const unproven = counts.reduce((sum, each) => sum + (GOOD.has(each.status) ? each.unproven : 0), 0)
  return {
    total: of(() => true),
    good: of((status) => GOOD.has(status)) - unproven,
    unproven,
    bad: of((status) => BAD.has(status)),
    unknown: of((status) => status === 'UNKNOWN'),
  }
}

/** The last days of a zone, today last, as 2026-11-28. */
export const lastDays = (count: number, now: Date, timeZone: string): string[] => {
  const today = Date.parse(new Intl.DateTimeFormat('sv', { timeZone }).format(now))
  return Array.from({ length: count }, (_, index) =>
    new Date(today - (count - 1 - index) * 86_400_000).toISOString().slice(0, 10),
  )
}
