import { DiskType, ReadingOutcome, ReadingSource } from '../disks/disk-words.ts'
import { type Reason, Severity } from '../reasons/reason.ts'
import { evidenceOf } from '../disks/identity.ts'
import { reason } from '../disks/rules/rule.ts'
import type { DiskSighting, Reading } from '../disks/sighting.ts'
import { NOTHING_READ, type SmartFacts } from '../disks/smart-facts.ts'
import { NOT_ASKED } from '../disks/standing.ts'
import { InvalidInputError } from '../platform/errors.ts'
import { MachineKind } from '../machines/machine-kind.ts'
import { isOwnAddress } from '../machines/machine-names.ts'
import { HOUR } from '../platform/clock.ts'
import { newId } from '../platform/id.ts'
import { asArray, asName, asObject, dig, type JsonObject } from '../platform/json.ts'
import type { FileSystemFacts } from '../storage/file-systems.ts'
import { namesNoDisk } from '../storage/lsblk.ts'
import { roleByContent } from '../storage/role.ts'
import { type Inventory, orderedTimes, weigh } from './inventory.ts'
import type { ReportTimes } from '../machines/machine-sighting.ts'
import { isPlainText } from '../platform/plain-text.ts'
import { ScriptFields } from './script-fields.ts'
import { readPartitions } from './script-partitions.ts'

export interface RefusedDisk {
  index: number
  serial: string | null
  field: string
  rule: string
  cure: string
}

/** The body's 8 MiB bound it as well. */
const MOST_DISKS = 10_000
/** Of all disks together. */
const MOST_FILE_SYSTEMS = 10_000

const TOP_KEYS = ['hostname', 'ip', 'os', 'os_version', 'collected_at', 'disks', 'report_id']
const DISK_KEYS = [
  'device',
  'path',
  'by_id',
  'model',
  'serial',
  'type',
  'capacity_bytes',
  'capacity_human',
  'bus',
  'proxmox_role',
  'smart',
  'partitions',
]
const SMART_KEYS = [
  'status',
  'label',
  'detail',
  'temperature_c',
  'power_on_hours',
  'reallocated_sectors',
  'pending_sectors',
  'uncorrectable_sectors',
]

/**
 * Reads the JSON of a simple script: tolerant of what is absent, strict with what would be believed wrongly. `encoding` is
 * what it was written in; null = UTF-8.
 */
export function readScriptReport(
  body: unknown,
  receivedAt: Date,
  encoding: string | null = null,
): { inventory: Inventory; refused: RefusedDisk[] } {
  const report = asObject(body)
  if (!report) throw new InvalidInputError('body', 'must be a JSON object', 'Send {"hostname": …, "disks": […]}.')
  const notes: string[] = []
  const fields = new ScriptFields(notes)
  if (encoding) fields.note(`The report is written in ${encoding} and was read so; send UTF-8`)
  fields.noteUnknown('', report, TOP_KEYS)
  const hostname = readHostname(report['hostname'], fields)
  const ip = fields.softName('ip', report['ip'], 64)
  if (!hostname && !isOwnAddress(ip)) {
    throw new InvalidInputError(
      'hostname',
      ip ? `is absent, and ip ${ip} is on every machine` : 'must name the machine, or ip must',
      'Send what the command hostname prints.',
    )
  }
  const times = readTimes(report['collected_at'], receivedAt, notes)
  const list = report['disks'] ?? []
  if (!Array.isArray(list)) throw new InvalidInputError('disks', 'must be a list', 'Send "disks": [].')
  if (list.length > MOST_DISKS)
    throw new InvalidInputError('disks', `must be at most ${MOST_DISKS}`, 'Send the disks of one machine alone.')
  const { disks, refused, fileSystems } = readDisks(list, times, fields)
  const reportId = fields.reportId(report['report_id'])
  const os = fields.softName('os', report['os'], 64)
  const osVersion = fields.softName('os_version', report['os_version'], 64)
  return {
    inventory: {
      // A script's id is its own: two scripts may both begin at 1.
      id: reportId ? `script:${hostname ?? ip}:${reportId}` : newId(),
      ...weigh([JSON.stringify(body)]),
      times,
      machine: { machineKey: null, hostname, agentVersion: null, facts: { ip, os, osVersion, ...kindBy(os) } },
      disks,
      smart: null,
      // A disk that was refused is there all the same: nothing is called missing on such a report.
      complete: { kernel: report['disks'] != null && refused.length === 0, controllers: true },
      graph: null,
      fileSystems: report['disks'] == null ? null : fileSystems,
      sources: { devices: true, df: true },
      arrays: [],
      metrics: [],
      state: { sections: [], unchanged: [], updatesProblem: null, packagesProblem: null, dockerProblem: null },
      arrayKinds: new Set(),
      unansweredKinds: new Set(),
      sections: [],
      refused: refused.map(inWords),
      notes: [...refused.map(inWords), ...notes],
    },
    refused,
  }
}

/** Who sends may never read the answer: the machine's page and the log of events say it too. */
const inWords = ({ index, field, rule }: RefusedDisk): string => `disks[${index}] was refused: ${field} ${rule}`

/** A name that says which machine this is is not mended: half of it may be another's. */
function readHostname(value: unknown, fields: ScriptFields): string | null {
  if (typeof value === 'string' && !isPlainText(value.trim(), 253))
    throw new InvalidInputError(
      'hostname',
      'must be one line of at most 253 characters',
      'Send what the command hostname prints.',
    )
  return fields.name('hostname', value, 253)
}

/** A script tells no kind: a Proxmox host is one by its system. */
const kindBy = (os: string | null) => (/proxmox/i.test(os ?? '') ? { kind: MachineKind.PROXMOX_HOST } : {})

function readTimes(told: unknown, receivedAt: Date, notes: string[]): ReportTimes {
  if (told === undefined || told === null || told === '') {
    notes.push('collected_at is absent: the time of arrival is taken.')
    return orderedTimes(receivedAt, receivedAt, notes)
  }
  const text = typeof told === 'string' ? told.trim() : ''
  const parts = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(Z|[+-]\d{2}(?::?\d{2})?)?$/i.exec(text)
  const normal = text
    .replace(' ', 'T')
    .replace(',', '.')
    .replace(/([+-]\d{2})(\d{2})$/, '$1:$2')
    .replace(/([+-]\d{2})$/, '$1:00')
  const collectedAt = parts ? new Date(parts[1] ? normal : `${normal}Z`) : null
  if (!collectedAt || Number.isNaN(collectedAt.getTime()) || !isCalendarDay(text)) {
    throw new InvalidInputError(
      'collected_at',
      `${JSON.stringify(told)?.slice(0, 60)} is no ISO 8601 time`,
      'Send what date -Iseconds prints.',
    )
  }
  if (!parts?.[1]) notes.push('collected_at has no offset: it is read as UTC.')
  const times = orderedTimes(collectedAt, receivedAt, notes)
  const behind = receivedAt.getTime() - collectedAt.getTime()
  if (behind > HOUR)
    notes.push(
      `collected_at is ${Math.round(behind / HOUR)} hours ago: the report is ordered by its arrival. Is the clock right?`,
    )
  // A script keeps nothing back: what it sends is how things are now, whatever its clock says.
  return { ...times, at: receivedAt }
}

/** JavaScript reads the 30th of February as the 2nd of March. */
function isCalendarDay(text: string): boolean {
  const [year = 0, month = 0, day = 0] = text.slice(0, 10).split('-').map(Number)
  return day <= new Date(Date.UTC(year, month, 0)).getUTCDate()
}

function readDisks(list: unknown[], times: ReportTimes, fields: ScriptFields) {
  const disks: DiskSighting[] = []
  const refused: RefusedDisk[] = []
  const fileSystems = new Map<string, FileSystemFacts>()
  const places = new Map<string, number>()
  for (const [index, entry] of list.entries()) {
    const path = `disks[${index}]`
    const disk = asObject(entry)
    const refuse = (serial: string | null, field: string, rule: string, cure: string): void => {
      refused.push({ index, serial, field: `${path}.${field}`, rule, cure })
    }
    if (!disk) {
      refuse(null, 'disk', 'must be an object', 'Send {"device": …, "serial": …}.')
      continue
    }
    const kname = typeof disk['device'] === 'string' ? disk['device'].slice(0, 255).replace(/^\/dev\//, '') : ''
    const names = [kname, disk['path'], disk['by_id']].flatMap((name) =>
      typeof name === 'string' ? name.slice(0, 255) : [],
    )
    const other = names.find(namesNoDisk)
    if (other !== undefined) {
      fields.note(`${path}: ${other} is no physical disk and is left out`)
      continue
    }
    fields.noteUnknown(path, disk, DISK_KEYS)
    try {
      const serial = fields.name(`${path}.serial`, disk['serial'], 128)
      const sighting = readDisk(disk, index, path, serial, fields)
      const before = places.get(sighting.place) ?? 0
      places.set(sighting.place, before + 1)
      if (before > 0) {
        // Two disks are never at one place: the second is told apart by its order.
        fields.note(`${path}: another disk of this report is at ${sighting.place} too`)
        sighting.place = `${sighting.place} #${before + 1}`
      }
      disks.push(sighting)
      readPartitions(disk['partitions'], `${path}.partitions`, sighting, times.collectedAt, fields, fileSystems)
    } catch (error) {
      if (!(error instanceof InvalidInputError)) throw error
      refused.push({ index, serial: null, field: error.field, rule: error.rule, cure: error.cure })
    }
    if (fileSystems.size > MOST_FILE_SYSTEMS)
      throw new InvalidInputError(
        'disks',
        `must hold at most ${MOST_FILE_SYSTEMS} partitions and volumes`,
        'Send those of one machine alone.',
      )
  }
  // What was refused, or not told of at all, is not gone.
  const told =
    refused.length === 0 && (list.length === 0 || list.some((entry) => asObject(entry)?.['partitions'] != null))
  return { disks, refused, fileSystems: told ? [...fileSystems.values()] : null }
}

const TYPES = new Map([
  ['hdd', DiskType.HDD],
  ['ssd', DiskType.SSD],
  ['nvme', DiskType.NVME],
])

/** What its partitions hold tells what a disk serves, where the script does not. */
const roleBy = (partitions: unknown): string | null =>
  roleByContent(
    asArray(partitions).map((partition) => ({
      type: 'part',
      parttype: null,
      fstype: asObject(dig(partition, 'lvm')) ? 'LVM2_member' : asName(dig(partition, 'fstype')),
      mountpoints: [asName(dig(partition, 'mountpoint')) ?? ''],
    })),
  )

/** udev names disks by their World Wide Name: wwn-0x5000c500a1b2c3d4, nvme-eui.… */
const wwnOf = (byId: string | null): string | null =>
  /(?:^|\/)(?:wwn-(0x[0-9a-f]{16,32})|nvme-(eui\.[0-9a-f]{16,32}))$/i
    .exec(byId ?? '')
    ?.slice(1)
    .find(Boolean) ?? null

function readDisk(
  disk: JsonObject,
  index: number,
  path: string,
  serial: string | null,
  fields: ScriptFields,
): DiskSighting {
  const word = fields.softName(`${path}.type`, disk['type'], 32)
  const type = word ? TYPES.get(word.toLowerCase()) : undefined
  if (!type) fields.note(word ? `${path}.type: "${word}" is none of HDD, SSD, NVMe` : `${path}.type is not told`)
  const model = fields.name(`${path}.model`, disk['model'], 128)
  if (!model) fields.note(`${path}.model is not told`)
  const device = fields.name(`${path}.device`, disk['device'], 255)
  const byId = fields.name(`${path}.by_id`, disk['by_id'], 255)
  const capacityBytes = fields.whole(`${path}.capacity_bytes`, disk['capacity_bytes'])
  return {
    label: String(index),
    evidence: evidenceOf({ serial, kernelSerial: null, model, wwn: wwnOf(byId), aliases: byId ? [byId] : [] }),
    place: byId ?? device ?? fields.name(`${path}.path`, disk['path'], 255) ?? `disk ${index}`,
    device: device?.replace(/^\/dev\//, '') ?? null,
    path: fields.name(`${path}.path`, disk['path'], 255) ?? (device ? `/dev/${device.replace(/^\/dev\//, '')}` : null),
    type: type ?? DiskType.UNKNOWN,
    bus: fields.softName(`${path}.bus`, disk['bus'], 32)?.toLowerCase() ?? null,
    role: fields.softName(`${path}.proxmox_role`, disk['proxmox_role'], 32) ?? roleBy(disk['partitions']),
    capacityBytes,
    firmware: null,
    rotationRpm: null,
    thorough: true,
    standing: NOT_ASKED,
    located: true,
    shown: true,
    reading: readSmart(disk['smart'], `${path}.smart`, fields),
  }
}

type Status = 'ok' | 'warn' | 'fail' | 'unavailable'

/** docs/report.md, and what programs call the same. */
const STATUSES = new Map<string, Status>([
  ...['ok', 'pass', 'passed', 'good', 'healthy', 'true'].map((word) => [word, 'ok'] as const),
  ...['warn', 'warning', 'prefail', 'pre-fail'].map((word) => [word, 'warn'] as const),
  ...['fail', 'failed', 'failing', 'failure', 'critical', 'bad', 'false'].map((word) => [word, 'fail'] as const),
  ...['unavailable', 'unknown', 'unsupported', 'none', 'n/a'].map((word) => [word, 'unavailable'] as const),
])

/** Each post is a reading, also one that tells nothing of a disk's health. */
function readSmart(value: unknown, path: string, fields: ScriptFields): Reading {
  const smart = asObject(value) ?? {}
  fields.noteUnknown(path, smart, SMART_KEYS)
  const word =
    typeof smart['status'] === 'boolean' ? String(smart['status']) : fields.text(`${path}.status`, smart['status'], 64)
  // A word that is not known says something, and not that all is well.
  const status = word === null ? null : (STATUSES.get(word.toLowerCase()) ?? 'unavailable')
  if (word !== null && !STATUSES.has(word.toLowerCase()))
    fields.note(`${path}.status: "${word}" is none of ok, warn, fail, unavailable`)
  const label = fields.text(`${path}.label`, smart['label'], 255)
  const detail = fields.text(`${path}.detail`, smart['detail'], 2000)
  const facts = factsOf(smart, path, status, fields)
  const findings = findingsOf(status, label ?? detail)
  const counted = facts.attributes.some(({ raw }) => raw !== null)
  const nothing =
    status === 'unavailable' ? !facts.attributes.some(({ raw }) => (raw ?? 0) > 0) : status === null && !counted
  return {
    outcome: nothing ? ReadingOutcome.UNREADABLE : ReadingOutcome.READ,
    source: ReadingSource.SCRIPT,
    ofMachine: false,
    cause: nothing ? (detail ?? label ?? 'The script could not read it') : null,
    facts,
    findings,
    document: null,
    reported: { status, label, detail },
  }
}

function findingsOf(status: Status | null, words: string | null): Reason[] {
  if (status === 'fail') return [reason('REPORTED_FAILED', Severity.FAILED, null, null, words)]
  if (status === 'warn') return [reason('REPORTED_WARNING', Severity.WARNING, null, null, words)]
  return status === 'ok' ? [reason('REPORTED_OK', Severity.INFO, null, null, words)] : []
}

function factsOf(smart: JsonObject, path: string, status: Status | null, fields: ScriptFields): SmartFacts {
  const counter = (id: number, name: string, key: string) => ({
    id,
    name,
    value: null,
    worst: null,
    threshold: null,
    packed: null,
    whenFailed: null,
    prefailure: false,
    raw: fields.whole(`${path}.${key}`, smart[key]),
  })
  const temperature = fields.whole(`${path}.temperature_c`, smart['temperature_c'], { least: -40, most: 120 })
  return {
    ...NOTHING_READ,
    passed: status === 'ok' ? true : null,
    reportedStatus: status === 'unavailable' ? null : status,
    temperature: temperature === 0 ? null : temperature,
    powerOnHours: fields.whole(`${path}.power_on_hours`, smart['power_on_hours'], { most: 2 ** 31 - 1 }),
    attributes: [
      counter(5, 'Reallocated_Sector_Ct', 'reallocated_sectors'),
      counter(197, 'Current_Pending_Sector', 'pending_sectors'),
      counter(198, 'Offline_Uncorrectable', 'uncorrectable_sectors'),
    ],
  }
}
