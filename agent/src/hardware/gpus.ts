import { readdir, readFile, readlink } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { orMissing, type Run } from '../platform/command.ts'
import type { HardwareFacts } from '../report/hardware.ts'

type Gpu = HardwareFacts['gpus'][number]

const PCI = '/sys/bus/pci/devices'
/** PCI class 03, display controllers (PCI Code and ID Assignment). */
const DISPLAY = /^0x03/
const MOST = 100

/** Display controllers on PCI, by the kernel; their names by lspci(8) where it is installed. */
export async function collectGpus(run: Run, folder = PCI): Promise<Gpu[]> {
  const gpus: Gpu[] = []
  for (const slot of (await readdir(folder).catch(() => [])).sort()) {
    const read = (name: string): Promise<string> =>
      readFile(join(folder, slot, name), 'utf8').then(
        (text) => text.trim(),
        () => '',
      )
    if (gpus.length === MOST || !DISPLAY.test(await read('class'))) continue
    const driver = await readlink(join(folder, slot, 'driver')).catch(() => null)
    gpus.push({
      name: (await nameOf(run, slot)) ?? `${await read('vendor')}:${await read('device')}`,
      driver: driver && basename(driver),
    })
  }
  return gpus
}

/** `lspci -vmm -s SLOT`: a field in each line. */
async function nameOf(run: Run, slot: string): Promise<string | null> {
  const told = await run('lspci', ['-vmm', '-s', slot], { timeoutMs: 10_000 }).catch(orMissing)
  const field = (name: string): string =>
    told?.stdout
      .split('\n')
      .find((line) => line.startsWith(`${name}:\t`))
      ?.slice(name.length + 2)
      .trim() ?? ''
  return [field('Vendor'), field('Device')].filter(Boolean).join(' ').slice(0, 255) || null
}
