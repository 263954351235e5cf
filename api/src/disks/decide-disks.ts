import { type DiskChange, type DiskRow, type Known } from './changes.ts'
import { decideHealth } from './decide-health.ts'
import { decideAbsent, decidePlace, decideSuperseded } from './decide-place.ts'
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
      const found = isSuperseded(row, sighted)
        ? decideSuperseded(report, row, known.stays.get(row.id) ?? [])
        : decideAbsent(report, row, known.stays.get(row.id) ?? [])
      return found ? [{ ...found, added: false, current: true, shown: true, snapshot: null, document: null }] : []
    }),
  ]
}

/** It was known by its bridge alone, and what sits there says now who it is: another disk that was known already. */
const isSuperseded = (row: DiskRow, sighted: readonly Sighted[]): boolean =>
  row.lastReadAt === null &&
  row.kernelSerial !== null &&
  row.serialKey === row.kernelSerial &&
  sighted.some(
    ({ sighting: { evidence, bus, place } }) =>
      bus === 'usb' &&
      evidence.kernelKey === row.kernelSerial &&
      evidence.serialKey !== null &&
      evidence.serialKey !== evidence.kernelKey &&
      place === row.place,
  )

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
