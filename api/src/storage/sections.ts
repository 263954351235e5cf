import { z } from 'zod'

// What the agent tells about storage, as it parsed it. docs/report.md shows each shape with an example.

const text = z.string().max(4096)
/** No array has more members; what is shown as Int must be one (GraphQL §3.5.1). */
const members = z.int().nonnegative().max(100_000)
const bytes = z.int().nonnegative().nullable()
const list = <T extends z.ZodType>(item: T) => z.array(item).max(20_000)

export const lvmSection = z.object({
  physicalVolumes: list(
    z.object({ device: text, volumeGroup: text.nullable(), sizeBytes: bytes, freeBytes: bytes, missing: z.boolean() }),
  ),
  volumeGroups: list(z.object({ name: text, sizeBytes: bytes, freeBytes: bytes, partial: z.boolean() })),
  logicalVolumes: list(
    z.object({
      name: text,
      volumeGroup: text,
      path: text.nullable(),
      sizeBytes: bytes,
      devices: list(text),
      tags: list(text),
      health: text.nullable().default(null),
      type: text.nullable().default(null),
      dataPercent: z.number().min(0).max(1000).nullable().default(null),
      metadataPercent: z.number().min(0).max(1000).nullable().default(null),
    }),
  ),
})

export const zpoolSection = z.object({
  pools: list(
    z.object({
      name: text,
      state: text.nullable(),
      sizeBytes: bytes,
      allocatedBytes: bytes,
      freeBytes: bytes,
      /** `device` is the kernel's name behind the path; null where the device is gone. */
      devices: list(
        z.object({
          path: text,
          device: text.nullable(),
          state: text.nullable(),
          errors: z.object({ read: bytes, write: bytes, checksum: bytes }).nullable().default(null),
          /** spare, cache or log; null = it holds data. */
          use: text.nullable().default(null),
        }),
      ),
      dataErrors: bytes.default(null),
      damagedFiles: list(text).default([]),
      scanErrors: bytes.default(null),
    }),
  ),
})

export const mdraidSection = z.object({
  arrays: list(
    z.object({
      name: text,
      level: text.nullable(),
      active: z.boolean(),
      broken: z.boolean().default(false),
      syncAction: text.nullable().default(null),
      devices: list(z.object({ device: text, failed: z.boolean(), spare: z.boolean() })),
      expectedDevices: members.nullable(),
      workingDevices: members.nullable(),
      container: z.boolean().default(false),
    }),
  ),
})

export const btrfsSection = z.object({
  fileSystems: list(
    z.object({
      uuid: text,
      label: text.nullable(),
      devices: list(z.object({ id: z.int().nonnegative(), missing: z.boolean().nullable(), errors: bytes })),
      vanished: members.default(0),
    }),
  ),
})

export const luksSection = z.object({ containers: list(z.object({ name: text, device: text, below: list(text) })) })

export const dfSection = z.object({
  fileSystems: list(
    z.object({
      source: text,
      fstype: text,
      sizeBytes: bytes,
      usedBytes: bytes,
      availableBytes: bytes,
      mountpoint: text,
    }),
  ),
})

export const cephSection = z.object({ osds: list(z.object({ id: text, devices: list(text), encrypted: z.boolean() })) })

export const homesSection = z.object({
  roots: list(text),
  users: list(z.object({ user: text, path: text, bytes, measuredAt: z.iso.datetime({ offset: true }).nullable() })),
})

export type LvmFacts = z.infer<typeof lvmSection>
export type ZpoolFacts = z.infer<typeof zpoolSection>
export type MdraidFacts = z.infer<typeof mdraidSection>
export type BtrfsFacts = z.infer<typeof btrfsSection>
export type LuksFacts = z.infer<typeof luksSection>
export type DfFacts = z.infer<typeof dfSection>
export type CephFacts = z.infer<typeof cephSection>
export type HomesFacts = z.infer<typeof homesSection>
