import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { CommandUnavailable, type Run } from '../platform/command.ts'
import { hardwareSection } from '../report/hardware.ts'
import { collectHardware } from './collect.ts'
import { parseLscpu } from './lscpu.ts'

const entry = (field: string, data: string, children?: unknown[]) => ({
  field,
  data,
  ...(children ? { children } : {}),
})

test.each([
  [
    'flat',
    [
      entry('CPU(s):', '16'),
      entry('Model name:', 'AMD EPYC 7302P'),
      entry('Core(s) per socket:', '8'),
      entry('Socket(s):', '1'),
    ],
    { cpuModel: 'AMD EPYC 7302P', sockets: 1, cores: 8, threads: 16 },
  ],
  [
    'nested',
    [
      entry('CPU(s):', '64'),
      entry('Vendor ID:', 'GenuineIntel', [
        entry('Model name:', 'Xeon', [entry('Core(s) per socket:', '16'), entry('Socket(s):', '2')]),
      ]),
    ],
    { cpuModel: 'Xeon', sockets: 2, cores: 32, threads: 64 },
  ],
  [
    'ARM, in clusters',
    [
      entry('CPU(s):', '4'),
      entry('Model name:', 'Cortex-A72'),
      entry('Core(s) per cluster:', '4'),
      entry('Socket(s):', '-'),
      entry('Cluster(s):', '1'),
    ],
    { cpuModel: 'Cortex-A72', sockets: 1, cores: 4, threads: 4 },
  ],
  ['without a name', [entry('Model name:', '-')], { cpuModel: null, sockets: null, cores: null, threads: null }],
])('lscpu is read %s', (_what, lscpu, expected) => {
  expect(parseLscpu(JSON.stringify({ lscpu }))).toEqual(expected)
})

let sys: string
const write = (path: string, text: string): void => {
  mkdirSync(dirname(join(sys, path)), { recursive: true })
  writeFileSync(join(sys, path), text)
}
const link = (path: string, to: string): void => {
  mkdirSync(dirname(join(sys, path)), { recursive: true })
  symlinkSync(to, join(sys, path))
}
beforeEach(() => {
  sys = mkdtempSync(join(tmpdir(), 'vigie-sys-'))
  write('class/dmi/id/sys_vendor', 'Supermicro\n')
  write('class/dmi/id/product_name', 'To Be Filled By O.E.M.\n')
  write('class/dmi/id/board_vendor', 'Supermicro\n')
  write('class/dmi/id/board_name', 'X11SSL-F\n')
  write('class/dmi/id/bios_version', '2.2\n')
  write('class/dmi/id/bios_date', '05/23/2018\n')
  write('class/net/eno1/address', '0c:c4:7a:00:00:01\n')
  write('class/net/eno1/speed', '1000\n')
  write('class/net/eno2/address', '0c:c4:7a:00:00:02\n')
  write('class/net/eno2/speed', '-1\n')
  for (const card of ['eno1', 'eno2']) link(`class/net/${card}/device/driver`, '../../../bus/pci/drivers/igb')
  write('class/net/br0/address', '02:00:00:00:00:01\n')
  write('bus/pci/devices/0000:01:00.0/class', '0x030000\n')
  write('bus/pci/devices/0000:01:00.0/vendor', '0x10de\n')
  write('bus/pci/devices/0000:01:00.0/device', '0x2204\n')
  write('bus/pci/devices/0000:02:00.0/class', '0x020000\n')
})
afterEach(() => rmSync(sys, { recursive: true }))

/** Tools that are not installed. */
const nothing: Run = (command) =>
  Promise.reject(new CommandUnavailable('MISSING_COMMAND', `${command} is not installed`))

test('a machine is told by its kernel where no tool is installed, and placeholders of its maker are not', async () => {
  const facts = await collectHardware(nothing, false, sys)
  expect(hardwareSection.parse(facts)).toMatchObject({
    cpuModel: null,
    system: 'Supermicro',
    board: 'Supermicro X11SSL-F',
    firmware: '2.2 05/23/2018',
    bootMode: 'BIOS',
    networkCards: [
      { name: 'eno1', address: '0c:c4:7a:00:00:01', driver: 'igb', speedMbit: 1000 },
      { name: 'eno2', driver: 'igb', speedMbit: null },
    ],
    gpus: [{ name: '0x10de:0x2204', driver: null }],
  })
  expect(facts.memoryBytes).toBeGreaterThan(0)
})

test('lspci names what it knows', async () => {
  const run: Run = async (command) => {
    if (command !== 'lspci') throw new CommandUnavailable('MISSING_COMMAND', 'not installed')
    return { stdout: 'Slot:\t01:00.0\nVendor:\tNVIDIA Corporation\nDevice:\tGA102\n', stderr: '', status: 0 }
  }
  expect((await collectHardware(run, false, sys)).gpus).toEqual([{ name: 'NVIDIA Corporation GA102', driver: null }])
})

test('a container tells nothing of the boards and cards of its host', async () => {
  expect(await collectHardware(nothing, true, sys)).toMatchObject({
    system: null,
    board: null,
    networkCards: [],
    gpus: [],
  })
})

test('a tool that does not answer this time makes nothing unknown that was known: the section says why', async () => {
  const hung: Run = () => Promise.reject(new CommandUnavailable('TIMEOUT', 'lscpu gave no answer'))
  await expect(collectHardware(hung, false, sys)).rejects.toThrow('no answer')
})
