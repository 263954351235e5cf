import { isNoDisk, isPhysicalDisk, readSubject } from '@vigie/agent/report'
import { ReadingOutcome, ReadingSource } from '../disks/disk-words.ts'
import { evidenceOf, wwnKey } from '../disks/identity.ts'
import { holdsReading, typeOf } from '../disks/judge.ts'
import type { DiskSighting, Reading } from '../disks/sighting.ts'
import type { SmartFacts } from '../disks/smart-facts.ts'
import { NOT_ASKED } from '../disks/standing.ts'
import { standingsOf } from '../storage/array-members.ts'
import type { BlockDevice } from '../storage/lsblk.ts'
import type { SmartTold } from '../machines/machine-sighting.ts'
import { rolesOf } from '../storage/role.ts'
import type { SmartSection, Told } from './read-sections.ts'

/** The disks of a report: every physical disk of lsblk, and every one that smartctl reached, behind a controller too. */
export function sightingsOf(told: Told): DiskSighting[] {
  const devices = (told.graph.devices ?? []).filter((device) => isPhysicalDisk(device) || isWithoutRoom(device))
  const roles = rolesOf(told.graph)
  const standings = standingsOf(told.graph, told.silent)
  const known = new Map(devices.map((device) => [device.kname, device]))
  const subjects = [...told.smart.keys()].filter((subject) => !known.has(subject))
  return [
    ...devices.map((device) => {
      const role = roles.get(device.kname) ?? null
      return sighting(device.kname, device, told, { role, standing: standings(device.kname) })
    }),
    ...subjects.map((subject) => sighting(subject, null, told, { role: null, standing: NOT_ASKED })),
  ]
}

function sighting(
  subject: string,
  device: BlockDevice | null,
  told: Told,
  { role, standing }: Pick<DiskSighting, 'role' | 'standing'>,
): DiskSighting {
  const smart = told.smart.get(subject)
  const facts = smart?.facts ?? null
  const { kname, address } = readSubject(subject)
  const links = address ? undefined : told.machine?.links.find((link) => link.device === kname)
  return {
    label: subject,
    evidence: evidenceOf({
      serial: facts?.serial ?? null,
      kernelSerial: device?.serial ?? null,
      model: facts?.model ?? device?.model ?? null,
      wwn: [facts?.wwn ?? null, device?.wwn ?? null, links?.wwid ?? null].find((wwn) => wwnKey(wwn) !== null) ?? null,
      aliases: links?.byId ?? [],
    }),
    place: links?.byPath ?? subject,
    device: kname,
    path: address ? `/dev/${kname} [${address}]` : (device?.path ?? `/dev/${kname}`),
    type: typeOf(facts, device?.rotational ?? null, device?.transport ?? null),
    bus: device?.transport ?? (address ? address.split(',')[0] : null) ?? (facts?.protocol === 'NVME' ? 'nvme' : null),
    role,
    capacityBytes: capacityOf(device, facts, told.graph.devices !== null && address === null),
    firmware: facts?.firmware ?? device?.revision ?? null,
    rotationRpm: facts?.rotationRpm ?? null,
    located: told.graph.devices !== null,
    shown: device !== null,
    thorough: facts !== null && facts.serial !== null,
    standing,
    reading: readingOf(smart, smart ? null : told.smartUnavailable),
  }
}

/** A disk whose medium is gone: some die so. An empty slot of a card reader looks the same, and is removable. */
const isWithoutRoom = ({ kname, type, sizeBytes, removable }: BlockDevice): boolean =>
  type === 'disk' && !isNoDisk(kname) && sizeBytes === 0 && removable === false

/** `isListed`: the kernel would show it, if it had any room: an NVMe controller that lost its namespaces still answers. */
function capacityOf(device: BlockDevice | null, facts: SmartFacts | null, isListed: boolean): number | null {
  if (device?.sizeBytes === 0 || (device === null && isListed)) return 0
  return facts?.capacityBytes ?? device?.sizeBytes ?? null
}

/** Whether S.M.A.R.T. of the machine could be read at all; null = it was not asked, or each disk failed for itself. */
export function smartOf(sightings: readonly DiskSighting[]): SmartTold | null {
  const readings = sightings.flatMap(({ reading }) => reading ?? [])
  if (readings.some(({ outcome }) => outcome !== ReadingOutcome.UNREADABLE)) return { isRead: true, cause: null }
  const [first] = readings
  if (!first || !readings.every(({ ofMachine }) => ofMachine)) return null
  return { isRead: false, cause: first.cause }
}

function readingOf(smart: SmartSection | undefined, unavailable: string | null): Reading | null {
  const none = { source: ReadingSource.AGENT, findings: [], document: null, reported: null, ofMachine: false }
  if (!smart)
    return unavailable === null
      ? null
      : { ...none, outcome: ReadingOutcome.UNREADABLE, cause: unavailable, facts: null, ofMachine: true }
  const { facts, document } = smart
  if (!facts)
    return {
      ...none,
      outcome: ReadingOutcome.UNREADABLE,
      cause: smart.unavailable,
      facts: null,
      ofMachine: smart.isForeign,
    }
  if (facts.asleep) return { ...none, outcome: ReadingOutcome.ASLEEP, cause: facts.messages[0] ?? null, facts }
  if (!holdsReading(facts)) {
    const cause = facts.messages.join(' ') || 'smartctl printed no health data'
    // A box or bridge that smartctl does not know keeps it from asking; the disk in it may be well.
    const ofMachine = facts.standIn === 'NO_DEVICE_TYPE'
    return { ...none, document, outcome: ReadingOutcome.UNREADABLE, cause, facts, ofMachine }
  }
  return { ...none, document, outcome: ReadingOutcome.READ, cause: null, facts }
}
