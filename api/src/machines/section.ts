import { z } from 'zod'
import { MachineKind } from './machine-kind.ts'

const text = z.string().max(255).nullable()

/** What the agent tells about its machine. Null = could not be told. */
export const machineSection = z.object({
  ip: text,
  os: text,
  osVersion: text,
  arch: text,
  kind: z.enum(MachineKind),
  virtualization: text,
  machineIdHash: text,
  /** Of its board and network cards: tells it from a copy of its whole disk. */
  hardwareHash: text.default(null),
  /** Of this start of its kernel. */
  bootHash: text.default(null),
  root: z.boolean(),
  /** Names of each block device below /dev/disk, and its wwid in sysfs: evidence of which disk it is. */
  links: z
    .array(
      z.object({
        device: z.string().max(255),
        byId: z.array(z.string().max(255)).max(50),
        byPath: z.string().max(255).nullable(),
        wwid: z.string().max(255).nullable(),
      }),
    )
    .max(20_000)
    .default([]),
})

export type MachineFacts = z.infer<typeof machineSection>
