import { NO_BASELINE } from './baseline.ts'
import { ReadingOutcome } from './disk-words.ts'
import type { DiskRow } from './changes.ts'
import type { DiskReport } from './disk-report.ts'
import { HEALTH_RANK } from './health.ts'
import { type IdentityEvidence, identify, sameModel } from './identity.ts'
import { judge } from './judge.ts'
import type { DiskSighting, Reading } from './sighting.ts'
import { newDisk, weakKeyOf } from './sighted-disk.ts'

// Which disk each sighting of a report means. Pure: the recorder stores what comes out.

/** One disk of a report, with every path on which it was seen (multipath, namespaces of one NVMe). */
export interface Sighted {
  sighting: DiskSighting
  labels: string[]
  /** `gainsIdentity`: it was known by its place or its bridge, now says who it is, and stays the same disk. */
  disk: { row: DiskRow; added: boolean; gainsIdentity: boolean }
}

/**
 * Finds or makes the disk of each sighting. Those that say themselves who they are come first: what is known by its bridge
 * or its place alone takes what is left.
 */
export function recognise(report: DiskReport, known: readonly DiskRow[]): { sighted: Sighted[]; notes: string[] } {
  const notes: string[] = []
  const taken = new Map<DiskRow, Sighted>()
  const found: Sighted[] = []
  const own = report.disks.filter(tellsItself)
  const candidates = new Candidates(known)
  for (const sighting of [...own, ...report.disks.filter((each) => !tellsItself(each))]) {
    const { row, seen } = rowOf(report, sighting, candidates.of(report, sighting), taken)
    if (seen) {
      notes.push(`${sighting.label} is the same disk as ${seen.sighting.label} (${row?.serial ?? row?.wwn}).`)
      seen.sighting = united(seen.sighting, sighting)
      seen.labels.push(sighting.label)
      continue
    }
    // What the kernel does not show, or shows without any room, is a new disk only where it says who it is: it may be one
    // that is known, an empty slot of a controller or of a card reader.
    if (!row && !hasIdentity(sighting) && (!sighting.shown || sighting.capacityBytes === 0)) {
      notes.push(`${sighting.label}: lsblk did not tell which disk it is; it is left out of this report.`)
      continue
    }
    const disk = row
      ? { row, added: false, gainsIdentity: row.weak && isNumbered(sighting.evidence) }
      : { row: make(report, sighting), added: true, gainsIdentity: false }
    const sighted: Sighted = { sighting, labels: [sighting.label], disk }
    taken.set(disk.row, sighted)
    found.push(sighted)
    if (disk.added) candidates.add(disk.row)
  }
  const order = new Map(report.disks.map((sighting, index) => [sighting.label, index]))
  const sighted = found.sort((a, b) => (order.get(a.sighting.label) ?? 0) - (order.get(b.sighting.label) ?? 0))
  return { sighted, notes }
}

/** The rows that a sighting may mean: those that share a number, a name or a place with it. A report may tell of 10,000 disks. */
class Candidates {
  private readonly order = new Map<DiskRow, number>()
  private readonly byKey = new Map<string, DiskRow[]>()

  constructor(known: readonly DiskRow[]) {
    for (const row of known) this.add(row)
  }

  add(row: DiskRow): void {
    this.order.set(row, this.order.size)
    const { machine, serialKey, kernelSerial, wwn, place, device, weakKey } = row
    const keys = keysOf(machine, { serials: [serialKey, kernelSerial], wwn, place, device, weakKey })
    for (const key of keys) {
      const same = this.byKey.get(key)
      if (same) same.push(row)
      else this.byKey.set(key, [row])
    }
  }

  of({ machineId }: DiskReport, sighting: DiskSighting): DiskRow[] {
    const { evidence, place, device } = sighting
    const keys = keysOf(machineId, {
      serials: [evidence.serialKey, evidence.kernelKey],
      wwn: evidence.wwnKey,
      place,
      device,
      weakKey: weakKeyOf(machineId, sighting),
    })
    const rows = new Set([...keys].flatMap((key) => this.byKey.get(key) ?? []))
    return [...rows].sort((a, b) => (this.order.get(a) ?? 0) - (this.order.get(b) ?? 0))
  }
}

interface Names {
  serials: readonly (string | null)[]
  wwn: string | null
  place: string | null
  device: string | null
  weakKey: string | null
}

const keysOf = (machine: string, { serials, wwn, place, device, weakKey }: Names): Set<string> =>
  new Set([
    ...serials.flatMap((serial) => (serial === null ? [] : `serial ${serial}`)),
    ...(wwn === null ? [] : [`wwn ${wwn}`]),
    ...(place === null ? [] : [`place ${machine} ${place}`]),
    ...(device === null ? [] : [`device ${machine} ${device}`]),
    ...(weakKey === null ? [] : [`weak ${weakKey}`]),
  ])

/** The disk's own serial number or name, read from it. What the kernel tells of a USB disk may be its bridge's. */
const tellsItself = ({ evidence }: DiskSighting): boolean => evidence.serialKey !== null

/** Whether it has a number of its own. */
const isNumbered = ({ serialKey, wwnKey }: IdentityEvidence): boolean => (serialKey ?? wwnKey) !== null

const hasIdentity = ({ evidence }: DiskSighting): boolean => isNumbered(evidence) || evidence.kernelKey !== null

const sameSize = (row: DiskRow, { capacityBytes }: DiskSighting): boolean =>
  row.capacityBytes === null ||
  capacityBytes === null ||
  // A bridge may hide a few sectors at the end.
  Math.abs(row.capacityBytes - capacityBytes) <= row.capacityBytes / 1000

/** A USB disk that says who it is, and was last seen behind this very bridge. */
const isSameBridge = (row: DiskRow, sighting: DiskSighting): boolean =>
  sighting.bus === 'usb' &&
  row.bus === 'usb' &&
  row.kernelSerial !== null &&
  row.kernelSerial === sighting.evidence.kernelKey &&
  row.serialKey !== row.kernelSerial &&
  row.capacityBytes !== null &&
  row.capacityBytes === sighting.capacityBytes

/**
 * One number on two pieces: beside the size the name differs too, or the model. Of a USB disk that was not read the number is
 * its bridge's, which a whole batch of docks may share.
 */
function isAnother(row: DiskRow, sighting: DiskSighting): boolean {
  if (sameSize(row, sighting) || sighting.capacityBytes === 0) return false
  if (sighting.bus === 'usb' && !tellsItself(sighting)) return true
  const wwn = sighting.evidence.wwnKey
  return (wwn !== null && row.wwn !== null && row.wwn !== wwn) || !sameModel(row.model, sighting.evidence.model)
}

function rowOf(
  report: DiskReport,
  sighting: DiskSighting,
  all: readonly DiskRow[],
  taken: ReadonlyMap<DiskRow, Sighted>,
): { row: DiskRow | null; seen: Sighted | null } {
  const isHere = (row: DiskRow): boolean => row.machine === report.machineId && isSamePlace(row, sighting)
  // Of several that would do, the one that was here.
  const ordered = [...all.filter(isHere), ...all.filter((row) => !isHere(row))]
  const free = ordered.filter((row) => !taken.has(row))
  const { kernelKey } = sighting.evidence
  const inMachine = free.filter(
    (row) => row.machine === report.machineId && (sameSize(row, sighting) || hasGrown(row, sighting)),
  )

  if (!tellsItself(sighting) && kernelKey) {
    const byKernel = inMachine.filter((row) => row.kernelSerial === kernelKey)
    const found = byKernel.find(isHere) ?? (byKernel.length === 1 ? byKernel[0] : undefined)
    if (found) return { row: found, seen: null }
    // A USB disk that came from another machine, and was not read here yet: its bridge goes with it. One that the other
    // machine still has is none of this: bridges of one batch bear one number.
    const moved = free.filter(
      (row) => row.machine !== report.machineId && row.missingSince !== null && isSameBridge(row, sighting),
    )
    if (moved.length === 1 && moved[0]) return { row: moved[0], seen: null }
  }
  const evidence = ownEvidence(report, sighting)
  const strong = ordered.filter((row) => !row.weak && !isAnother(row, sighting))
  const same = identify(evidence, strong)
  const first = same ? taken.get(same) : undefined
  if (same && !first) return { row: same, seen: null }
  if (first && isSamePiece(first.sighting, sighting)) return { row: same, seen: first }
  if (first) {
    // One serial number twice: the other piece of it, if it was seen before.
    const wwn = evidence.wwnKey
    const other = identify(
      evidence,
      free.filter(
        (row) => !row.weak && (row.wwn === null || wwn === null || row.wwn === wwn) && sameSize(row, sighting),
      ),
    )
    if (other) return { row: other, seen: null }
  }
  const weakKey = weakKeyOf(report.machineId, sighting)
  const byPlace = inMachine.filter(
    (row) =>
      isHere(row) &&
      ((row.weak && (sameModel(row.model, evidence.model) || isUnreadBehindBridge(row, sighting))) ||
        (!row.weak && !hasIdentity(sighting)) ||
        (row.kernelSerial !== null && row.serialKey === row.kernelSerial && row.kernelSerial === kernelKey)),
  )
  const there =
    free.find((row) => row.weakKey === weakKey && sameModel(row.model, evidence.model)) ??
    (byPlace.length === 1 ? byPlace[0] : undefined)
  return { row: there ?? null, seen: null }
}

/**
 * At one place below /dev/disk/by-path. Where that is not told, as when udev was not asked, the kernel's name is the place: so
 * much is known of a disk without a number that it was called so a moment ago.
 */
function isSamePlace(row: DiskRow, { place, device }: DiskSighting): boolean {
  if (row.place === place) return true
  return row.device !== null && row.device === device && (isName(place, device) || isName(row.place, device))
}
const isName = (place: string | null, device: string): boolean => place === device || place === `/dev/${device}`

/** Of a disk in a USB box that was never read the model is the box's. */
const isUnreadBehindBridge = (row: DiskRow, { bus }: DiskSighting): boolean =>
  bus === 'usb' && row.bus === 'usb' && row.lastReadAt === null

/** A disk of a hypervisor may be made larger. */
const hasGrown = (row: DiskRow, { bus, capacityBytes }: DiskSighting): boolean =>
  row.weak && row.bus === 'virtio' && bus === 'virtio' && (capacityBytes ?? 0) > (row.capacityBytes ?? 0)

/** What says which disk it is: its own words, else the kernel's where they can be its own. */
function ownEvidence(report: DiskReport, { evidence, bus }: DiskSighting): IdentityEvidence {
  if (evidence.serialKey !== null) return evidence
  const { kernelSerial, kernelKey } = evidence
  const byKernel = { ...evidence, serial: kernelSerial, serialKey: kernelKey }
  if (bus !== 'usb') return byKernel
  // Both bays of a USB dock show its bridge's number and name.
  const sharing = report.disks.filter((each) => each.bus === 'usb' && each.evidence.kernelKey === kernelKey).length
  const unnamed = { wwn: null, wwnKey: null }
  return sharing > 1 ? { ...evidence, ...unnamed, serial: null } : { ...byKernel, ...unnamed }
}

function make(report: DiskReport, sighting: DiskSighting): DiskRow {
  const evidence = ownEvidence(report, sighting)
  return newDisk(report, { ...sighting, evidence }, isNumbered(evidence) ? null : weakKeyOf(report.machineId, sighting))
}

/** Whether two sightings of one serial number in one report are one piece: paths to it, or namespaces of one NVMe. */
function isSamePiece(one: DiskSighting, other: DiskSighting): boolean {
  const controllers = [one, other].map(({ device }) => /^(nvme\d+)n\d+$/.exec(device ?? '')?.[1])
  if (controllers[0] !== undefined && controllers[0] === controllers[1]) return true
  const [wwn, otherWwn] = [one.evidence.wwnKey, other.evidence.wwnKey]
  // SATA and USB know no second path: without a name of their own these are two of a batch with one number.
  if (
    wwn === null &&
    otherWwn === null &&
    one.device !== other.device &&
    [one.bus, other.bus].some((bus) => bus === 'sata' || bus === 'usb')
  )
    return false
  if (wwn !== null && otherWwn !== null && wwn !== otherWwn) return false
  if (one.capacityBytes !== null && other.capacityBytes !== null && one.capacityBytes !== other.capacityBytes)
    return false
  return sameModel(one.evidence.model, other.evidence.model)
}

/** What two paths tell of one disk: the worse reading, and what pools and arrays say of either. */
function united(one: DiskSighting, other: DiskSighting): DiskSighting {
  const standing = {
    said: [...one.standing.said, ...other.standing.said],
    clears: (speaker: string): boolean => one.standing.clears(speaker) || other.standing.clears(speaker),
  }
  return { ...one, role: one.role ?? other.role, standing, reading: worse(one, other) }
}

/** Of two paths the one that could be read counts; of two that could, the worse. */
function worse(one: DiskSighting, other: DiskSighting): Reading | null {
  const [reading, second] = [one.reading, other.reading]
  if (!reading || !second) return reading ?? second
  if (second.outcome !== ReadingOutcome.READ) return reading
  if (reading.outcome !== ReadingOutcome.READ) return second
  return rankOf(second, other) > rankOf(reading, one) ? second : reading
}

function rankOf({ facts, findings }: Reading, { type }: DiskSighting): number {
  if (!facts) return 0
  return HEALTH_RANK[judge({ facts, type, at: new Date(0), history: NO_BASELINE, presentCodes: [], findings }).health]
}
