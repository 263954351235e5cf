import type { EntityManager } from '../database/database.ts'
import { findRows, insertNumbered, insertRows, saveRows, selectRows } from '../database/rows.ts'
import type { Tell } from '../events/outbox.ts'
import { silentMachines } from '../machines/silence.ts'
import { type Baseline, baselinesOf, NO_BASELINE, withOlderCounters } from './baseline.ts'
import { type DiskChange, type DiskRow, type Known, mendedDisk, mendedStay, type StayRow } from './changes.ts'
import { decideDisks } from './decide-disks.ts'
import type { DiskReport } from './disk-report.ts'
import { DiskStay } from './disk-stay.entity.ts'
import { ReadingOutcome } from './disk-words.ts'
import { Disk } from './disk.entity.ts'
import type { Verdict } from './health.ts'
import { countersOf } from './judge.ts'
import { recognise, type Sighted } from './recognition.ts'
import { isAnothersWord, rivalWords, wordOf } from './rival-words.ts'
import { SmartDocument } from './smart-document.entity.ts'
import { Snapshot } from './snapshot.entity.ts'

export interface RecordedDisks {
  /** The disk of each sighting, by the sighting's label. */
  ids: Map<string, string>
  notes: string[]
}

/**
 * Records the disks of one report inside of its transaction: reads what is known of them, lets it be decided who they are,
 * where they are and how they are (recognition.ts, decide-disks.ts), and writes that.
 */
export class DiskRecorder {
  constructor(
    private readonly em: EntityManager,
    private readonly tell: Tell,
  ) {}

  async record(report: DiskReport): Promise<RecordedDisks> {
    const loaded = await this.candidates(report)
    const { receivedAt } = report.times
    const rows = loaded.map((row) => mendedDisk(row, receivedAt))
    const recognised = recognise(report, rows)
    const sighted = recognised.sighted.filter((each) => isWanted(report, each))
    const leftOut = recognised.sighted.filter((each) => !sighted.includes(each)).map(inWords)

    const mended = rows.filter((row, index) => row !== loaded[index])
    const loadedStays = await this.staysOf(rows, sighted, mended)
    const stays = loadedStays.map((stay) => mendedStay(stay, receivedAt))
    const known = await this.known(report, sighted, stays)
    const changes = decideDisks(report, sighted, rows, known)

    await this.write(changes, {
      rows: [...mended, ...changes.filter(({ added, current }) => current && !added).map(({ row }) => row)],
      loaded: new Map(loaded.map((row) => [row.id, row])),
    })
    await this.writeStays(
      [...stays.filter((stay, index) => stay !== loadedStays[index]), ...changes.flatMap((each) => each.stays)],
      loadedStays,
    )
    for (const { row, shown, events } of changes) {
      if (shown) this.tell.disks.add(row.id)
      for (const event of events) this.tell.event(event)
    }
    const ids = new Map(sighted.flatMap(({ labels, disk }) => labels.map((label) => [label, disk.row.id] as const)))
    return { ids, notes: [...recognised.notes, ...leftOut] }
  }

  /** Every disk that a sighting may mean, and every one that is said to be in this machine. */
  private candidates({ machineId, disks }: DiskReport): Promise<DiskRow[]> {
    const keysOf = (pick: (sighting: DiskReport['disks'][number]) => (string | null)[]): string[] =>
      disks.flatMap(pick).filter((key): key is string => key !== null)
    const serials = keysOf(({ evidence }) => [evidence.serialKey, evidence.kernelKey])
    const wwns = keysOf(({ evidence }) => [evidence.wwnKey])
    const bridges = keysOf(({ bus, evidence }) => (bus === 'usb' ? [evidence.kernelKey] : []))
    return findRows(this.em, Disk, (query) =>
      query
        .where((eb) =>
          eb.or([
            eb('machine', '=', machineId),
            // A disk in conflict is said to be in the other machine, and has its stay here all the same.
            eb(
              'id',
              'in',
              eb.selectFrom('DiskStay').select('disk').where('machine', '=', machineId).where('until', 'is', null),
            ),
            ...(serials.length ? [eb('serialKey', 'in', serials)] : []),
            ...(bridges.length ? [eb('kernelSerial', 'in', bridges)] : []),
            ...(wwns.length ? [eb('wwn', 'in', wwns)] : []),
          ]),
        )
        .orderBy('id'),
    )
  }

  private staysOf(
    rows: readonly DiskRow[],
    sighted: readonly Sighted[],
    mended: readonly DiskRow[],
  ): Promise<StayRow[]> {
    const asked = [
      ...mended,
      ...sighted.filter(({ disk }) => !disk.added).map(({ disk }) => disk.row),
      ...rows.filter((row) => row.conflictSince),
    ]
    return selectRows(this.em, DiskStay, 'disk', [...new Set(asked.map(({ id }) => id))])
  }

  private async known(report: DiskReport, sighted: readonly Sighted[], stays: readonly StayRow[]): Promise<Known> {
    const { machineId, times } = report
    const byDisk = Map.groupBy(stays, ({ disk }) => disk)
    const rivals = stays.filter((stay) => stay.until === null && stay.machine !== machineId)
    const existing = sighted.filter(({ disk }) => !disk.added)
    return {
      stays: byDisk,
      silent: await silentMachines(this.em, [...new Set(rivals.map((stay) => stay.machine))], times.receivedAt),
      baselines: await this.baselines(report, existing),
      rivals: await rivalWords(this.em, byDisk, machineId, times.receivedAt),
      own: await this.ownWords(
        existing.map(({ disk }) => disk.row),
        machineId,
      ),
    }
  }

  /** What each disk counted before, of all that its new reading counts. */
  private async baselines({ times }: DiskReport, existing: readonly Sighted[]): Promise<Map<string, Baseline>> {
    const ids = existing.map(({ disk }) => disk.row.id)
    const baselines = await baselinesOf(this.em, ids, times.at)
    for (const { sighting, disk } of existing) {
      const { reading } = sighting
      if (!reading?.facts || reading.outcome !== ReadingOutcome.READ) continue
      const { id } = disk.row
      const found = baselines.get(id) ?? NO_BASELINE
      baselines.set(id, await withOlderCounters(this.em, id, found, countersOf(reading.facts), times.at))
    }
    return baselines
  }

  /** What this machine said itself of disks of which another's word is shown: its own findings are kept, not that. */
  private async ownWords(rows: readonly DiskRow[], machineId: string): Promise<Map<string, Verdict>> {
    const words = new Map<string, Verdict>()
    for (const { id, reasons } of rows) {
      const word = isAnothersWord(reasons) ? await wordOf(this.em, id, machineId) : null
      if (word) words.set(id, { health: word.health, reasons: word.reasons })
    }
    return words
  }

  /** Disks point to their newest snapshot and document, which point to the disk: new disks come first, and point later. */
  private async write(
    changes: readonly DiskChange[],
    { rows, loaded }: { rows: readonly DiskRow[]; loaded: ReadonlyMap<string, DiskRow> },
  ): Promise<void> {
    const added = changes.filter((change) => change.added).map(({ row }) => row)
    const pointing = added.map((row) => ({ ...row, lastDocument: null, lastSnapshot: null }))
    await saveRows(this.em, Disk, pointing)
    await insertRows(
      this.em,
      SmartDocument,
      changes.flatMap(({ document }) => document ?? []),
    )
    const snapshots = changes.flatMap(({ snapshot }) => snapshot ?? [])
    const numbers = await insertNumbered(this.em, Snapshot, snapshots, 'disk')
    const current = new Set(changes.filter((change) => change.current).map(({ row }) => row.id))
    const held = new Map([...loaded, ...pointing.map((row) => [row.id, row] as const)])
    const saved = [...rows, ...added].map((row) => {
      const lastSnapshot = (current.has(row.id) ? numbers.get(row.id) : undefined) ?? row.lastSnapshot
      return Object.assign(held.get(row.id) as DiskRow, row, { lastSnapshot })
    })
    await saveRows(this.em, Disk, [...new Set(saved)])
  }

  private writeStays(stays: readonly StayRow[], loaded: readonly StayRow[]): Promise<void> {
    const known = new Map(loaded.map((stay) => [stay.id, stay]))
    const saved = new Map<string, StayRow>()
    for (const stay of stays) saved.set(stay.id, Object.assign(saved.get(stay.id) ?? known.get(stay.id) ?? {}, stay))
    return saveRows(this.em, DiskStay, [...saved.values()])
  }
}

/** A script beside an agent adds readings of what the agent tells of. */
const isWanted = ({ readingsOnly, machineId }: DiskReport, { disk }: Sighted): boolean =>
  !readingsOnly || (!disk.added && disk.row.machine === machineId)

const inWords = ({ sighting }: Sighted): string =>
  `${sighting.label}: the agent of this machine does not tell of ${sighting.evidence.serial ?? 'it'}; it is left out.`
