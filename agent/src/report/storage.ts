import { z } from 'zod'

// What the tools of each kind of storage say, as the agent reads it. A default stands for what older agents leave out.

const text = z.string().max(4096)
/** No array has more members; what is shown as Int must be one (GraphQL §3.5.1). */
const members = z.int().nonnegative().max(100_000)
const bytes = z.int().nonnegative().nullable().meta({ unit: 'bytes' })
const count = z.int().nonnegative().nullable()
const percent = z.number().min(0).max(1000).nullable().meta({ unit: 'percent' }).default(null)
const list = <T extends z.ZodType>(item: T) => z.array(item).max(20_000)

const physicalVolume = z.object({
  device: text,
  volumeGroup: text.nullable().describe('null = of none'),
  sizeBytes: bytes,
  freeBytes: bytes,
  missing: z.boolean().describe('the group knows it, and no device holds it'),
})
const volumeGroup = z.object({
  name: text,
  sizeBytes: bytes,
  freeBytes: bytes,
  partial: z.boolean().describe('a physical volume of it is missing'),
})
const logicalVolume = z.object({
  name: text,
  volumeGroup: text,
  path: text.nullable(),
  sizeBytes: bytes,
  devices: list(text).describe('what it lies on'),
  tags: list(text),
  health: text
    .nullable()
    .default(null)
    .describe('lv_health_status of lvs(8): partial, refresh needed …; null = good, or not told'),
  type: text.nullable().default(null).describe('segtype of lvs(8): linear, raid1, thin-pool …'),
  dataPercent: percent.describe('how full the data of a thin pool is; null = it is none, or not told'),
  metadataPercent: percent.describe('how full the metadata of a thin pool is'),
})
export const lvmSection = z.object({
  physicalVolumes: list(physicalVolume),
  volumeGroups: list(volumeGroup),
  logicalVolumes: list(logicalVolume),
})

const errors = z.object({ read: count, write: count, checksum: count })
const poolDevice = z.object({
  path: text,
  device: text.nullable().describe("kernel's name behind the path; null = it is gone"),
  state: text.nullable().describe('ONLINE, DEGRADED, FAULTED …'),
  errors: errors.nullable().default(null).describe('since they were cleared'),
  use: text.nullable().default(null).describe('spare, cache or log; null = it holds data'),
  group: text
    .nullable()
    .default(null)
    .describe(
      'the mirror or raidz that it is in, or its own path where it stands alone; null = not told, or being filled',
    ),
})
const pool = z.object({
  name: text,
  state: text.nullable(),
  sizeBytes: bytes,
  allocatedBytes: bytes,
  freeBytes: bytes,
  devices: list(poolDevice),
  dataErrors: count.default(null).describe('in data that no copy could mend'),
  damagedFiles: list(text).default([]).describe('the first 20'),
  scanErrors: count.default(null).describe('of the last scrub or resilver; null = none was done, or it is running'),
})
export const zpoolSection = z.object({ pools: list(pool) })

const mdMember = z.object({ device: text, failed: z.boolean(), spare: z.boolean() })
const mdArray = z.object({
  name: text.describe("kernel's name, such as md0"),
  level: text.nullable().describe('raid1, raid5 …'),
  active: z.boolean(),
  broken: z.boolean().default(false).describe('too many members are gone: what is on it cannot be read'),
  syncAction: text.nullable().default(null).describe('recover, resync, check … (md(4)); null = idle, or not told'),
  devices: list(mdMember),
  expectedDevices: members.nullable(),
  workingDevices: members.nullable(),
  container: z
    .boolean()
    .default(false)
    .describe('a set of firmware RAID that only holds other arrays: it is never active itself'),
})
export const mdraidSection = z.object({ arrays: list(mdArray) })

const btrfsDevice = z.object({
  id: z.int().nonnegative(),
  missing: z.boolean().nullable().describe('null = a kernel before 5.17 does not tell'),
  errors: count.describe('of all kinds'),
})
const btrfsFileSystem = z.object({
  uuid: text,
  label: text.nullable(),
  devices: list(btrfsDevice),
  vanished: members.default(0).describe('devices that went while it is mounted'),
})
export const btrfsSection = z.object({ fileSystems: list(btrfsFileSystem).describe('what is mounted') })

const container = z.object({
  name: text,
  device: text.describe("kernel's name"),
  below: list(text).describe('what it lies on'),
})
export const luksSection = z.object({ containers: list(container).describe('what is open') })

const mounted = z.object({
  source: text,
  fstype: text,
  sizeBytes: bytes,
  usedBytes: bytes,
  availableBytes: bytes,
  mountpoint: text,
  readOnly: z.boolean().nullable().default(null).describe('as it is mounted; null = not told'),
  wentReadOnly: z
    .boolean()
    .nullable()
    .default(null)
    .describe('whether its kernel lets nobody write to it any more because of errors; null = not told'),
})
export const dfSection = z.object({ fileSystems: list(mounted) })

const osd = z.object({ id: text, devices: list(text), encrypted: z.boolean() })
export const cephSection = z.object({ osds: list(osd) })

const home = z.object({
  user: text,
  path: text,
  bytes: bytes.describe('null = not measured'),
  measuredAt: z.iso.datetime({ offset: true }).nullable(),
})
export const homesSection = z.object({ roots: list(text), users: list(home) })

export type LvmFacts = z.infer<typeof lvmSection>
export type ZpoolFacts = z.infer<typeof zpoolSection>
export type MdraidFacts = z.infer<typeof mdraidSection>
export type BtrfsFacts = z.infer<typeof btrfsSection>
export type LuksFacts = z.infer<typeof luksSection>
export type DfFacts = z.infer<typeof dfSection>
export type CephFacts = z.infer<typeof cephSection>
export type HomesFacts = z.infer<typeof homesSection>
