import type { DeclaredStep } from './declared.ts'
import { type Check, CheckName, CheckOutcome } from './check.ts'
import type { FileFacts, ReadFacts, Verifying } from './file-facts.ts'
import { HOUR, MINUTE } from '../platform/clock.ts'
import { type Reason, Severity } from '../reasons/reason.ts'
import { BackupStatus, isGood } from './backup-status.ts'
import { Proof, proofOf } from './proof.ts'
import type { BACKUP_REASONS } from '../reasons/backup-reasons.ts'

// What Vigie exists for: facts in, verdict out. Nothing here reads a file, a clock or a table.

export interface DeclaredRun {
  backup: DeclaredStep | null
  compress: DeclaredStep | null
  transfer: DeclaredStep | null
}

/** What the agent says of the file that it staged: of COMPRESS, or of BACKUP where nothing was compressed. */
export function declaredFile({ backup, compress }: DeclaredRun): {
  size: number | null
  sha256: string | null
  contentSha256: string | null
} {
  const staged = compress ?? backup
  return {
    size: staged?.size ?? null,
    sha256: staged?.sha256 ?? null,
    contentSha256: compress ? (backup?.sha256 ?? null) : null,
  }
}

export interface RunFacts {
  run: DeclaredRun
  /** The name that is awaited in the deposit. */
  fileName: string
  /** Null = it was not looked for, because a step failed. */
  file: FileFacts | Verifying | null
  /** Whether the grace has ended. */
  windowEnded: boolean
  /** Whether a file without declared hash has kept still for a minute. */
  keptStill: boolean
  /** The good backup of the due time before; null = there was none. */
  previous: { sha256: string | null; fingerprint: string | null } | null
  /** Whether the job takes nothing but what is proven. */
  mustBeProven: boolean
}

export interface RunVerdict {
  /** Null = not yet: the next scan looks again. */
  status: BackupStatus | null
  reasons: Reason[]
  checks: Check[]
  /** Where the file belongs now. */
  place: 'DEPOSIT' | 'VAULT' | 'QUARANTINE'
}

const reason = (
  code: keyof typeof BACKUP_REASONS,
  severity: Severity,
  { value = null, limit = null, subject = null }: Partial<Pick<Reason, 'value' | 'limit' | 'subject'>> = {},
): Reason => ({ code, severity, value, limit, subject })
export { reason as backupReason }

/** The verdict on one run alone, in the order FAILED, TRANSFER_INTEGRITY_FAILED, HASH_MISMATCH, SUCCESS. */
export function judgeRun(facts: RunFacts): RunVerdict {
  const { run, file, windowEnded, fileName } = facts
  const stepsFailed = failedSteps(run)
  if (stepsFailed.length > 0) return { status: BackupStatus.FAILED, reasons: stepsFailed, checks: [], place: 'DEPOSIT' }
  const declared = declaredFile(run)
  const wait = (why: Reason): RunVerdict => ({ status: null, reasons: [why], checks: [], place: 'DEPOSIT' })
  const broken = (why: Reason, checks: Check[], place: RunVerdict['place'] = 'QUARANTINE'): RunVerdict => ({
    status: BackupStatus.TRANSFER_INTEGRITY_FAILED,
    reasons: [why],
    checks,
    place,
  })
  const otherSize = (size: number): RunVerdict => {
    const sizes = { value: size, limit: declared.size }
    const checks = [sizeCheck(declared.size, size)]
    if (declared.size !== null && size > declared.size)
      return broken(reason('SIZE_LARGER', Severity.FAILED, sizes), checks)
    return windowEnded
      ? broken(reason('SIZE_SMALLER', Severity.FAILED, sizes), checks)
      : wait(reason('FILE_ARRIVING', Severity.INFO, sizes))
  }
  const info = { subject: fileName }
  switch (file?.kind) {
    case undefined:
    case 'ABSENT':
      return windowEnded
        ? broken(reason('FILE_ABSENT', Severity.FAILED, info), [], 'DEPOSIT')
        : wait(reason('FILE_AWAITED', Severity.INFO, info))
    case 'NOT_A_FILE':
      return broken(reason('NOT_A_FILE', Severity.FAILED, info), [], 'DEPOSIT')
    case 'UNREADABLE':
      return wait(reason('FILE_UNREADABLE', Severity.WARNING, { subject: `${fileName}: ${file.detail}` }))
    case 'CHANGING':
      return wait(reason('CHANGED_WHILE_READING', Severity.INFO))
    case 'VERIFYING':
      return wait(reason('FILE_VERIFYING', Severity.INFO, { subject: fileName, value: file.size }))
    case 'OTHER_SIZE':
      return otherSize(file.stamp.size)
    case 'READ':
      return declared.size !== null && file.stamp.size !== declared.size
        ? otherSize(file.stamp.size)
        : judgeRead(facts, file, declared)
  }
}

function judgeRead(facts: RunFacts, file: ReadFacts, declared: ReturnType<typeof declaredFile>): RunVerdict {
  const checks = checksOf(file, declared)
  const refused = (status: BackupStatus, why: Reason[]): RunVerdict => ({
    status,
    reasons: why,
    checks,
    place: 'QUARANTINE' as const,
  })
  if (declared.sha256 !== null && file.sha256 !== declared.sha256) {
    return refused(BackupStatus.TRANSFER_INTEGRITY_FAILED, [reason('HASH_DIFFERS', Severity.FAILED)])
  }
  if (declared.sha256 === null && !facts.keptStill) {
    return {
      status: null,
      reasons: [reason('HASH_NOT_DECLARED', Severity.INFO)],
      checks,
      place: 'DEPOSIT',
    }
  }
  const content = brokenContent(file, checks)
  if (content.length > 0) return refused(BackupStatus.FAILED, content)
  const notes = [
    ...(declared.sha256 === null ? [reason('HASH_NOT_DECLARED', Severity.WARNING)] : []),
    ...checks
      .filter(
        (check) =>
          check.outcome === CheckOutcome.NOT_CHECKED &&
          check.name !== CheckName.SIZE &&
          check.name !== CheckName.SHA256 &&
          check.name !== CheckName.CONTENT_SHA256,
      )
      .map((check) => reason('CHECK_NOT_DONE', Severity.INFO, { subject: check.detail })),
  ]
  if (facts.mustBeProven && proofOf(checks) !== Proof.INTACT)
    return refused(BackupStatus.FAILED, [reason('NOT_PROVEN', Severity.FAILED), ...notes])
  const { previous } = facts
  if (previous?.sha256 === file.sha256) {
    const unchanged = reason('UNCHANGED', Severity.WARNING)
    return { status: BackupStatus.HASH_MISMATCH, reasons: [unchanged, ...notes], checks, place: 'VAULT' }
  }
  if (previous?.fingerprint && previous.fingerprint === file.fingerprint) {
    notes.push(reason('CONTENT_UNCHANGED', Severity.INFO))
  }
  return { status: BackupStatus.SUCCESS, reasons: notes, checks, place: 'VAULT' }
}

function failedSteps({ backup, compress, transfer }: DeclaredRun): Reason[] {
  const steps = [
    ['BACKUP', backup],
    ['COMPRESS', compress],
    ['TRANSFER', transfer],
  ] as const
  return steps.flatMap(([name, step]) =>
    step && !step.ok
      ? [reason('STEP_FAILED', Severity.FAILED, { subject: step.error ? `${name}: ${step.error.slice(-500)}` : name })]
      : [],
  )
}

const sizeCheck = (expected: number | null, measured: number): Check => ({
  name: CheckName.SIZE,
  outcome:
    expected === null ? CheckOutcome.NOT_CHECKED : expected === measured ? CheckOutcome.PASSED : CheckOutcome.FAILED,
  expected: expected === null ? null : String(expected),
  measured: String(measured),
  detail: expected === null ? 'the agent declared no size' : null,
})

const hashCheck = (name: CheckName, expected: string | null, measured: string | null): Check => ({
  name,
  outcome:
    expected === null || measured === null
      ? CheckOutcome.NOT_CHECKED
      : expected === measured
        ? CheckOutcome.PASSED
        : CheckOutcome.FAILED,
  expected,
  measured,
  detail:
    expected === null ? 'the agent declared no SHA-256' : measured === null ? 'the content could not be read' : null,
})

/** Every check of a file that was read, with what was declared beside what was measured. */
export function checksOf(file: ReadFacts, declared: ReturnType<typeof declaredFile>): Check[] {
  const content = declared.contentSha256
    ? [hashCheck(CheckName.CONTENT_SHA256, declared.contentSha256, file.contentSha256 ?? contentOfPlain(file))]
    : []
  return [
    sizeCheck(declared.size, file.stamp.size),
    hashCheck(CheckName.SHA256, declared.sha256, file.sha256),
    ...file.checks.map((check) => ({
      name: check.name as CheckName,
      outcome: check.outcome as CheckOutcome,
      expected: null,
      measured: null,
      detail: check.detail,
    })),
    ...content,
  ]
}

/** A file that declares COMPRESS and is not compressed after all is its own content. */
const contentOfPlain = (file: ReadFacts): string | null =>
  file.checks.some(({ name }) => name === 'DECOMPRESSION') ? null : file.sha256

function brokenContent(file: ReadFacts, checks: Check[]): Reason[] {
  const failed = (name: CheckName): Check | undefined =>
    checks.find((check) => check.name === name && check.outcome === CheckOutcome.FAILED)
  const found: Reason[] = []
  const add = (code: keyof typeof BACKUP_REASONS, check: Check | undefined): void => {
    if (check) found.push(reason(code, Severity.FAILED, { subject: check.detail }))
  }
  if (file.stamp.size === 0) return [reason('EMPTY_FILE', Severity.FAILED)]
  if (file.expandsBeyond !== null) {
    return [
      reason('EXPANDS_TOO_FAR', Severity.FAILED, {
        value: Math.floor(file.expandsBeyond / file.stamp.size),
        limit: file.expandsBeyond,
      }),
    ]
  }
  add('DECOMPRESSION_FAILED', failed(CheckName.DECOMPRESSION))
  add('CONTENT_HASH_DIFFERS', failed(CheckName.CONTENT_SHA256))
  add('DUMP_INCOMPLETE', failed(CheckName.COMPLETION_MARK))
  add('TAR_CUT', failed(CheckName.TAR_END))
  add('DUMP_UNREADABLE', failed(CheckName.PG_RESTORE))
  add('DATABASE_DAMAGED', failed(CheckName.SQLITE_INTEGRITY))
  return found
}

/** A file that never came, or came damaged, may still come: only what is good, or failed at the agent, is closed. */
export const staysOpen = (status: BackupStatus | null): boolean =>
  status === null || status === BackupStatus.TRANSFER_INTEGRITY_FAILED

export interface JudgedRun {
  id: string
  status: BackupStatus | null
  reasons: Reason[]
  /** When all of it was here. */
  arrivedAt: Date
  /** What became of its file since; null = it lies where it should, or was deleted by rule. */
  fate: 'DAMAGED' | 'LOST' | null
}

export interface EntryFacts {
  runs: JudgedRun[]
  windowEndsAt: Date
  /** False = never MISSING: a time before the job was made, or while it was paused. */
  awaited: boolean
  /** Why the scanner cannot see what lies in the deposit; null = it can. */
  blind: string | null
}

export interface EntryVerdict {
  status: BackupStatus
  reasons: Reason[]
  judged: boolean
  bestRunId: string | null
}

const ORDER = [
  BackupStatus.SUCCESS,
  BackupStatus.HASH_MISMATCH,
  BackupStatus.TRANSFER_INTEGRITY_FAILED,
  BackupStatus.FAILED,
]

/** The verdict on one expected backup: the best of its runs wins; without any, the clock decides. */
export function judgeEntry({ runs: known, windowEndsAt, awaited, blind }: EntryFacts, now: Date): EntryVerdict {
  const runs = known.map(asItIsNow)
  const best = runs
    .filter((run) => run.status !== null)
    .toSorted((a, b) => rank(a) - rank(b) || b.arrivedAt.getTime() - a.arrivedAt.getTime() || (a.id < b.id ? 1 : -1))[0]
  if (best?.status) {
    const reasons = [...best.reasons]
    if (isGood(best.status)) {
      const late = best.arrivedAt.getTime() - windowEndsAt.getTime()
      if (late > 0) reasons.push(reason('ARRIVED_LATE', Severity.INFO, { value: Math.ceil(late / MINUTE) }))
      const others = runs.filter((run) => run.status !== null && !isGood(run.status)).length
      if (others > 0) reasons.push(reason('OTHER_RUN_FAILED', Severity.WARNING, { value: others }))
    }
    return { status: best.status, reasons, judged: true, bestRunId: best.id }
  }
  const waiting = runs.toSorted((a, b) => b.arrivedAt.getTime() - a.arrivedAt.getTime())[0] ?? null
  const unknown = { status: BackupStatus.UNKNOWN, judged: false, bestRunId: waiting?.id ?? null }
  // A report that came after the grace, and whose file is awaited, does not undo that nothing had come in time.
  const inTime = runs.some(({ arrivedAt }) => arrivedAt <= windowEndsAt)
  if (!awaited || now < windowEndsAt) return { ...unknown, reasons: waiting?.reasons ?? [] }
  if (blind !== null) return { ...unknown, reasons: [reason('SCANNER_BLIND', Severity.WARNING, { subject: blind })] }
  if (!waiting || !inTime)
    return {
      status: BackupStatus.MISSING,
      reasons: [reason('NOTHING_CAME', Severity.FAILED), ...(waiting?.reasons ?? [])],
      judged: true,
      bestRunId: waiting?.id ?? null,
    }
  if (now.getTime() < windowEndsAt.getTime() + respiteOf(waiting)) return { ...unknown, reasons: waiting.reasons }
  // Every waiting ends with the grace: what is not proven by then is a verdict, with what it waits for.
  return {
    status: BackupStatus.TRANSFER_INTEGRITY_FAILED,
    reasons: [reason('NOT_SETTLED', Severity.FAILED), ...waiting.reasons],
    judged: true,
    bestRunId: waiting.id,
  }
}

/** A file without a declared hash must keep still for a minute: that minute may reach past the grace. */
const CALM_BY = 30 * MINUTE
/** A file that is here in time, and is being read or copied: a terabyte takes hours. Later than this somebody is told. */
const PROVEN_BY = 6 * HOUR

/** How long after the grace a file that is here may still be unproven, in milliseconds. */
function respiteOf({ reasons }: JudgedRun): number {
  if (reasons[0]?.code === 'FILE_VERIFYING' || reasons[0]?.code === 'FILE_MOVING') return PROVEN_BY
  return reasons[0]?.code === 'HASH_NOT_DECLARED' ? CALM_BY : 0
}

/** A good run whose file was found damaged, or is gone, is good no more. */
const asItIsNow = (run: JudgedRun): JudgedRun =>
  run.fate === null || run.status === null || !isGood(run.status)
    ? run
    : {
        ...run,
        status: BackupStatus.FAILED,
        reasons: [reason(run.fate === 'LOST' ? 'FILE_GONE' : 'FILE_DAMAGED', Severity.FAILED)],
      }

const rank = ({ status }: JudgedRun): number => (status === null ? ORDER.length : ORDER.indexOf(status))
