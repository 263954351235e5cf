import { z } from 'zod'
import { machineName } from '../reasons/names.ts'
import type { Row } from '../database/rows.ts'
import { DiskOrder } from '../disks/disk-list.ts'
import { DiskType } from '../disks/disk-words.ts'
import type { Disk } from '../disks/disk.entity.ts'
import { Health } from '../disks/health.ts'
import { sentence } from '../reasons/sentence.ts'
import { ASKED, flag, several } from './asked.ts'
import type { CsvList, Sources } from './csv-list.ts'

const COLUMNS = [
  'serial',
  'model',
  'label',
  'note',
  'tags',
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
  'retired_at',
  'holds',
] as const

const shape = z.strictObject({
  ...ASKED,
  health: several(z.enum(Health)),
  type: several(z.enum(DiskType)),
  machineId: z.string().max(100).optional(),
  moved: flag.optional(),
  missing: flag.optional(),
  orderBy: z.enum(DiskOrder).default(DiskOrder.WORST_FIRST),
})

/** What `disks(filter, orderBy, reverse)` lists, with what lies on each disk. */
export const DISKS_CSV: CsvList<z.infer<typeof shape>, Row<Disk>> = {
  name: 'disks',
  shape,
  columns: COLUMNS,
  page: ({ disks }, { orderBy, reverse, language: _, ...filter }, page) =>
    disks.list({ ...page, filter, orderBy, reverse, includeArchived: false }),
  row: (disk, sources, { language }) => rowOf(disk, sources, language),
}

async function rowOf(
  disk: Row<Disk>,
  { disks, machines, places }: Sources,
  language: 'en' | 'fr',
): Promise<Record<(typeof COLUMNS)[number], unknown>> {
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
    tags: disk.tags.join(', '),
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
    retired_at: disk.archivedAt?.toISOString(),
    holds: held
      .map(({ fileSystem, verdict }) => `${fileSystem.mountpoint ?? fileSystem.source}: ${verdict}`)
      .join('; '),
  }
}
