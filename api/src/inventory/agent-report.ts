import { LONGEST_HOSTNAME, LONGEST_VERSION, MACHINE_KEY, MOST_SECTIONS, REPORT_ID } from '@vigie/agent/report'
import { InvalidInputError } from '../platform/errors.ts'
import { isPlainText } from '../platform/plain-text.ts'
import { ArrayKind, arraysOf } from '../storage/array-rules.ts'
import { fileSystemsOf, sourcesOf } from '../storage/file-systems.ts'
import { sightingsOf, smartOf } from './disk-sightings.ts'
import type { InventoryReportInput, ReportSectionInput } from './inventory-report.input.ts'
import { corrected, type Inventory, orderedTimes, weigh } from './inventory.ts'
import { readSections, type Told } from './read-sections.ts'

const textsOf = ({ kind, subject, payload, unchanged, unavailable }: ReportSectionInput): string[] => [
  kind,
  subject ?? '',
  payload ?? unchanged ?? '',
  unavailable?.code ?? '',
]

/** Reads an agent's report, section by section: a bad one, or one of an unknown kind, never costs the others. */
export function readAgentReport(input: InventoryReportInput, receivedAt: Date): Inventory {
  checkEnvelope(input)
  const notes: string[] = []
  const { told, outcomes } = readSections(input.sections)
  notes.push(...told.refused.slice(0, 10))
  if (told.scanUnavailable !== null)
    notes.push(`Disks behind controllers could not be looked for: ${told.scanUnavailable}.`)
  if (told.smartUnavailable !== null) notes.push(`No disk could be read: ${told.smartUnavailable}.`)
  const { graph, machine } = told
  const disks = sightingsOf(told)
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
    disks,
    smart: smartOf(disks),
    complete: {
      kernel: graph.devices !== null,
      // Only smartctl sees the disks behind a controller, and it is asked less often.
      controllers:
        told.smartUnavailable === null &&
        told.scanUnavailable === null &&
        [...told.smart.values()].some(({ facts }) => facts !== null),
    },
    graph: Object.values(graph).some((part) => part !== null) ? graph : null,
    fileSystems: fileSystemsOf(graph),
    sources: sourcesOf(graph),
    arrays: arraysOf(graph),
    arrayKinds: arrayKindsOf(told),
    unansweredKinds: new Set(TOOLS.filter(([, section]) => told.silent.has(section)).map(([kind]) => kind)),
    metrics: told.metrics,
    state: told.state,
    sections: outcomes,
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
    if (!valid) throw new InvalidInputError(`report.${field}`, rule, cure)
  }
  check(REPORT_ID.test(id), 'id', 'must be 8 to 128 letters, digits or .:_-', 'Use a UUID.')
  check(
    MACHINE_KEY.test(machineKey),
    'machineKey',
    'must be 16 to 128 letters, digits or .:_-',
    'Use a UUID, made once and kept.',
  )
  check(
    hostname.trim() !== '' && isPlainText(hostname, LONGEST_HOSTNAME),
    'hostname',
    `must be one line of 1 to ${LONGEST_HOSTNAME} characters (RFC 1035)`,
    'Send what the command hostname prints.',
  )
  check(
    isPlainText(agentVersion, LONGEST_VERSION),
    'agentVersion',
    `must be one line of at most ${LONGEST_VERSION} characters`,
    'Send a version like 0.1.0.',
  )
  check(
    sections.length <= MOST_SECTIONS,
    'sections',
    `must be at most ${MOST_SECTIONS.toLocaleString('en')}`,
    'Send fewer sections.',
  )
}
