import { existsSync } from 'node:fs'
import { readdir, readFile, readlink } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { orMissing, type Run } from '../platform/command.ts'
import type { HardwareFacts } from '../report/hardware.ts'
import { collectGpus } from './gpus.ts'
import { parseLscpu } from './lscpu.ts'

const NO_CPU = { cpuModel: null, sockets: null, cores: null, threads: null }
const MOST_CARDS = 500

/** What this machine is made of. `isContainer`: what the kernel says of boards and cards is of its host, and left out. */
export async function collectHardware(run: Run, isContainer: boolean, sys = '/sys'): Promise<HardwareFacts> {
  const cpu = await readCpu(run)
  const common = { ...cpu, memoryBytes: await readMemory() }
  if (isContainer)
    return { ...common, system: null, board: null, firmware: null, bootMode: null, networkCards: [], gpus: [] }
  const dmi = (...names: string[]): Promise<string | null> => readAll(join(sys, 'class/dmi/id'), names)
  return {
    ...common,
    system: (await dmi('sys_vendor', 'product_name')) ?? (await readText('/proc/device-tree/model')),
    board: await dmi('board_vendor', 'board_name'),
    firmware: await dmi('bios_vendor', 'bios_version', 'bios_date'),
    bootMode: await bootMode(sys),
    networkCards: await readCards(join(sys, 'class/net')),
    gpus: await collectGpus(run, join(sys, 'bus/pci/devices')),
  }
}

/** Where lscpu does not answer this time, nothing is told of all this: what was known stays. */
async function readCpu(run: Run): Promise<ReturnType<typeof parseLscpu>> {
  const told = await run('lscpu', ['--json'], { timeoutMs: 10_000 }).catch(orMissing)
  return told ? parseLscpu(told.stdout) : NO_CPU
}

/** proc(5), /proc/meminfo: MemTotal, in KiB. */
async function readMemory(): Promise<number | null> {
  const text = await readFile('/proc/meminfo', 'utf8').catch(() => '')
  const kib = Number(/^MemTotal:\s+(\d+) kB$/m.exec(text)?.[1])
  return kib > 0 ? kib * 1024 : null
}

/** What makers leave unfilled says nothing. */
const PLACEHOLDER =
  /^(to be filled by o\.?e\.?m\.?|default string|not specified|system (manufacturer|product name)|none|n\/a|0+)$/i

async function readText(file: string): Promise<string | null> {
  const text = await readFile(file, 'utf8').catch(() => '')
  // A device tree ends its texts with NUL.
  const line = text.replace(/\0/g, '').trim().slice(0, 100)
  return line === '' || PLACEHOLDER.test(line) ? null : line
}

async function readAll(folder: string, names: readonly string[]): Promise<string | null> {
  const texts = await Promise.all(names.map((name) => readText(join(folder, name))))
  return texts.filter(Boolean).join(' ') || null
}

/** A PC has either; of others neither is told. */
async function bootMode(sys: string): Promise<HardwareFacts['bootMode']> {
  if (existsSync(join(sys, 'firmware/efi'))) return 'UEFI'
  return (await readText(join(sys, 'class/dmi/id/bios_version'))) === null ? null : 'BIOS'
}

/** Those of a device; bridges, tunnels and the like have none. */
async function readCards(folder: string): Promise<HardwareFacts['networkCards']> {
  const cards: HardwareFacts['networkCards'] = []
  for (const name of (await readdir(folder).catch(() => [])).sort()) {
    const at = join(folder, name)
    if (cards.length === MOST_CARDS || !existsSync(join(at, 'device'))) continue
    const driver = await readlink(join(at, 'device/driver')).catch(() => null)
    // Without a link the kernel says -1, or cannot be asked.
    const speed = Number(await readText(join(at, 'speed')))
    cards.push({
      name: name.slice(0, 255),
      address: await readText(join(at, 'address')),
      driver: driver && basename(driver).slice(0, 255),
      speedMbit: Number.isInteger(speed) && speed > 0 ? speed : null,
    })
  }
  return cards
}
