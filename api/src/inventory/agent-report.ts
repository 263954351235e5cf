import type { z } from 'zod'
import { ReadingOutcome, ReadingSource } from '../disks/disk-words.ts'
import { meaningOf } from '../disks/document-meaning.ts'
import type { Reason } from '../reasons/reason.ts'
import { wwnKey } from '../disks/identity.ts'
import { holdsReading, typeOf } from '../disks/judge.ts'
import type { DiskSighting, Reading } from '../disks/sighting.ts'
import { readSmartctl } from '../disks/smartctl.ts'
import type { SmartFacts } from '../disks/smart-facts.ts'
import { InvalidInputError } from '../platform/errors.ts'
import { type MachineFacts, machineSection } from '../machines/section.ts'
import { JsonError, readJson } from '../platform/read-json.ts'
import { fileSystemsOf, sourcesOf } from '../storage/file-systems.ts'
import { type BlockDevice, isPhysicalDisk, MOST_DEVICES, readLsblk } from '../storage/lsblk.ts'
import { rolesOf } from '../storage/role.ts'
import {
  cephSection,
  dfSection,
  homesSection,
  luksSection,
  lvmSection,
  btrfsSection,
  mdraidSection,
  zpoolSection,
} from '../storage/sections.ts'
import { ArrayKind, arraysOf } from '../storage/array-rules.ts'
import { wordsOnMembers } from '../storage/array-members.ts'
import { byKname, emptyGraph, placesOf, type StorageGraph } from '../storage/storage-graph.ts'
import type { InventoryReportInput, ReportSectionInput } from './inventory-report.input.ts'
import { corrected, type Inventory, orderedTimes, weigh } from './inventory.ts'
import { isPlainText } from '../platform/plain-text.ts'
import { type Refusal, type SectionOutcome, SectionResult } from './section.ts'

const STORAGE_SECTIONS = {
  lvm: lvmSection,
  zpool: zpoolSection,
  mdraid: mdraidSection,
  btrfs: btrfsSection,
  luks: luksSection,
  df: dfSection,
  ceph: cephSection,
  homes: homesSection,
} as const
type StorageKind = keyof typeof STORAGE_SECTIONS

const KINDS = ['machine', 'lsblk', 'smartctl', ...Object.keys(STORAGE_SECTIONS)]

interface SmartSection {
  facts: SmartFacts | null
  document: Reading['document']
  unavailable: string | null
}

/** What the sections of a report say, before disks are made of it. */
interface Told {
  machine: MachineFacts | null
  graph: StorageGraph
  smart: Map<string, SmartSection>
  /** Why no disk at all could be read; null where each has its own section. */
  smartUnavailable: string | null
  /** Kinds whose section could not be had or read: they say nothing, and not that there is nothing. */
  silent: Set<string>
  /** What was not taken, a sentence each: told as an event, for no agent's owner reads its answers. */
  refused: string[]
  /** Disks whose document was not taken, and why. */
  refusedDisks: Map<string, string>
}

class SectionRefused extends Error {
  constructor(readonly refusals: Refusal[]) {
    super('refused')
  }
}

const refuse = (field: string, rule: string, cure: string): never => {
  throw new SectionRefused([{ field, rule, cure }])
}

const textsOf = ({ kind, subject, payload, unavailable }: ReportSectionInput): string[] => [
  kind,
  subject ?? '',
  payload ?? '',
  unavailable?.code ?? '',
]

/** Reads an agent's report, section by section: a bad one, or one of an unknown kind, never costs the others. */
export function readAgentReport(input: InventoryReportInput, receivedAt: Date): Inventory {
  checkEnvelope(input)
  const notes: string[] = []
  const told: Told = {
    machine: null,
    graph: emptyGraph(),
    smart: new Map(),
    smartUnavailable: null,
    silent: new Set(),
    refused: [],
    refusedDisks: new Map(),
  }
  const sections = input.sections.map((section) => readSection(section, told))
  notes.push(...told.refused.slice(0, 10))
  if (told.smartUnavailable !== null) notes.push(`No disk could be read: ${told.smartUnavailable}.`)
  const { graph, machine } = told
  // Of a disk that the kernel shows; what is known of no disk makes none.
  for (const [subject, why] of told.refusedDisks)
    if (!told.smart.has(subject) && graph.devices?.some(({ kname }) => kname === subject))
      told.smart.set(subject, { facts: null, document: null, unavailable: why })
  const { links: _links, ...facts } = machine ?? {}
  return {
    id: input.id,
    ...weigh([input.hostname, input.collectedAt.toISOString(), ...input.sections.flatMap(textsOf)]),
    times: {
      ...orderedTimes(corrected(input.collectedAt, input.sentAt ?? null, receivedAt, notes), receivedAt, notes),
      collectedAt: input.collectedAt,
    },
    machine: {
      machineKey: input.machineKey,
      hostname: input.hostname.trim(),
      agentVersion: input.agentVersion,
      facts: machine ? facts : null,
    },
    disks: sightings(told),
    complete: {
      kernel: graph.devices !== null,
      // Only smartctl sees the disks behind a controller, and it is asked less often.
      controllers: told.smartUnavailable === null && [...told.smart.values()].some(({ facts }) => facts !== null),
    },
    graph: Object.values(graph).some((part) => part !== null) ? graph : null,
    fileSystems: fileSystemsOf(graph),
    sources: sourcesOf(graph),
    arrays: arraysOf(graph),
    arrayKinds: arrayKindsOf(told),
    unansweredKinds: new Set(TOOLS.filter(([, section]) => told.silent.has(section)).map(([kind]) => kind)),
    sections,
    refused: told.refused,
    notes,
  }
}

const ARRAY_SECTIONS = [
  [ArrayKind.MDRAID, 'mdraid'],
  [ArrayKind.ZFS, 'zpool'],
  [ArrayKind.LVM, 'lvm'],
] as const

/** Kinds, and whose tool tells of them. */
const TOOLS = [...ARRAY_SECTIONS, [ArrayKind.BTRFS, 'btrfs']] as const

/** A section that is absent, where block devices were told, means that there is none. btrfs is told while it is mounted. */
const arrayKindsOf = ({ graph, silent }: Told): Set<ArrayKind> =>
  new Set(
    ARRAY_SECTIONS.filter(
      ([, section]) => graph[section] !== null || (graph.devices !== null && !silent.has(section)),
    ).map(([kind]) => kind),
  )

function checkEnvelope({ id, machineKey, hostname, agentVersion, sections }: InventoryReportInput): void {
  const check = (valid: boolean, field: string, rule: string, cure: string): void => {
    if (!valid) throw new InvalidInputError(field, rule, cure)
  }
  check(/^[\w.:-]{8,128}$/.test(id), 'report.id', 'must be 8 to 128 letters, digits or .:_-', 'Use a UUID.')
  check(
    /^[\w.:-]{16,128}$/.test(machineKey),
    'report.machineKey',
    'must be 16 to 128 letters, digits or .:_-',
    'Use a UUID, made once and kept.',
  )
  check(
    hostname.trim() !== '' && isPlainText(hostname, 253),
    'report.hostname',
    'must be one line of 1 to 253 characters (RFC 1035)',
    'Send what the command hostname prints.',
  )
  check(
    isPlainText(agentVersion, 64),
    'report.agentVersion',
    'must be one line of at most 64 characters',
    'Send a version like 0.1.0.',
  )
  check(sections.length <= 2000, 'report.sections', 'must be at most 2,000', 'Send fewer sections.')
}

function readSection(section: ReportSectionInput, told: Told): SectionOutcome {
  const subject = section.subject ?? null
  const outcome = (result: SectionResult, refusals: Refusal[] = []): SectionOutcome => ({
    kind: section.kind.slice(0, 64),
    subject: subject?.slice(0, 255) ?? null,
    outcome: result,
    refusals,
  })
  try {
    if (!KINDS.includes(section.kind))
      refuse('kind', `must be one of ${KINDS.join(', ')}`, 'Update Vigie, or leave the section out.')
    if (section.version !== 1) refuse('version', 'must be 1', 'Update Vigie, or send version 1.')
    if (subject !== null && !isPlainText(subject, 255))
      refuse('subject', 'must be one line of at most 255 characters', 'Name the device.')
    if (section.unavailable) {
      told.silent.add(section.kind)
      const why = section.unavailable.text.replace(/\p{Cc}+/gu, ' ').slice(0, 500)
      if (section.kind === 'smartctl' && subject === null) told.smartUnavailable = why
      if (section.kind === 'smartctl' && subject)
        told.smart.set(subject, { facts: null, document: null, unavailable: why })
      return outcome(SectionResult.UNAVAILABLE)
    }
    const text = section.payload ?? refuse('payload', 'is missing', 'Send the payload, or say why it is unavailable.')
    readPayload(section.kind, subject, text, parse(text), told)
    return outcome(SectionResult.ACCEPTED)
  } catch (error) {
    if (!(error instanceof SectionRefused)) throw error
    told.silent.add(section.kind)
    const [first] = error.refusals
    const why = first ? `${first.field} ${first.rule}` : 'it cannot be read'
    const name = [section.kind, subject ?? []]
      .flat()
      .join(' ')
      .replace(/\p{Cc}+/gu, ' ')
      .slice(0, 320)
    if (KINDS.includes(section.kind)) told.refused.push(`${name} was not taken: ${why}.`)
    // What cannot be read of a disk is no answer of it.
    if (section.kind === 'smartctl' && subject !== null) told.refusedDisks.set(subject, why)
    return outcome(SectionResult.REFUSED, error.refusals)
  }
}

function parse(text: string): unknown {
  try {
    return readJson(text)
  } catch (cause) {
    if (!(cause instanceof JsonError)) throw cause
    return refuse('payload', cause.message, 'Send the JSON that the command printed.')
  }
}

function readDevices(json: unknown): BlockDevice[] {
  const cure = 'Send what lsblk --json prints.'
  const devices = readLsblk(json) ?? refuse('payload.blockdevices', 'must be a list', cure)
  if (devices.length > MOST_DEVICES)
    refuse('payload.blockdevices', `must hold at most ${MOST_DEVICES} devices`, 'Leave out what is no disk.')
  if (!placesOf(byKname(devices)))
    refuse('payload.blockdevices', 'hold devices that lie on each other in a circle or in too many ways', cure)
  return devices
}

function readPayload(kind: string, subject: string | null, text: string, json: unknown, told: Told): void {
  if (kind === 'machine') told.machine = shaped(machineSection, json)
  else if (kind === 'lsblk') {
    told.graph.devices = readDevices(json)
  } else if (kind === 'smartctl') {
    const key = subject ?? refuse('subject', 'is missing', 'Name the device: sda, or sda:megaraid,0.')
    const facts =
      readSmartctl(json) ?? refuse('payload', 'must be a smartctl document', 'Send what smartctl --json --all prints.')
    // A failing disk may answer with rubbish in its names: its counters are read all the same.
    const clean = (name: string | null): string | null =>
      name
        ?.replace(/\p{Cc}+/gu, '')
        .trim()
        .slice(0, 255) || null
    const named = {
      ...facts,
      serial: clean(facts.serial),
      model: clean(facts.model),
      firmware: clean(facts.firmware),
    }
    told.smart.set(key, { facts: named, document: { text, meaning: meaningOf(json) }, unavailable: null })
  } else {
    const shape = STORAGE_SECTIONS[kind as StorageKind]
    ;(told.graph as unknown as Record<string, unknown>)[kind] = shaped<unknown>(shape as z.ZodType<unknown>, json)
  }
}

function shaped<T>(shape: z.ZodType<T>, json: unknown): T {
  const result = shape.safeParse(json)
  if (result.success) return result.data
  throw new SectionRefused(
    result.error.issues.slice(0, 20).map((issue) => ({
      field: ['payload', ...issue.path].join('.'),
      rule: issue.message,
      cure: 'Send the shape of docs/report.md.',
    })),
  )
}

/** The disks of a report: every physical disk of lsblk, and every one that smartctl reached, behind a controller too. */
function sightings(told: Told): DiskSighting[] {
  const devices = (told.graph.devices ?? []).filter(isPhysicalDisk)
  const roles = rolesOf(told.graph)
  // What a pool said before stands, where it could not be asked this time.
  const members =
    told.graph.devices === null || told.silent.has('zpool') || told.silent.has('mdraid')
      ? null
      : wordsOnMembers(told.graph)
  const known = new Map(devices.map((device) => [device.kname, device]))
  const subjects = [...told.smart.keys()].filter((subject) => !known.has(subject))
  return [
    ...devices.map((device) =>
      sighting(
        device.kname,
        device,
        told,
        roles.get(device.kname) ?? null,
        members && (members.get(device.kname) ?? []),
      ),
    ),
    ...subjects.map((subject) => sighting(subject, null, told, null, members && [])),
  ]
}

function sighting(
  subject: string,
  device: BlockDevice | null,
  told: Told,
  role: string | null,
  standing: Reason[] | null,
): DiskSighting {
  const smart = told.smart.get(subject)
  const facts = smart?.facts ?? null
  const [kname = subject, address] = subject.split(':', 2)
  const links = address ? undefined : told.machine?.links.find((link) => link.device === kname)
  return {
    label: subject,
    evidence: {
      serial: facts?.serial ?? null,
      kernelSerial: device?.serial ?? null,
      model: facts?.model ?? device?.model ?? null,
      wwn: [facts?.wwn ?? null, device?.wwn ?? null, links?.wwid ?? null].find((wwn) => wwnKey(wwn) !== null) ?? null,
      aliases: links?.byId ?? [],
    },
    place: links?.byPath ?? subject,
    device: kname,
    path: address ? `/dev/${kname} [${address}]` : (device?.path ?? `/dev/${kname}`),
    type: typeOf(facts, device?.rotational ?? null, device?.transport ?? null),
    bus: device?.transport ?? (address ? address.split(',')[0] : null) ?? (facts?.protocol === 'NVME' ? 'nvme' : null),
    role,
    capacityBytes: facts?.capacityBytes ?? device?.sizeBytes ?? null,
    firmware: facts?.firmware ?? device?.revision ?? null,
    rotationRpm: facts?.rotationRpm ?? null,
    located: told.graph.devices !== null,
    thorough: facts !== null && facts.serial !== null,
    standing,
    reading: readingOf(smart, smart ? null : told.smartUnavailable),
  }
}

function readingOf(smart: SmartSection | undefined, unavailable: string | null): Reading | null {
  const none = { source: ReadingSource.AGENT, findings: [], document: null, reported: null, ofMachine: false }
  if (!smart)
    return unavailable === null
      ? null
      : { ...none, outcome: ReadingOutcome.UNREADABLE, cause: unavailable, facts: null, ofMachine: true }
  const { facts, document } = smart
  if (!facts) return { ...none, outcome: ReadingOutcome.UNREADABLE, cause: smart.unavailable, facts: null }
  if (facts.asleep) return { ...none, outcome: ReadingOutcome.ASLEEP, cause: facts.messages[0] ?? null, facts }
  if (!holdsReading(facts)) {
    const cause = facts.messages.join(' ') || 'smartctl printed no health data'
    return { ...none, document, outcome: ReadingOutcome.UNREADABLE, cause, facts }
  }
  return { ...none, document, outcome: ReadingOutcome.READ, cause: null, facts }
}
