import { z } from 'zod'
import { MachineKind } from './machine-kind.ts'

const text = z.string().max(255)
const links = z.array(
  z.object({
    device: text.describe("kernel's name"),
    byId: z.array(text).max(50).describe('names below /dev/disk/by-id, without those of partitions'),
    byPath: text.nullable().describe('name below /dev/disk/by-path'),
    wwid: text.nullable().describe('of sysfs'),
  }),
)

/** What a machine tells of itself. */
export const machineSection = z.object({
  ip: text.nullable().describe('of the default route'),
  os: text.nullable().describe('debian, ubuntu, raspbian, proxmox or other'),
  osVersion: text.nullable().describe('VERSION_ID of os-release(5)'),
  arch: text.nullable().describe('as uname -m prints it'),
  kind: z.enum(MachineKind),
  virtualization: text.nullable().describe('as systemd-detect-virt(1) prints it'),
  machineIdHash: text.nullable().describe('of /etc/machine-id'),
  hardwareHash: text
    .nullable()
    .default(null)
    .describe('of its board and network cards: tells it from a copy of its whole disk'),
  bootHash: text.nullable().default(null).describe('of this start of its kernel'),
  root: z.boolean().describe('whether the agent runs as root'),
  links: links.max(20_000).default([]).describe('what else each disk is called: evidence of which one it is'),
})

export type MachineFacts = z.infer<typeof machineSection>
