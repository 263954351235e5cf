import { stringify } from 'csv-stringify/sync'
import type { Row } from '../database/rows.ts'
import type { DiskConditions, DiskOrder } from '../disks/disk-list.ts'
import type { Disk } from '../disks/disk.entity.ts'
import type { DisksService } from '../disks/disks.service.ts'
import { machineName } from '../machines/machine-name.ts'
import type { MachinesService } from '../machines/machines.service.ts'
import { LARGEST_PAGE } from '../platform/page.ts'
import { sentence } from '../reasons/sentence.ts'
import type { PlacesService } from './places.service.ts'

/** What one page of the export is made with. */
interface Sources {
  disks: DisksService
  machines: MachinesService
  places: PlacesService
}

export interface DisksCsvQuery {
  filter: DiskConditions
  orderBy: DiskOrder
  reverse: boolean
  /** Of the reasons. */
  language: 'en' | 'fr'
}

/** Machine-readable names, the same in every language; a blank cell is what nobody knows. */
const COLUMNS = [
  'serial',
  'model',
  'label',
  'note',
  'type',
  'health',
  'reasons',
  'machine',
  'device',
  'capacity_bytes',
  'temperature_celsius',
  'power_on_hours',
  'firmware',
  'wwn',
  'first_seen_at',
  'last_seen_at',
  'last_read_at',
  'missing_since',
  'holds',
] as const

/**
 * Every disk that a list shows, page by page: no more than one page is held, however many there are, and each takes its
 * turn among the other readers. `sourcesOf` makes new ones for each page, for their loaders keep what they loaded.
 */
export async function* disksCsv(
  query: DisksCsvQuery,
  { sourcesOf, turn }: { sourcesOf: () => Sources; turn: () => Promise<() => void> },
): AsyncGenerator<string> {
  // The mark tells spreadsheets that this is UTF-8; a text that begins like a formula is kept from being one.
  const write = (rows: Record<string, unknown>[], isFirst: boolean): string =>
    stringify(rows, { columns: [...COLUMNS], header: isFirst, bom: isFirst, escape_formulas: true })
  let after: string | null = null
  let isFirst = true
  do {
    const { rows, next } = await inTurn(turn, () => pageOfRows(query, after, sourcesOf()))
    yield write(rows, isFirst)
    isFirst = false
    after = next
  } while (after !== null)
}

async function inTurn<T>(turn: () => Promise<() => void>, work: () => Promise<T>): Promise<T> {
  const done = await turn()
  try {
    return await work()
  } finally {
    done()
  }
}

type CsvRow = Record<(typeof COLUMNS)[number], unknown>

async function pageOfRows(
  query: DisksCsvQuery,
  after: string | null,
  sources: Sources,
): Promise<{ rows: CsvRow[]; next: string | null }> {
  const asked = { ...query, includeArchived: false, first: LARGEST_PAGE, after }
  const { nodes, pageInfo } = await sources.disks.list(asked)
  const rows = await Promise.all(nodes.map((disk) => rowOf(disk, sources, query.language)))
  return { rows, next: pageInfo.hasNextPage ? pageInfo.endCursor : null }
}

async function rowOf(disk: Row<Disk>, { disks, machines, places }: Sources, language: 'en' | 'fr'): Promise<CsvRow> {
  const { health, reasons } = disks.verdict(disk)
  const [machine, reading, held] = await Promise.all([
    machines.load(disk.machine),
    disks.lastReading(disk),
    places.ofDisk(disk),
  ])
  return {
    serial: disk.serial,
    model: disk.model,
    label: disk.label,
    note: disk.note,
    type: disk.type,
    health,
    reasons: reasons.map((reason) => sentence(reason, language)).join(' '),
    machine: machineName(machine),
    device: disk.device,
    capacity_bytes: disk.capacityBytes,
    temperature_celsius: reading?.temperature,
    power_on_hours: reading?.powerOnHours,
    firmware: disk.firmware,
    wwn: disk.wwn,
    first_seen_at: disk.firstSeenAt.toISOString(),
    last_seen_at: disk.lastSeenAt.toISOString(),
    last_read_at: disk.lastReadAt?.toISOString(),
    missing_since: disk.missingSince?.toISOString(),
    holds: held
      .map(({ fileSystem, verdict }) => `${fileSystem.mountpoint ?? fileSystem.source}: ${verdict}`)
      .join('; '),
  }
}
