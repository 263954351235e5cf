import type { Row } from '../database/rows.ts'
import type { Baseline } from './baseline.ts'
import { ReadingOutcome, ReadingSource } from './disk-words.ts'
import type { Disk } from './disk.entity.ts'
import { Health, HEALTH_RANK, type Verdict } from './health.ts'
import { Severity } from '../reasons/reason.ts'
import { judge } from './judge.ts'
import { reason } from './rules/rule.ts'
import type { Reading } from './sighting.ts'
import { type Answering, readByAgent, withAnswering } from './silent-disk.ts'
import { withUnread } from './unread-findings.ts'

/** The verdict of a reading. Asleep or unreadable keeps the last one, with its age. */
export function verdictOf(reading: Reading, row: Row<Disk>, history: Baseline, at: Date, answers: Answering): Verdict {
  const { facts, findings, outcome, cause } = reading
  const presentCodes = row.reasons.map(({ code }) => code)
  const judged = facts
    ? judge({ facts, type: row.type, at, history, presentCodes, findings })
    : { health: Health.UNKNOWN, reasons: findings }
  const kept = { health: row.health, reasons: row.reasons }
  if (outcome === ReadingOutcome.READ) {
    // A script adds its reading to what the agent has read for itself within two days, and changes no word of it.
    if (reading.source === ReadingSource.SCRIPT && readByAgent(row, at)) return withAnswering(kept, answers, cause)
    return withAnswering(
      withUnread(judged, row, facts),
      answers,
      cause ?? row.reasons.find(({ code }) => code === 'STOPPED_ANSWERING')?.subject ?? null,
    )
  }
  if (row.lastReadAt) return withAnswering(kept, answers, cause)
  if (judged.health === Health.UNSUPPORTED || HEALTH_RANK[judged.health] >= HEALTH_RANK.WARNING) return judged
  return { health: Health.UNKNOWN, reasons: [reason('NEVER_READ', Severity.INFO, null, null, cause)] }
}
