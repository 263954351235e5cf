import { existsSync } from 'node:fs'
import { readdir, readFile, realpath } from 'node:fs/promises'
import { basename } from 'node:path'
import type { Run } from '../platform/command.ts'
import { readMounts } from '../host/mounts.ts'
import type { MachineFacts } from '../report/machine.ts'
import { bootHash, hardwareHash, machineIdHash } from './identity.ts'
import { parseHostnameI, parseRoute } from './address.ts'
import { kindOf } from './kind.ts'
import { osOf, parseOsRelease, parsePveversion } from './os.ts'

const read = (file: string): Promise<string | null> =>
  readFile(file, 'utf8').then(
    (text) => text.replace(/\0/g, '').trim(),
    () => null,
  )

/** What this machine is. Each sign that cannot be read is null and costs itself alone. */
export async function collectMachine(run: Run, root: boolean): Promise<MachineFacts> {
  const release = parseOsRelease((await read('/etc/os-release')) ?? (await read('/usr/lib/os-release')) ?? '')
  const proxmoxVersion = await readProxmox(run, release)
  const kind = kindOf({
    container: (await detectVirt(run, '--container')) ?? (await read('/run/systemd/container')),
    vm: await detectVirt(run, '--vm'),
    proxmox: proxmoxVersion !== null,
    boardModel: await read('/proc/device-tree/model'),
    chassis: Number(await read('/sys/class/dmi/id/chassis_type')) || null,
    graphical: existsSync('/etc/systemd/system/display-manager.service'),
  })
  const machineId = (await read('/etc/machine-id')) ?? ''
  return {
    ip: await readAddress(run),
    ...osOf(release, proxmoxVersion, await read('/etc/debian_version')),
    arch: await run('uname', ['-m']).then(
      ({ stdout }) => stdout.trim() || null,
      () => null,
    ),
    ...kind,
    machineIdHash: machineIdHash(machineId),
    hardwareHash: hardwareHash(machineId, await read('/sys/class/dmi/id/product_uuid'), await readMacs()),
    bootHash: bootHash(machineId, await read('/proc/sys/kernel/random/boot_id')),
    root,
    links: await collectLinks(),
  }
}

/** Null = no Proxmox VE; '' = Proxmox VE of a version that could not be read. */
async function readProxmox(run: Run, release: Record<string, string>): Promise<string | null> {
  // Its cluster file system (FUSE) may answer no more: the kernel tells that it is mounted, and its files are not asked.
  const isMounted = readMounts().some(({ mountpoint }) => mountpoint === '/etc/pve')
  const signs = isMounted || /^(pve|proxmox)/i.test(release['VARIANT_ID'] ?? '')
  const told = await run('pveversion', []).then(
    ({ stdout }) => parsePveversion(stdout),
    () => null,
  )
  return told ?? (signs ? '' : null)
}

/** Prints one word and ends with 1 for none; null where it is not installed. */
const detectVirt = (run: Run, what: string): Promise<string | null> =>
  run('systemd-detect-virt', [what], { timeoutMs: 5000 }).then(
    ({ stdout }) => stdout.trim() || null,
    () => null,
  )

async function readAddress(run: Run): Promise<string | null> {
  const route = await run('ip', ['-json', 'route', 'get', '192.0.2.1'], { timeoutMs: 5000 })
    .then(({ stdout }) => parseRoute(stdout))
    .catch(() => null)
  return (
    route ??
    run('hostname', ['-I'], { timeoutMs: 5000 }).then(
      ({ stdout }) => parseHostnameI(stdout),
      () => null,
    )
  )
}

/** Of the network cards alone: what is virtual is made anew at each start. */
async function readMacs(): Promise<string[]> {
  const macs: string[] = []
  for (const name of await readdir('/sys/class/net').catch(() => [])) {
    const mac = existsSync(`/sys/class/net/${name}/device`) ? await read(`/sys/class/net/${name}/address`) : null
    if (mac && !/^(00:)+00$/.test(mac)) macs.push(mac)
  }
  return macs
}

/** Names of the disks below /dev/disk, which know more of them than their numbers, and the wwid of sysfs. */
async function collectLinks(): Promise<MachineFacts['links']> {
  const found = new Map<string, MachineFacts['links'][number]>()
  const of = (device: string) => {
    const known = found.get(device) ?? { device, byId: [], byPath: null, wwid: null }
    found.set(device, known)
    return known
  }
  for (const folder of ['by-id', 'by-path'] as const) {
    for (const name of await readdir(`/dev/disk/${folder}`).catch(() => [])) {
      if (/-part\d+$/.test(name) || /^(dm|lvm|md)-/.test(name)) continue
      const device = basename(await realpath(`/dev/disk/${folder}/${name}`).catch(() => ''))
      if (!device) continue
      if (folder === 'by-id') of(device).byId.push(name)
      else of(device).byPath ??= name
    }
  }
  for (const device of await readdir('/sys/block').catch(() => [])) {
    const wwid = (await read(`/sys/block/${device}/wwid`)) ?? (await read(`/sys/block/${device}/device/wwid`))
    // "t10.ATA …" is vendor, model and serial over again, and differs between kernels.
    if (wwid && !wwid.startsWith('t10.')) of(device).wwid = wwid
  }
  return [...found.values()].map((link) => ({ ...link, byId: link.byId.sort().slice(0, 20) }))
}
