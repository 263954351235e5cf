import { newId } from '../platform/id.ts'
import { DiskType } from './disk-words.ts'
import type { DiskRow } from './changes.ts'
import type { DiskReport } from './disk-report.ts'
import { Health } from './health.ts'
import { type Reason } from '../reasons/reason.ts'
import { RULES_VERSION } from './judge.ts'
import type { DiskSighting } from './sighting.ts'

// What a sighting makes of the row of a disk. Pure: the recorder stores it.

/** What is known of a disk without a number of its own: another model at the same place is another disk. */
export const weakKeyOf = (machineId: string, { place, capacityBytes, evidence }: DiskSighting): string =>
  `${machineId}|${place}|${capacityBytes ?? '?'}|${evidence.model ?? ''}`

export function newDisk(report: DiskReport, sighting: DiskSighting, weakKey: string | null): DiskRow {
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
    accepted: [],
    rulesVersion: RULES_VERSION,
    label: null,
    note: null,
    tags: [],
    firstSeenAt: at,
    lastSeenAt: at,
    lastReadAt: null,
    failedReadings: 0,
    unreadableSince: null,
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
export function describe(sighting: DiskSighting, known: DiskRow | null) {
  const { evidence, thorough } = sighting
  const better = <T>(told: T | null, before: T | null | undefined): T | null =>
    (thorough ? (told ?? before) : (before ?? told)) ?? null
  const { serialKey, kernelKey, wwnKey: wwn } = evidence
  // Behind another bridge or controller the same serial shows another WWN: the newest counts, the former stays an alias.
  const former = known?.wwn && wwn && known.wwn !== wwn ? [known.wwn] : []
  const type = sighting.type === DiskType.UNKNOWN ? null : sighting.type
  const isLost = lostCapacity(sighting, known) !== null
  // A disk without a number is a hypervisor's: what the kernel says of it is the newest.
  const size = known?.weak
    ? (sighting.capacityBytes ?? known.capacityBytes)
    : better(sighting.capacityBytes, known?.capacityBytes)
  // An NVMe controller answers for the disk that it lost.
  const node = isLost && !sighting.shown && known ? known : sighting
  return {
    serial: better(serialKey ? (evidence.serial?.trim() ?? null) : null, known?.serial),
    serialKey: serialKey ?? known?.serialKey ?? null,
    kernelSerial: kernelKey ?? known?.kernelSerial ?? null,
    // Where udev was not asked, it sits where it sat.
    place: sighting.place === sighting.device ? (known?.place ?? sighting.place) : sighting.place,
    model: better(evidence.model, known?.model),
    wwn: wwn ?? known?.wwn ?? null,
    aliases: [...new Set([...(known?.aliases ?? []), ...former, ...evidence.aliases])].slice(-20),
    type: better(type, known && known.type !== DiskType.UNKNOWN ? known.type : null) ?? DiskType.UNKNOWN,
    bus: sighting.bus ?? known?.bus ?? null,
    role: sighting.located ? sighting.role : (known?.role ?? null),
    capacityBytes: isLost ? (known?.capacityBytes ?? null) : size,
    firmware: better(sighting.firmware, known?.firmware),
    rotationRpm: better(sighting.rotationRpm, known?.rotationRpm),
    device: node.device,
    path: node.path,
  }
}

/** Below this share of what it had a disk has lost room: a bridge may hide a few sectors, and no more. */
const KEPT = 0.9

/** What is left of a disk that had more room before: solid state dies so, with 0 bytes or some 20 MB. Null = it has its room, or that is not told. */
export function lostCapacity(
  { capacityBytes: now }: Pick<DiskSighting, 'capacityBytes'>,
  known: Pick<DiskRow, 'capacityBytes' | 'weak' | 'device'> | null,
): number | null {
  if (now === null || !known?.capacityBytes || known.weak) return null
  // Some are reached by smartctl alone: they never were block devices.
  if (now === 0 && !/^(sd[a-z]+|nvme\d+n\d+|hd[a-z])$/.test(known.device ?? '')) return null
  return now < KEPT * known.capacityBytes ? now : null
}

/** Behind a controller only smartctl sees a disk; what it was not asked for is not missing. */
export const couldBeSeen = (row: DiskRow, complete: DiskReport['complete']): boolean =>
  complete.kernel && (complete.controllers || !/ \[.+\]$/.test(row.path ?? ''))

// Temperature and age move with every reading; they alone are no change of a disk.
const MOVING: Reason['code'][] = ['STOPPED_ANSWERING', 'TEMPERATURE_HIGH', 'TEMPERATURE_CRITICAL', 'POWER_ON_OLD']

/** What subscribers see of a disk, without what moves with every reading: equal text = no change. */
export function visible(row: DiskRow): string {
  const reasons = row.reasons.map(({ code, severity, value, limit, subject, acceptedAt }) =>
    [code, severity, MOVING.includes(code) ? '' : value, limit, subject, acceptedAt].join(' '),
  )
  return [
    row.serial,
    row.model,
    row.wwn,
    row.type,
    row.bus,
    row.role,
    row.capacityBytes,
    row.firmware,
    row.rotationRpm,
    row.machine,
    row.device,
    row.path,
    row.health,
    row.label,
    row.aliases.length,
    row.missingSince?.getTime(),
    row.conflictSince?.getTime(),
    row.archivedAt?.getTime(),
    ...reasons,
  ].join('|')
}
