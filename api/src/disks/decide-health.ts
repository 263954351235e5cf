import { deflateRawSync } from 'node:zlib'
import type { Row } from '../database/rows.ts'
import { EventType } from '../events/event.entity.ts'
import type { NewEvent } from '../events/outbox.ts'
import { CLOCK_TOLERANCE, DAY } from '../platform/clock.ts'
import { newId } from '../platform/id.ts'
import { notReadAgain, type Reason, Severity } from '../reasons/reason.ts'
import { withAccepted } from './accepted-findings.ts'
import { NO_BASELINE } from './baseline.ts'
import { about, type DiskRow, type Known } from './changes.ts'
import type { Placed } from './decide-place.ts'
import type { DiskReport } from './disk-report.ts'
import { ReadingOutcome } from './disk-words.ts'
import { HEALTH_RANK, HEALTH_SEVERITY, type Verdict } from './health.ts'
import { RULES_VERSION } from './judge.ts'
import { readingRow } from './reading-row.ts'
import { verdictOf } from './reading-verdict.ts'
import { worstWord } from './rival-words.ts'
import { reason } from './rules/rule.ts'
import { lostCapacity } from './sighted-disk.ts'
import type { DiskSighting, Reading } from './sighting.ts'
import { type Answering, answering, readByAgent, TELLING } from './silent-disk.ts'
import type { SmartDocument } from './smart-document.entity.ts'
import type { Snapshot } from './snapshot.entity.ts'
import { speakerOf, standingOf, withStanding } from './standing.ts'
import { graveNews } from './worsening.ts'

/** A disk, how it is now, and what is kept of its reading. */
export interface Judged {
  row: DiskRow
  /** Whether it says how the disk is now. */
  counts: boolean
  events: NewEvent[]
  snapshot: Partial<Row<Snapshot>> | null
  document: Row<SmartDocument> | null
}

/** What a report says of the health of a disk that it has placed. A sighting out of order adds its snapshot and nothing else. Pure. */
export function decideHealth(report: DiskReport, sighting: DiskSighting, placed: Placed, known: Known): Judged {
  const { row, current, isNew } = placed
  const standing = standingNow(report, sighting, row)
  if (!sighting.reading) {
    const nothing = { snapshot: null, document: null, counts: current }
    if (!current) return { row, events: [], ...nothing }
    return { ...keepVerdict(report, row, withStanding(row, standing), isNew), ...nothing }
  }
  const { reading } = sighting
  const { at } = report.times
  const answers = report.readingsOnly ? row : answering(row, reading, at)
  const history = known.baselines.get(row.id) ?? NO_BASELINE
  const before = { ...row, ...known.own.get(row.id) }
  const found = withStanding(verdictOf(reading, before, history, at, answers), standing)
  const { verdict, accepted } = withAccepted(found, row.accepted)
  const isRead = reading.outcome === ReadingOutcome.READ
  const document = newDocument(row, reading, at)
  const snapshot: Partial<Row<Snapshot>> = {
    ...readingRow(reading, verdict),
    disk: row.id,
    machine: report.machineId,
    device: sighting.device,
    collectedAt: report.times.collectedAt,
    at,
    document: document?.id ?? (isRead ? row.lastDocument : null),
  }
  const counts = current || (isRead && countsLate(report, row, verdict))
  if (!counts) return { row, events: [], snapshot, document, counts }
  const read: DiskRow = {
    ...row,
    ...(document ? { lastDocument: document.id, documentMeaning: document.meaning, documentAt: at } : {}),
    ...(isRead ? { accepted } : {}),
    ...(report.readingsOnly
      ? {}
      : { failedReadings: answers.failedReadings, unreadableSince: answers.unreadableSince }),
  }
  // What the agent read for itself was not judged anew by a script's word. What was not read was not judged either: the rules
  // of that day judged it.
  const isJudged = isRead && !(report.readingsOnly && readByAgent(read, at))
  const kept = keepVerdict(report, read, worstWord(verdict, known.rivals.get(row.id) ?? []), isNew)
  const answered = report.readingsOnly ? [] : answeringEvents(report, row, answers, reading.cause)
  return {
    row: isJudged ? { ...kept.row, rulesVersion: RULES_VERSION, lastReadAt: later(row.lastReadAt, at) } : kept.row,
    events: [...answered, ...kept.events],
    snapshot,
    document,
    counts,
  }
}

/**
 * A report of a moment before the last one that told of the disk still says how it is where that one read nothing of it. So
 * does a worse word of the last few minutes: a clock that was set back hides no failure.
 */
function countsLate({ machineId, times, readingsOnly }: DiskReport, row: DiskRow, { health }: Verdict): boolean {
  if (readingsOnly || row.machine !== machineId || row.missingSince !== null || row.archivedAt !== null) return false
  const behind = (row.lastReadAt?.getTime() ?? -Infinity) - times.at.getTime()
  return behind < 0 || (behind <= CLOCK_TOLERANCE && HEALTH_RANK[health] > HEALTH_RANK[row.health])
}

const later = (a: Date | null, b: Date): Date => (a !== null && a > b ? a : b)

/** What smartctl printed is kept where it means something new, and once a day. */
function newDocument(row: DiskRow, { document, outcome }: Reading, at: Date): Row<SmartDocument> | null {
  if (!document || outcome === ReadingOutcome.ASLEEP) return null
  const { text, meaning } = document
  const same = row.documentMeaning === meaning
  const due = !row.documentAt || Math.abs(at.getTime() - row.documentAt.getTime()) >= DAY
  if (same && !due) return null
  return { id: newId(), disk: row.id, at, meaning, daily: same, content: deflateRawSync(text) }
}

/** What pools, arrays and the kernel say, and what they said before and have not taken back. */
function standingNow({ readingsOnly }: DiskReport, sighting: DiskSighting, row: DiskRow): Reason[] {
  const { standing } = sighting
  const before = standingOf(row.reasons)
  if (readingsOnly) return before
  const left = lostCapacity(sighting, row)
  const lost = left === null ? [] : [reason('CAPACITY_LOST', Severity.AT_RISK, left, row.capacityBytes)]
  const isHeard = ({ code, subject }: Reason): boolean =>
    code === 'CAPACITY_LOST' ? sighting.capacityBytes !== null : standing.clears(speakerOf(subject ?? ''))
  const again = new Set(standing.said.map(({ subject }) => speakerOf(subject ?? '')))
  const kept = before.filter((said) => !isHeard(said) && !again.has(speakerOf(said.subject ?? '')))
  return [...standing.said, ...lost, ...notReadAgain(kept, row.lastSeenAt)]
}

function answeringEvents(report: DiskReport, row: DiskRow, answers: Answering, cause: string | null): NewEvent[] {
  const told = about(report, row)
  if (row.failedReadings < TELLING && answers.failedReadings >= TELLING) {
    const facts = {
      ...told.facts,
      lastSeenAt: row.lastReadAt?.toISOString() ?? '',
      ...(cause ? { detail: cause } : {}),
    }
    return [{ ...told, type: EventType.DISK_STOPPED_ANSWERING, severity: Severity.WARNING, facts }]
  }
  const answersAgain = row.failedReadings >= TELLING && answers.failedReadings === 0
  return answersAgain ? [{ ...told, type: EventType.DISK_ANSWERS, severity: Severity.INFO }] : []
}

function keepVerdict(
  report: DiskReport,
  row: DiskRow,
  found: Verdict,
  isNew: boolean,
): { row: DiskRow; events: NewEvent[] } {
  const { health, reasons } = withAccepted(found, row.accepted).verdict
  const isWorse = !isNew && health === row.health && graveNews(row.reasons, reasons).length > 0
  const isTold = isNew ? HEALTH_RANK[health] >= HEALTH_RANK.WARNING : health !== row.health || isWorse
  const changed = {
    ...about(report, row),
    type: EventType.HEALTH_CHANGED,
    severity: HEALTH_SEVERITY[health],
    from: isNew ? null : row.health,
    to: health,
    facts: { reasons, ...(isWorse ? { worse: true } : {}) },
  }
  return { row: { ...row, health, reasons }, events: isTold ? [changed] : [] }
}
