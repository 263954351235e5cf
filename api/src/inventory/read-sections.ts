import { createHash } from 'node:crypto'
import {
  isGated,
  isSectionKind,
  isStateKind,
  LONGEST_SUBJECT,
  LONGEST_WHY,
  type MachineFacts,
  type MetricSample,
  MOST_DEVICES,
  SCAN_FAILED,
  SECTION_VERSION,
  type SectionKind,
  SECTIONS,
  type StateKind,
  type StorageKind,
} from '@vigie/agent/report'
import type { z } from 'zod'
import { meaningOf } from '../disks/document-meaning.ts'
import type { Reading } from '../disks/sighting.ts'
import { readSmartctl } from '../disks/smartctl.ts'
import type { SmartFacts } from '../disks/smart-facts.ts'
import { isPlainText } from '../platform/plain-text.ts'
import { JsonError, readJson } from '../platform/read-json.ts'
import { type BlockDevice, readLsblk } from '../storage/lsblk.ts'
import type { SectionTold, StateTold } from '../state/section-told.ts'
import { byKname, emptyGraph, placesOf, type StorageGraph } from '../storage/storage-graph.ts'
import type { ReportSectionInput } from './inventory-report.input.ts'
import { type Refusal, type SectionOutcome, SectionResult } from './section.ts'

/** What smartctl answered on one disk. */
export interface SmartSection {
  facts: SmartFacts | null
  document: Reading['document']
  unavailable: string | null
  /** The agent's code of why it is unavailable; null = it is not. */
  code: string | null
  /** Whether that it is unavailable is the report's, the tool's or the user's fault, and not the disk's. */
  isForeign: boolean
}

/** Reasons for which no disk is to blame: what it was not sent for, and what reads no disk at all. */
const FOREIGN = new Set(['TOO_LARGE', 'UNPARSABLE', 'NOT_ROOT', 'MISSING_COMMAND'])

/** The agent's code of a smartctl that did not start, or printed nothing. */
const FAILED = 'FAILED'
/** Not the agent's: what it sent of that disk was refused here. */
const REFUSED = 'REFUSED'

/** What the sections of a report say, before disks are made of it. */
export interface Told {
  machine: MachineFacts | null
  graph: StorageGraph
  /** By subject. */
  smart: Map<string, SmartSection>
  /** Why no disk at all could be read; null where each has its own section. */
  smartUnavailable: string | null
  /** Kinds that a report tells once, and this one has told. */
  once: Set<string>
  /** How busy the machine was, the oldest first; [] = not told. */
  metrics: MetricSample[]
  /** How the machine is. */
  state: StateTold
  /** Why smartctl could not look for disks behind controllers; null = it could. */
  scanUnavailable: string | null
  /** Kinds whose section could not be had or read: they say nothing, and not that there is nothing. */
  silent: Set<string>
  /** What was not taken, a sentence each: told as an event, for no agent's owner reads its answers. */
  refused: string[]
}

class SectionRefused extends Error {
  constructor(readonly refusals: Refusal[]) {
    super('refused')
  }
}

const refuse = (field: string, rule: string, cure: string): never => {
  throw new SectionRefused([{ field, rule, cure }])
}

/** Section by section: a bad one, or one of an unknown kind, never costs the others. */
export function readSections(sections: readonly ReportSectionInput[]): { told: Told; outcomes: SectionOutcome[] } {
  const told: Told = {
    machine: null,
    graph: emptyGraph(),
    smart: new Map(),
    smartUnavailable: null,
    once: new Set(),
    metrics: [],
    state: { sections: [], unchanged: [], updatesProblem: null, packagesProblem: null, dockerProblem: null },
    scanUnavailable: null,
    silent: new Set(),
    refused: [],
  }
  const refusedDisks = new Map<string, string>()
  const outcomes = sections.map((section) => {
    try {
      return outcomeOf(section, readSection(section, told))
    } catch (error) {
      if (!(error instanceof SectionRefused)) throw error
      const [first] = error.refusals
      const why = first ? `${first.field} ${first.rule}` : 'it cannot be read'
      told.silent.add(section.kind)
      if (isSectionKind(section.kind)) told.refused.push(`${nameOf(section)} was not taken: ${why}.`)
      if (section.kind === 'docker') told.state.dockerProblem = why.slice(0, LONGEST_WHY)
      if (section.kind === 'packages') told.state.packagesProblem = why.slice(0, LONGEST_WHY)
      // What cannot be read of a disk is no answer of it.
      if (section.kind === 'smartctl' && section.subject != null) refusedDisks.set(section.subject, why)
      return outcomeOf(section, SectionResult.REFUSED, error.refusals)
    }
  })
  // Of a disk that the kernel shows; what is known of no disk makes none.
  for (const [subject, why] of refusedDisks)
    if (!told.smart.has(subject) && told.graph.devices?.some(({ kname }) => kname === subject))
      told.smart.set(subject, { facts: null, document: null, unavailable: why, code: REFUSED, isForeign: true })
  markWholeMachine(told)
  return { told, outcomes }
}

const outcomeOf = (
  { kind, subject }: ReportSectionInput,
  outcome: SectionResult,
  refusals: Refusal[] = [],
): SectionOutcome => ({
  kind: kind.slice(0, 64),
  subject: subject?.slice(0, LONGEST_SUBJECT) ?? null,
  outcome,
  refusals,
})

/** For a sentence: what is outside of the rules is cut. */
const nameOf = ({ kind, subject }: ReportSectionInput): string =>
  `${kind}${subject == null ? '' : ` ${subject}`}`.slice(0, 320).replace(/\p{Cc}+/gu, ' ')

function readSection(section: ReportSectionInput, told: Told): SectionResult {
  const { kind, version, unavailable } = section
  const subject = section.subject ?? null
  if (!isSectionKind(kind))
    return refuse(
      'kind',
      `must be one of ${Object.keys(SECTIONS).join(', ')}`,
      'Update Vigie, or leave the section out.',
    )
  if (version !== SECTION_VERSION)
    refuse('version', `must be ${SECTION_VERSION}`, `Update Vigie, or send version ${SECTION_VERSION}.`)
  if (subject !== null && !isPlainText(subject, LONGEST_SUBJECT))
    refuse('subject', `must be one line of at most ${LONGEST_SUBJECT} characters`, 'Name the device.')
  if (unavailable) {
    readUnavailable(kind, subject, unavailable, told)
    return SectionResult.UNAVAILABLE
  }
  if (isStateKind(kind) || kind === 'metrics') {
    if (told.once.has(kind)) refuse('kind', 'stands in this report before', 'Send one section of it.')
    told.once.add(kind)
  }
  if (section.unchanged != null) {
    told.state.unchanged.push(readUnchanged(kind, section.unchanged))
    return SectionResult.UNCHANGED
  }
  const text = section.payload ?? refuse('payload', 'is missing', 'Send the payload, or say why it is unavailable.')
  const json = parse(text)
  if (kind === 'machine') told.machine = shaped(SECTIONS.machine.shape, json)
  else if (kind === 'lsblk') told.graph.devices = readDevices(json)
  else if (kind === 'smartctl') told.smart.set(...readDisk(subject, text, json))
  else if (kind === 'metrics') told.metrics = shaped(SECTIONS.metrics.shape, json).samples
  else if (isStateKind(kind)) told.state.sections.push(readState(kind, text, json))
  else Object.assign(told.graph, { [kind]: shaped<StorageGraph[StorageKind]>(SECTIONS[kind].shape, json) })
  return SectionResult.ACCEPTED
}

function readUnavailable(
  kind: SectionKind,
  subject: string | null,
  unavailable: { code: string; text: string },
  told: Told,
): void {
  told.silent.add(kind)
  const why = unavailable.text.slice(0, LONGEST_WHY).replace(/\p{Cc}+/gu, ' ')
  if (kind === 'apt') told.state.updatesProblem = why
  if (kind === 'docker') told.state.dockerProblem = why
  if (kind === 'packages') told.state.packagesProblem = why
  if (kind !== 'smartctl') return
  if (subject === null && unavailable.code === SCAN_FAILED) told.scanUnavailable = why
  else if (subject === null) told.smartUnavailable = why
  else if (subject)
    told.smart.set(subject, {
      facts: null,
      document: null,
      unavailable: why,
      code: unavailable.code,
      isForeign: FOREIGN.has(unavailable.code),
    })
}

function readUnchanged(kind: SectionKind, contentHash: string): StateTold['unchanged'][number] {
  if (!isGated(kind) || !isStateKind(kind)) return refuse('unchanged', `cannot stand for ${kind}`, 'Send the payload.')
  if (!/^[0-9a-f]{64}$/.test(contentHash))
    refuse('unchanged', 'must be a SHA-256 in 64 hexadecimal digits', 'Send the payload.')
  return { kind, contentHash }
}

function readState(kind: StateKind, payload: string, json: unknown): SectionTold {
  const contentHash = createHash('sha256').update(payload).digest('hex')
  const common = { version: SECTION_VERSION, contentHash, payload }
  switch (kind) {
    case 'apt':
      return { kind, facts: shaped(SECTIONS.apt.shape, json), ...common }
    case 'reboot':
      return { kind, facts: shaped(SECTIONS.reboot.shape, json), ...common }
    case 'hardware':
      return { kind, facts: shaped(SECTIONS.hardware.shape, json), ...common }
    case 'docker':
      return { kind, facts: shaped(SECTIONS.docker.shape, json), ...common }
    case 'packages':
      return { kind, facts: shaped(SECTIONS.packages.shape, json), ...common }
  }
}

/** Where smartctl printed nothing, or did not start, for each of several disks, smartctl is what is broken. One that hangs on all is not: disks do that. */
function markWholeMachine({ smart }: Told): void {
  const sections = [...smart.values()]
  if (sections.length > 1 && sections.every(({ code }) => code === FAILED))
    for (const section of sections) section.isForeign = true
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

function readDisk(subject: string | null, text: string, json: unknown): [subject: string, SmartSection] {
  const key = subject ?? refuse('subject', 'is missing', 'Name the device: sda, or sda:megaraid,0.')
  const facts =
    readSmartctl(json) ?? refuse('payload', 'must be a smartctl document', 'Send what smartctl --json --all prints.')
  // A failing disk may answer with rubbish in its names: its counters are read all the same.
  const clean = (name: string | null): string | null =>
    name
      ?.replace(/\p{Cc}+/gu, '')
      .trim()
      .slice(0, 255) || null
  const named = { ...facts, serial: clean(facts.serial), model: clean(facts.model), firmware: clean(facts.firmware) }
  return [
    key,
    {
      facts: named,
      document: { text, meaning: meaningOf(json, facts) },
      unavailable: null,
      code: null,
      isForeign: false,
    },
  ]
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
