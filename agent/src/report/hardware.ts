import { z } from 'zod'

// What a machine is made of, beside its disks, which have sections of their own.

const text = z.string().max(255)
const count = z.int().nonnegative().max(1_000_000).nullable()

const card = z.object({
  name: text.describe("kernel's name, such as eno1"),
  address: text.nullable().describe('MAC'),
  driver: text.nullable(),
  speedMbit: count.describe('of its link; null = it has none, or not told'),
})

const gpu = z.object({
  name: text.describe('vendor and model, or their numbers (0x10de:0x2204) where lspci(8) is absent'),
  driver: text.nullable().describe('null = none is loaded for it'),
})

export const hardwareSection = z.object({
  cpuModel: text.nullable().describe('as lscpu(1) names it'),
  sockets: count,
  cores: count.describe('of all sockets'),
  threads: count.describe('processors that the kernel sees'),
  memoryBytes: z
    .int()
    .nonnegative()
    .nullable()
    .meta({ unit: 'bytes' })
    .describe('that the kernel can use: somewhat less than is built in'),
  system: text.nullable().describe('vendor and product (SMBIOS, or the device tree); null in a container'),
  board: text.nullable().describe('vendor and product of its main board'),
  firmware: text.nullable().describe('vendor, version and day of its BIOS or UEFI'),
  bootMode: z.enum(['UEFI', 'BIOS']).nullable().describe('null = neither, or not told'),
  networkCards: z.array(card).max(500).describe('without what is virtual'),
  gpus: z.array(gpu).max(100),
})

export type HardwareFacts = z.infer<typeof hardwareSection>
