import { registerEnumType } from 'type-graphql'
import { Severity } from '../reasons/reason.ts'

export enum BackupStatus {
  SUCCESS = 'SUCCESS',
  FAILED = 'FAILED',
  MISSING = 'MISSING',
  TRANSFER_INTEGRITY_FAILED = 'TRANSFER_INTEGRITY_FAILED',
  HASH_MISMATCH = 'HASH_MISMATCH',
  UNKNOWN = 'UNKNOWN',
}
registerEnumType(BackupStatus, {
  name: 'BackupStatus',
  description: 'The verdict on one expected backup. Unknown is never good.',
  valuesConfig: {
    SUCCESS: { description: 'Arrived, intact, and every check that could be made was passed' },
    FAILED: { description: 'A step failed at the agent, or the content is broken although it arrived as sent' },
    MISSING: { description: 'Nothing had come by the end of the grace' },
    TRANSFER_INTEGRITY_FAILED: { description: 'What arrived is not what was sent, or it never arrived' },
    HASH_MISMATCH: { description: 'Unchanged: byte for byte the last good backup. Still good' },
    UNKNOWN: { description: 'Not judged yet, or the scanner could not see' },
  },
})

/** How bad a status is, for lists that begin with the worst and for the strip of days. */
export const STATUS_RANK: Record<BackupStatus, number> = {
  MISSING: 5,
  FAILED: 4,
  TRANSFER_INTEGRITY_FAILED: 3,
  UNKNOWN: 2,
  HASH_MISMATCH: 1,
  SUCCESS: 0,
}

export const statusOfRank = (rank: number): BackupStatus =>
  (Object.keys(STATUS_RANK) as BackupStatus[]).find((status) => STATUS_RANK[status] === rank) ?? BackupStatus.UNKNOWN

/** SUCCESS, and HASH_MISMATCH: an unchanged database must not go stale. */
export const GOOD: readonly BackupStatus[] = [BackupStatus.SUCCESS, BackupStatus.HASH_MISMATCH]
export const isGood = (status: BackupStatus): boolean => GOOD.includes(status)

/** How grave the event of a status is; an unchanged file only where the job expects change. */
export function statusSeverity(status: BackupStatus, expectChange: ExpectChange): Severity {
  if (status === BackupStatus.SUCCESS) return Severity.INFO
  if (status === BackupStatus.HASH_MISMATCH)
    return expectChange === ExpectChange.ALERT ? Severity.WARNING : Severity.INFO
  return status === BackupStatus.UNKNOWN ? Severity.WARNING : Severity.FAILED
}

export enum ExpectChange {
  ALERT = 'ALERT',
  INFO = 'INFO',
}
registerEnumType(ExpectChange, {
  name: 'ExpectChange',
  description: 'What an unchanged file means for this job: ALERT = somebody must know, INFO = it is shown and no more',
})

export enum EntryPhase {
  DUE = 'DUE',
  LATE = 'LATE',
  JUDGED = 'JUDGED',
}
registerEnumType(EntryPhase, {
  name: 'EntryPhase',
  description: 'DUE within the grace, LATE past it and not judged yet, JUDGED once there is a verdict',
})
