import { deflateRawSync } from 'node:zlib'
import type { EntityManager } from '../database/database.ts'
import { findRows, insertNumbered, insertRows, type Row, saveRows, selectRows, updateRow } from '../database/rows.ts'
import { EventCause, EventType } from '../events/event.entity.ts'
import type { Tell } from '../events/outbox.ts'
import type { ReportTimes } from '../machines/machine-sighting.ts'
import { silentMachines } from '../machines/silence.ts'
import { isFuture, DAY } from '../platform/clock.ts'
import { newId } from '../platform/id.ts'
import { withAccepted } from './accepted-findings.ts'
import { type Baseline, baselinesOf, NO_BASELINE, withOlderCounters } from './baseline.ts'
import { DiskStay } from './disk-stay.entity.ts'
import { ReadingOutcome } from './disk-words.ts'
import { Disk } from './disk.entity.ts'
import { HEALTH_RANK, HEALTH_SEVERITY, type Verdict } from './health.ts'
import { notReadAgain, type Reason, Severity } from '../reasons/reason.ts'
import { serialKey, wwnKey } from './identity.ts'
import { recognise, type Sighted } from './recognition.ts'
import { countersOf, RULES_VERSION } from './judge.ts'
import { place } from './placement.ts'
import type { DiskSighting, Reading } from './sighting.ts'
import { standingOf, withStanding } from './standing.ts'
import { SmartDocument } from './smart-document.entity.ts'
import { couldBeSeen, describe, visible } from './sighted-disk.ts'
import { isAnothersWord, type RivalWord, rivalWords, wordOf, worstWord } from './rival-words.ts'
import { readingRow } from './reading-row.ts'
import { verdictOf } from './reading-verdict.ts'
import { type Answering, answering, NOT_FAILED, readByAgent, TELLING } from './silent-disk.ts'
import { Snapshot } from './snapshot.entity.ts'

type DiskRow = Row<Disk>
type StayRow = Row<DiskStay>

export interface DiskReport {
  machineId: string
  hostname: string | null
  times: ReportTimes
  /** False for a report that is older than the machine's newest: it adds readings and nothing else. */
  newest: boolean
  disks: DiskSighting[]
  complete: { kernel: boolean; controllers: boolean }
  /** True for a script beside an agent: it adds readings of disks that the agent tells of, and nothing else. */
  readingsOnly: boolean
  notes: string[]
}

/** Times from when this server's own clock was ahead: what is told now is the newest all the same. */
function mendFuture(row: DiskRow, now: Date): boolean {
  const times = ['lastSeenAt', 'lastReadAt', 'missingSince', 'unreadableSince', 'conflictSince', 'documentAt'] as const
  const ahead = times.filter((time) => row[time] !== null && isFuture(row[time], now))
  // Equal times are in order: the report's own is the next.
  for (const time of ahead) row[time] = new Date(now.getTime() - 1000)
  return ahead.length > 0
}

function mendStay(stay: StayRow, now: Date): boolean {
  const isAhead = isFuture(stay.lastSeenAt, now) || isFuture(stay.since, now)
  if (isFuture(stay.lastSeenAt, now)) stay.lastSeenAt = new Date(now.getTime() - 1000)
  if (isFuture(stay.since, now)) stay.since = stay.lastSeenAt
  return isAhead
}

/** Records the disks of one report inside of its transaction: who they are, where they are, how they are. */
export class DiskRecorder {
  /** Disks of this report that were retired. */
  private readonly returned = new Set<DiskRow>()

  constructor(
    private readonly em: EntityManager,
    private readonly tell: Tell,
  ) {}

  /** Returns the disk of each sighting by the sighting's label. */
  async record(report: DiskReport): Promise<Map<string, string>> {
    const known = await this.candidates(report)
    const mended = known.filter((row) => mendFuture(row, report.times.receivedAt))
    const sighted = recognise(report, known).filter((each) => this.isWanted(report, each))
    const rows = [...new Set(sighted.map(({ disk }) => disk.row))]
    const existing = rows.filter((row) => known.includes(row)).map((row) => row.id)
    const stays = await this.staysOf([
      ...mended.map((row) => row.id),
      ...existing,
      ...known.filter((row) => row.conflictSince).map((row) => row.id),
    ])
    const baselines = await baselinesOf(this.em, existing, report.times.at)
    const silent = await this.silentRivals(stays, report)
    const rivals = await rivalWords(this.em, stays, report.machineId, report.times.receivedAt)
    const own = await this.ownWords(rows, report.machineId)

    const snapshots: Partial<Row<Snapshot>>[] = []
    const documents: Row<SmartDocument>[] = []
    const changed = new Set<DiskRow>(mended)
    const changedStays = new Set<StayRow>()
    for (const stay of [...stays.values()].flat()) if (mendStay(stay, report.times.receivedAt)) changedStays.add(stay)
    for (const { sighting, disk } of sighted) {
      const before = visible(disk.row)
      const current = this.settle(report, sighting, disk, stays, silent, changedStays)
      const baseline = await this.baselineOf(report, sighting, disk, baselines.get(disk.row.id) ?? NO_BASELINE)
      const words = rivals.get(disk.row.id) ?? []
      if (sighting.reading)
        this.read(report, sighting, sighting.reading, disk, current, baseline, { own, words }, snapshots, documents)
      else if (current)
        this.keepVerdict(
          report,
          disk.row,
          withStanding(disk.row, this.standing(report, sighting, disk.row)),
          false,
          disk.added,
        )
      if (current || disk.added) changed.add(disk.row)
      if (disk.added || visible(disk.row) !== before) this.tell.disks.add(disk.row.id)
    }
    if (report.newest) this.notePresence(report, known, rows, stays, changed, changedStays)

    // Disks point to their newest snapshot and document, which point to the disk: a new disk comes first, then again.
    for (const { disk } of sighted) {
      if (disk.added) await insertRows(this.em, Disk, [{ ...disk.row, lastDocument: null, lastSnapshot: null }])
    }
    await insertRows(this.em, SmartDocument, documents)
    const ids = await insertNumbered(this.em, Snapshot, snapshots, 'disk')
    for (const row of changed) row.lastSnapshot = ids.get(row.id) ?? row.lastSnapshot
    const added = new Set(sighted.filter(({ disk }) => disk.added).map(({ disk }) => disk.row))
    await saveRows(
      this.em,
      Disk,
      [...changed].filter((row) => !added.has(row)),
    )
    for (const { id, lastDocument, lastSnapshot } of added)
      await updateRow(this.em, Disk, id, { lastDocument, lastSnapshot })
    await saveRows(this.em, DiskStay, [...changedStays])
    return new Map(sighted.flatMap(({ labels, disk }) => labels.map((label) => [label, disk.row.id] as const)))
  }

  /** What the disk counted before, of all that its new reading counts. */
  private baselineOf(
    { times }: DiskReport,
    { reading }: DiskSighting,
    { row, added }: { row: DiskRow; added: boolean },
    baseline: Baseline,
  ): Promise<Baseline> | Baseline {
    if (added || !reading?.facts || reading.outcome !== ReadingOutcome.READ) return baseline
    return withOlderCounters(this.em, row.id, baseline, countersOf(reading.facts), times.at)
  }

  /** Every disk that a sighting may mean, and every one that is said to be in this machine. */
  private candidates({ machineId, disks }: DiskReport): Promise<DiskRow[]> {
    const serials = disks.flatMap(({ evidence }) =>
      [evidence.serial, evidence.kernelSerial].flatMap((serial) => serialKey(serial) ?? []),
    )
    const wwns = disks.flatMap(({ evidence }) => wwnKey(evidence.wwn) ?? [])
    const bridges = disks.flatMap(({ bus, evidence }) =>
      bus === 'usb' ? (serialKey(evidence.kernelSerial) ?? []) : [],
    )
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

  private isWanted(report: DiskReport, { sighting, disk }: Sighted): boolean {
    if (!report.readingsOnly || (!disk.added && disk.row.machine === report.machineId)) return true
    report.notes.push(
      `${sighting.label}: the agent of this machine does not tell of ${sighting.evidence.serial ?? 'it'}; it is left out.`,
    )
    return false
  }

  private async staysOf(diskIds: string[]): Promise<Map<string, StayRow[]>> {
    const rows = await selectRows(this.em, DiskStay, 'disk', [...new Set(diskIds)])
    const stays = new Map<string, StayRow[]>()
    for (const row of rows) stays.set(row.disk, [...(stays.get(row.disk) ?? []), row])
    return stays
  }

  private async silentRivals(stays: Map<string, StayRow[]>, { machineId, times }: DiskReport): Promise<Set<string>> {
    const rivals = [...stays.values()].flat().filter((stay) => stay.until === null && stay.machine !== machineId)
    return silentMachines(this.em, [...new Set(rivals.map((stay) => stay.machine))], times.receivedAt)
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

  /** Decides where the disk is now. False for a sighting that is older than what is known. */
  private settle(
    report: DiskReport,
    sighting: DiskSighting,
    { row, added }: { row: DiskRow; added: boolean },
    stays: Map<string, StayRow[]>,
    silent: Set<string>,
    changedStays: Set<StayRow>,
  ): boolean {
    const { machineId, times } = report
    const at = times.at
    // Where the disk is, and whether it is there at all, is the agent's to say.
    if (report.readingsOnly) return row.missingSince === null && row.archivedAt === null && at >= row.lastSeenAt
    const open = (): void => {
      const stay = {
        id: newId(),
        disk: row.id,
        machine: machineId,
        device: sighting.device,
        since: at,
        lastSeenAt: at,
        until: null,
      }
      stays.set(row.id, [...(stays.get(row.id) ?? []), stay])
      changedStays.add(stay)
    }
    if (added) {
      open()
      this.tell.event({
        ...this.about(report, row),
        type: EventType.DISK_ADDED,
        severity: Severity.INFO,
        to: machineId,
      })
      return true
    }
    const known = stays.get(row.id) ?? []
    const decision = place(
      known.map((stay) => ({ ...stay, machineId: stay.machine })),
      row.lastSeenAt,
      { machineId, at },
      { missing: row.missingSince !== null, silent: (id) => silent.has(id) },
    )
    if (decision.kind === 'LATE') return false
    const rowOf = (id: string): StayRow => known.find((stay) => stay.id === id) as StayRow
    const end = (ended: readonly { id: string }[]): void => {
      for (const { id } of ended) {
        const stay = rowOf(id)
        stay.until = stay.lastSeenAt
        changedStays.add(stay)
      }
    }
    if (decision.kind === 'STAYS') {
      const stay = rowOf(decision.stay.id)
      Object.assign(stay, { lastSeenAt: at, device: sighting.device })
      changedStays.add(stay)
      end(decision.ended)
      if (!decision.conflict) this.endConflict(report, row)
    } else if (decision.kind === 'MOVED') {
      end(decision.ended)
      open()
      this.endConflict(report, row)
      this.tell.event({
        ...this.about(report, row),
        type: EventType.DISK_MOVED,
        severity: Severity.INFO,
        from: decision.from.machineId,
        to: machineId,
        facts: { lastSeenAt: decision.from.lastSeenAt.toISOString(), device: sighting.device },
      })
    } else {
      open()
      if (!row.conflictSince) {
        row.conflictSince = at
        this.tell.event({
          ...this.about(report, row),
          type: EventType.DISK_IN_CONFLICT,
          severity: Severity.WARNING,
          from: decision.rival.machineId,
          to: machineId,
        })
      }
    }
    // A spooled report may tell of a time before the one at which the disk was found missing.
    const stillMissing = row.missingSince !== null && row.missingSince > at
    // Its alerts were closed when it was retired or gone missing: what stands is told anew.
    if (row.archivedAt) this.returned.add(row)
    if (row.archivedAt || (row.missingSince && !stillMissing)) Object.assign(row, NOT_FAILED)
    if ((row.missingSince || row.archivedAt) && !stillMissing) {
      this.tell.event({ ...this.about(report, row), type: EventType.DISK_BACK, severity: Severity.INFO, to: machineId })
    }
    Object.assign(row, {
      ...describe(sighting, row),
      machine: machineId,
      lastSeenAt: at,
      missingSince: stillMissing ? row.missingSince : null,
      archivedAt: null,
    })
    return true
  }

  private endConflict(report: DiskReport, row: DiskRow): void {
    if (!row.conflictSince) return
    row.conflictSince = null
    this.tell.event({
      ...this.about(report, row),
      type: EventType.DISK_CONFLICT_ENDED,
      severity: Severity.INFO,
      to: report.machineId,
    })
  }

  /** Judges and keeps one reading. A sighting out of order (`current` false) adds its snapshot and nothing else. */
  private read(
    report: DiskReport,
    sighting: DiskSighting,
    reading: Reading,
    { row, added }: { row: DiskRow; added: boolean },
    current: boolean,
    baseline: Baseline,
    { own, words }: { own: ReadonlyMap<string, Verdict>; words: readonly RivalWord[] },
    snapshots: Partial<Row<Snapshot>>[],
    documents: Row<SmartDocument>[],
  ): void {
    const { outcome } = reading
    const { at, collectedAt } = report.times
    const standing = this.standing(report, sighting, row)
    const before = { ...row, ...own.get(row.id) }
    const answers = report.readingsOnly ? row : answering(row, reading, at)
    const found = withStanding(verdictOf(reading, before, baseline, at, answers), standing)
    const isRead = outcome === ReadingOutcome.READ
    const { verdict, accepted } = withAccepted(found, row.accepted)
    let document = isRead ? row.lastDocument : null
    if (reading.document && outcome !== ReadingOutcome.ASLEEP) {
      const { text, meaning } = reading.document
      const same = row.documentMeaning === meaning
      const due = !row.documentAt || Math.abs(at.getTime() - row.documentAt.getTime()) >= DAY
      if (!same || due) {
        document = newId()
        documents.push({ id: document, disk: row.id, at, meaning, daily: same, content: deflateRawSync(text) })
        if (current) Object.assign(row, { lastDocument: document, documentMeaning: meaning, documentAt: at })
      }
    }
    snapshots.push({
      ...readingRow(reading, verdict),
      disk: row.id,
      machine: report.machineId,
      device: sighting.device,
      collectedAt,
      at,
      document,
    })
    if (!current) return
    if (isRead) row.accepted = accepted
    if (!report.readingsOnly) this.tellAnswering(report, row, answers, reading.cause)
    // What the agent read for itself was not judged anew by a script's word.
    const isJudged = isRead && !(report.readingsOnly && readByAgent(row, at))
    this.keepVerdict(report, row, worstWord(verdict, words), isJudged, added)
  }

  /** What pools say; what they said before where they could not be asked. */
  private standing({ readingsOnly }: DiskReport, { standing }: DiskSighting, row: DiskRow): Reason[] {
    if (readingsOnly) return standingOf(row.reasons)
    return standing ?? notReadAgain(standingOf(row.reasons), row.lastSeenAt)
  }

  private tellAnswering(report: DiskReport, row: DiskRow, answers: Answering, cause: string | null): void {
    const about = this.about(report, row)
    const facts = {
      ...about.facts,
      lastSeenAt: row.lastReadAt?.toISOString() ?? '',
      ...(cause ? { detail: cause } : {}),
    }
    if (row.failedReadings < TELLING && answers.failedReadings >= TELLING)
      this.tell.event({ ...about, type: EventType.DISK_STOPPED_ANSWERING, severity: Severity.WARNING, facts })
    if (row.failedReadings >= TELLING && answers.failedReadings === 0)
      this.tell.event({ ...about, type: EventType.DISK_ANSWERS, severity: Severity.INFO })
    Object.assign(row, { failedReadings: answers.failedReadings, unreadableSince: answers.unreadableSince })
  }

  private keepVerdict(report: DiskReport, row: DiskRow, found: Verdict, isRead: boolean, added: boolean): void {
    const { health, reasons } = withAccepted(found, row.accepted).verdict
    const isNew = added || this.returned.has(row)
    const from = isNew ? null : row.health
    if ((isNew || health !== row.health) && !(isNew && HEALTH_RANK[health] < HEALTH_RANK.WARNING)) {
      this.tell.event({
        ...this.about(report, row),
        type: EventType.HEALTH_CHANGED,
        severity: HEALTH_SEVERITY[health],
        from,
        to: health,
        facts: { reasons },
      })
    }
    Object.assign(row, { health, reasons })
    // What was not read was not judged either: the rules of that day judged it.
    if (isRead) Object.assign(row, { rulesVersion: RULES_VERSION, lastReadAt: report.times.at })
  }

  /** Disks of this machine that its newest report is without are missing; a conflict ends here, for the other machine has it. */
  private notePresence(
    report: DiskReport,
    known: DiskRow[],
    present: DiskRow[],
    stays: Map<string, StayRow[]>,
    changed: Set<DiskRow>,
    changedStays: Set<StayRow>,
  ): void {
    for (const row of known) {
      if (present.includes(row) || !couldBeSeen(row, report.complete)) continue

      const here = stays.get(row.id)?.find((stay) => stay.machine === report.machineId && stay.until === null)
      if (row.conflictSince && here) {
        here.until = here.lastSeenAt
        changedStays.add(here)
        const other = stays.get(row.id)?.findLast((stay) => stay.until === null)
        if (other) Object.assign(row, { machine: other.machine, device: other.device })
        this.endConflict(report, row)
      } else if (
        row.machine === report.machineId &&
        !row.missingSince &&
        !row.archivedAt &&
        report.times.at >= row.lastSeenAt
      ) {
        row.missingSince = report.times.at
        this.tell.event({
          ...this.about(report, row),
          type: EventType.DISK_MISSING,
          severity: Severity.WARNING,
          from: report.machineId,
          facts: { lastSeenAt: row.lastSeenAt.toISOString(), device: row.device },
        })
      } else continue
      changed.add(row)
      this.tell.disks.add(row.id)
    }
  }

  private about(report: DiskReport, row: DiskRow) {
    return {
      at: report.times.at,
      cause: EventCause.READING,
      machine: report.machineId,
      disk: row.id,
      facts: { hostname: report.hostname, device: row.device },
    }
  }
}
