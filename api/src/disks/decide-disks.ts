import { type DiskChange, type DiskRow, type Known } from './changes.ts'
import { decideHealth } from './decide-health.ts'
import { decideAbsent, decidePlace } from './decide-place.ts'
import type { DiskReport } from './disk-report.ts'
import type { Sighted } from './recognition.ts'
import { couldBeSeen, visible } from './sighted-disk.ts'

/**
 * What one report makes of the disks that it tells of, and of those that it is without. Pure: the recorder reads what is
 * known before, and writes what comes out. `rows` are all that it may mean, or be without.
 */
export function decideDisks(
  report: DiskReport,
  sighted: readonly Sighted[],
  rows: readonly DiskRow[],
  known: Known,
): DiskChange[] {
  const present = new Set(sighted.map(({ disk }) => disk.row.id))
  const absent = report.newest ? rows.filter((row) => !present.has(row.id) && couldBeSeen(row, report.complete)) : []
  return [
    ...sighted.map((each) => decideDisk(report, each, known)),
    ...absent.flatMap((row) => {
      const found = decideAbsent(report, row, known.stays.get(row.id) ?? [])
      return found ? [{ ...found, added: false, current: true, shown: true, snapshot: null, document: null }] : []
    }),
  ]
}

function decideDisk(report: DiskReport, each: Sighted, known: Known): DiskChange {
  const { disk, sighting } = each
  const placed = decidePlace(report, each, known)
  const { counts, ...judged } = decideHealth(report, sighting, placed, known)
  return {
    ...judged,
    added: disk.added,
    current: placed.current || counts,
    shown: disk.added || visible(judged.row) !== visible(disk.row),
    stays: placed.stays,
    events: [...placed.events, ...judged.events],
  }
}
