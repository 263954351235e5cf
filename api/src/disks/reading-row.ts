import type { Row } from '../database/rows.ts'
import { ReadingOutcome } from './disk-words.ts'
import type { Verdict } from './health.ts'
import { countersOf, RULES_VERSION } from './judge.ts'
import { usedPercent } from './rules/life.ts'
import type { Reading } from './sighting.ts'
import type { ScsiHealth } from './smart-facts.ts'
import type { Snapshot } from './snapshot.entity.ts'

const LONGEST_CAUSE = 500

/** A reading and its verdict as the columns of a snapshot. What was not read is null, never 0. */
export function readingRow(
  { facts, outcome, cause, source, reported }: Reading,
  { health, reasons }: Verdict,
): Partial<Row<Snapshot>> {
  const counter = (id: number): number | null => facts?.attributes.find((entry) => entry.id === id)?.raw ?? null
  return {
    outcome,
    cause: cause?.slice(0, LONGEST_CAUSE) ?? null,
    source,
    health,
    reasons,
    rulesVersion: RULES_VERSION,
    reportedStatus: reported?.status ?? null,
    reportedLabel: reported?.label ?? null,
    reportedDetail: reported?.detail ?? null,
    temperature: facts?.temperature ?? null,
    powerOnHours: facts?.powerOnHours ?? null,
    reallocated: counter(5) ?? facts?.scsi?.grownDefects ?? null,
    pending: counter(197),
    uncorrectable: counter(198) ?? uncorrected(facts?.scsi ?? null),
    percentageUsed: facts ? usedPercent(facts) : null,
    mediaErrors: facts?.nvme?.mediaErrors ?? null,
    counters: facts && outcome === ReadingOutcome.READ ? countersOf(facts) : null,
  }
}

function uncorrected(scsi: ScsiHealth | null): number | null {
  if (!scsi || (scsi.readUncorrected === null && scsi.writeUncorrected === null)) return null
  return (scsi.readUncorrected ?? 0) + (scsi.writeUncorrected ?? 0)
}
