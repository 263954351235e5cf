import { deflateRawSync } from 'node:zlib'
import { sql } from 'kysely'
import type { EntityManager } from '../database/database.ts'
import {
  columnsOf,
  decodeRows,
  insertNumbered,
  insertRows,
  type Row,
  saveRows,
  selectRows,
  updateRow,
} from '../database/rows.ts'
import { EventCause, EventType } from '../events/event.entity.ts'
import type { Tell } from '../events/told.ts'
import type { ReportTimes } from '../inventory/inventory.ts'
import { DAY } from '../platform/clock.ts'
import { newId } from '../platform/id.ts'
import { type Baseline, baselinesOf } from './baseline.ts'
import { DiskStay } from './disk-stay.entity.ts'
import { DiskType, ReadingOutcome, ReadingSource } from './disk-words.ts'
import { Disk } from './disk.entity.ts'
import { Health, HEALTH_RANK, HEALTH_SEVERITY, type Reason, Severity, type Verdict } from './health.ts'
import { identify, serialKey, wwnKey } from './identity.ts'
import { countersOf, judge, RULES_VERSION } from './judge.ts'
import { place } from './placement.ts'
import { reason } from './rules/rule.ts'
import { goodSince } from './shown-health.ts'
import type { DiskSighting, Reading } from './sighting.ts'
import { withStanding } from './standing.ts'
import { SmartDocument } from './smart-document.entity.ts'
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

  notes: string[]
}

/** One disk of a report, with every path on which it was seen (multipath). */
interface Sighted {
  sighting: DiskSighting
  labels: string[]
  disk: { row: DiskRow; added: boolean }
}

/** Records the disks of one report inside of its transaction: who they are, where they are, how they are. */
export class DiskRecorder {
  constructor(
    private readonly em: EntityManager,
    private readonly tell: Tell,
    /** Whether a machine has fallen silent. */
    private readonly silent: (machineIds: string[]) => Promise<Set<string>>,
  ) {}

  /** Returns the disk of each sighting by the sighting's label. */
  async record(report: DiskReport): Promise<Map<string, string>> {
    const known = await this.candidates(report)
    const sighted = this.recognise(report, known)
    const rows = [...new Set(sighted.map(({ disk }) => disk.row))]
    const existing = rows.filter((row) => known.includes(row)).map((row) => row.id)
    const stays = await this.staysOf([...existing, ...known.filter((row) => row.conflictSince).map((row) => row.id)])
    const baselines = await baselinesOf(this.em, existing, report.times.at)
    const silent = await this.silentRivals(stays, report.machineId)

    const snapshots: Partial<Row<Snapshot>>[] = []
    const documents: Row<SmartDocument>[] = []
    const changed = new Set<DiskRow>()
    const changedStays = new Set<StayRow>()
    for (const { sighting, disk } of sighted) {
      const before = visible(disk.row)
      const current = this.settle(report, sighting, disk, stays, silent, changedStays)
      const baseline = baselines.get(disk.row.id) ?? { month: null, week: null }
      if (sighting.reading) this.read(report, sighting, sighting.reading, disk, current, baseline, snapshots, documents)
      else if (current) this.keepVerdict(report, disk.row, withStanding(disk.row, sighting.standing), false, disk.added)
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

  /** Every disk that a sighting may mean, and every one that is said to be in this machine. */
  private async candidates({ machineId, disks }: DiskReport): Promise<DiskRow[]> {
    const serials = disks.flatMap(({ evidence }) => serialKey(evidence.serial) ?? [])
    const wwns = disks.flatMap(({ evidence }) => wwnKey(evidence.wwn) ?? [])
    const weak = disks.filter(isWeak).map((sighting) => weakKeyOf(machineId, sighting))
    // A disk in conflict is said to be in the other machine, and has its stay here all the same.
    const conditions = [
      sql`machine_id = ${machineId}`,
      sql`id in (select disk_id from disk_stay where machine_id = ${machineId} and until is null)`,
    ]
    if (serials.length) conditions.push(sql`serial_key in (${sql.join(serials)})`)
    if (wwns.length) conditions.push(sql`wwn in (${sql.join(wwns)})`)
    if (weak.length) conditions.push(sql`weak_key in (${sql.join(weak)})`)
    const found = await sql<Record<string, unknown>>`select ${sql.raw(columnsOf(this.em, Disk))} from disk
      where ${sql.join(conditions, sql` or `)} order by id`.execute(this.em.getKysely())
    return decodeRows(this.em, Disk, found.rows)
  }

  /** Finds or makes the disk of each sighting. One disk on two paths (multipath) is one sighting. */
  private recognise(report: DiskReport, known: DiskRow[]): Sighted[] {
    const all = [...known]
    const taken = new Map<DiskRow, Sighted>()
    return report.disks.flatMap((sighting) => {
      const strong = serialKey(sighting.evidence.serial) ?? wwnKey(sighting.evidence.wwn)
      const weakKey = strong ? null : weakKeyOf(report.machineId, sighting)
      const found = strong
        ? identify(
            sighting.evidence,
            all.filter((row) => !row.weak),
          )
        : (all.find((row) => row.weakKey === weakKey) ?? null)
      const first = found && taken.get(found)
      if (first) {
        report.notes.push(
          `${sighting.label} is the same disk as ${first.sighting.label} (${found.serial ?? found.wwn}).`,
        )
        // Of two paths the one that could be read counts.
        if (first.sighting.reading?.outcome !== ReadingOutcome.READ && sighting.reading)
          first.sighting = { ...first.sighting, reading: sighting.reading }
        first.labels.push(sighting.label)
        return []
      }
      const row = found ?? newDisk(report, sighting, weakKey)
      const sighted: Sighted = { sighting, labels: [sighting.label], disk: { row, added: !found } }
      taken.set(row, sighted)
      if (!found) all.push(row)
      return [sighted]
    })
  }

  private async staysOf(diskIds: string[]): Promise<Map<string, StayRow[]>> {
    const rows = await selectRows(this.em, DiskStay, 'disk', [...new Set(diskIds)])
    const stays = new Map<string, StayRow[]>()
    for (const row of rows) stays.set(row.disk, [...(stays.get(row.disk) ?? []), row])
    return stays
  }

  private async silentRivals(stays: Map<string, StayRow[]>, machineId: string): Promise<Set<string>> {
    const rivals = [...stays.values()].flat().filter((stay) => stay.until === null && stay.machine !== machineId)
    return rivals.length ? this.silent([...new Set(rivals.map((stay) => stay.machine))]) : new Set()
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
    snapshots: Partial<Row<Snapshot>>[],
    documents: Row<SmartDocument>[],
  ): void {
    const { facts, outcome, reported } = reading
    const { at, collectedAt } = report.times
    const verdict = withStanding(verdictOf(reading, row, baseline, report.times.at), sighting.standing)
    const isRead = outcome === ReadingOutcome.READ
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
    const counter = (id: number): number | null => facts?.attributes.find((entry) => entry.id === id)?.raw ?? null
    const scsi = facts?.scsi
    const uncorrected =
      scsi && (scsi.readUncorrected ?? scsi.writeUncorrected) !== null
        ? (scsi.readUncorrected ?? 0) + (scsi.writeUncorrected ?? 0)
        : null
    snapshots.push({
      disk: row.id,
      machine: report.machineId,
      device: row.device,
      collectedAt,
      at,
      outcome,
      cause: reading.cause?.slice(0, 500) ?? null,
      source: reading.source,
      health: verdict.health,
      reasons: verdict.reasons,
      rulesVersion: RULES_VERSION,
      reportedStatus: reported?.status ?? null,
      reportedLabel: reported?.label ?? null,
      reportedDetail: reported?.detail ?? null,
      temperature: facts?.temperature ?? null,
      powerOnHours: facts?.powerOnHours ?? null,
      reallocated: facts ? (counter(5) ?? scsi?.grownDefects ?? null) : null,
      pending: counter(197),
      uncorrectable: counter(198) ?? uncorrected,
      percentageUsed: facts?.percentageUsed ?? null,
      mediaErrors: facts?.nvme?.mediaErrors ?? null,
      counters: facts && isRead ? countersOf(facts) : null,
      document,
    })
    if (!current) return
    this.keepVerdict(report, row, verdict, isRead, added)
  }

  private keepVerdict(
    report: DiskReport,
    row: DiskRow,
    { health, reasons }: Verdict,
    isRead: boolean,
    added: boolean,
  ): void {
    const from = added ? null : row.health
    if (health !== row.health && !(added && HEALTH_RANK[health] < HEALTH_RANK.WARNING)) {
      this.tell.event({
        ...this.about(report, row),
        type: EventType.HEALTH_CHANGED,
        severity: HEALTH_SEVERITY[health],
        from,
        to: health,
        facts: { reasons },
      })
    }
    Object.assign(row, { health, reasons, rulesVersion: RULES_VERSION })
    if (isRead) row.lastReadAt = report.times.at
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

/** No identifier of its own: it is known by where it sits. */
const isWeak = ({ evidence }: DiskSighting): boolean => !serialKey(evidence.serial) && !wwnKey(evidence.wwn)

const weakKeyOf = (machineId: string, { place, capacityBytes }: DiskSighting): string =>
  `${machineId}|${place}|${capacityBytes ?? '?'}`

function newDisk(report: DiskReport, sighting: DiskSighting, weakKey: string | null): DiskRow {
  const { at } = report.times
  return {
    id: newId(),
    ...describe(sighting, null),
    weak: weakKey !== null,
    weakKey,
    machine: report.machineId,
    firstMachine: report.machineId,
    health: Health.UNKNOWN,
    reasons: [],
    rulesVersion: RULES_VERSION,
    label: null,
    firstSeenAt: at,
    lastSeenAt: at,
    lastReadAt: null,
    missingSince: null,
    conflictSince: null,
    lastSnapshot: null,
    lastDocument: null,
    documentMeaning: null,
    documentAt: null,
    archivedAt: null,
  }
}

/** What a sighting tells of a disk; what it does not tell, or tells worse than was known, stays as it was. */
function describe(sighting: DiskSighting, known: DiskRow | null) {
  const { evidence, thorough } = sighting
  const better = <T>(told: T | null, before: T | null | undefined): T | null =>
    (thorough ? (told ?? before) : (before ?? told)) ?? null
  const wwn = wwnKey(evidence.wwn)
  // Behind another bridge or controller the same serial shows another WWN: the newest counts, the former stays an alias.
  const former = known?.wwn && wwn && known.wwn !== wwn ? [known.wwn] : []
  const type = sighting.type === DiskType.UNKNOWN ? null : sighting.type
  return {
    serial: better(serialKey(evidence.serial) ? (evidence.serial?.trim() ?? null) : null, known?.serial),
    serialKey: serialKey(evidence.serial) ?? known?.serialKey ?? null,
    model: better(evidence.model, known?.model),
    wwn: wwn ?? known?.wwn ?? null,
    aliases: [...new Set([...(known?.aliases ?? []), ...former, ...evidence.aliases])].slice(-20),
    type: better(type, known && known.type !== DiskType.UNKNOWN ? known.type : null) ?? DiskType.UNKNOWN,
    bus: sighting.bus ?? known?.bus ?? null,
    role: sighting.role,
    capacityBytes: better(sighting.capacityBytes, known?.capacityBytes),
    firmware: better(sighting.firmware, known?.firmware),
    rotationRpm: better(sighting.rotationRpm, known?.rotationRpm),
    device: sighting.device,
    path: sighting.path,
  }
}

/** Behind a controller only smartctl sees a disk; what it was not asked for is not missing. */
const couldBeSeen = (row: DiskRow, complete: DiskReport['complete']): boolean =>
  complete.kernel && (complete.controllers || !/ \[.+\]$/.test(row.path ?? ''))

/** The verdict of a reading. Asleep or unreadable keeps the last one, with its age. */
function verdictOf(reading: Reading, row: DiskRow, baseline: Baseline, at: Date): Verdict {
  const { facts, findings, outcome, cause } = reading
  const presentCodes = row.reasons.map(({ code }) => code)
  const judged = facts
    ? judge({ facts, type: row.type, before: baseline.month, beforeWeek: baseline.week, presentCodes, findings })
    : { health: Health.UNKNOWN, reasons: findings }
  const kept = { health: row.health, reasons: row.reasons }
  if (outcome === ReadingOutcome.READ) {
    // A script's word does not better what the agent has read for itself within two days.
    const agentRead = row.documentAt !== null && row.documentAt >= goodSince(at)
    const milder = HEALTH_RANK[judged.health] < HEALTH_RANK[row.health]
    return reading.source === ReadingSource.SCRIPT && agentRead && milder ? kept : judged
  }
  if (row.lastReadAt) return kept
  if (judged.health === Health.UNSUPPORTED || HEALTH_RANK[judged.health] >= HEALTH_RANK.WARNING) return judged
  return { health: Health.UNKNOWN, reasons: [reason('NEVER_READ', Severity.INFO, null, null, cause)] }
}

// Temperature and age move with every reading; they alone are no change of a disk.
const MOVING: Reason['code'][] = ['TEMPERATURE_HIGH', 'TEMPERATURE_CRITICAL', 'POWER_ON_OLD']

/** What subscribers see of a disk, without what moves with every reading: equal text = no change. */
function visible(row: DiskRow): string {
  const reasons = row.reasons.map(({ code, severity, value, limit, subject }) =>
    [code, severity, MOVING.includes(code) ? '' : value, limit, subject].join(' '),
  )
  return [
    ...[row.serial, row.model, row.wwn, row.type, row.bus, row.role, row.capacityBytes, row.firmware, row.rotationRpm],
    ...[row.machine, row.device, row.path, row.health, row.label, row.aliases.length],
    ...[row.missingSince?.getTime(), row.conflictSince?.getTime(), row.archivedAt?.getTime()],
    ...reasons,
  ].join('|')
}
