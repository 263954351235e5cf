import { randomUUID } from 'node:crypto'
import { existsSync, realpathSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { basename } from 'node:path'
import { collectDocker } from '../docker/collect.ts'
import { collectDisks, type DeviceSetting } from '../disks/collect.ts'
import { collectHardware } from '../hardware/collect.ts'
import { collectMetrics } from '../metrics/collect.ts'
import type { Sampler } from '../metrics/sampler.ts'
import { collectPackages } from '../packages/collect.ts'
import { collectMachine } from '../machines/collect.ts'
import { machineKey } from '../machines/identity.ts'
import type { Run } from '../platform/command.ts'
import { readMounts } from '../host/mounts.ts'
import { collectBtrfs } from '../storage/btrfs.ts'
import { cephOf } from '../storage/ceph.ts'
import { collectDf } from '../storage/df.ts'
import { collectHomes, homesByChild } from '../storage/homes.ts'
import { LARGEST_BODY } from '../report/limits.ts'
import type { MachineFacts } from '../report/machine.ts'
import type { SectionKind } from '../report/sections.ts'
import type { LvmFacts } from '../report/storage.ts'
import { type BlockDevice, collectLsblk, parseLsblk } from '../storage/lsblk.ts'
import { withKernelStatus } from '../storage/dm-status.ts'
import { collectLuks } from '../storage/luks.ts'
import { askWhenAwake } from '../storage/lvm-rest.ts'
import { collectLvm } from '../storage/lvm.ts'
import { collectMdraid } from '../storage/mdraid.ts'
import { collectZpool } from '../storage/zpool.ts'
import { MachineKind } from '../report/machine-kind.ts'
import { collectApt } from '../updates/apt.ts'
import { APT_SOURCES, fingerprintOf, PACKAGE_SOURCES } from '../updates/fingerprint.ts'
import { collectReboot } from '../updates/reboot.ts'
import { VERSION } from '../version.ts'
import { type CostlySection, collectWhenChanged } from './keep-section.ts'
import { type Collect, collectSection, type Section, Unavailable } from './section.ts'

/** The value of the mutation's `report`. */
export interface InventoryReport {
  id: string
  machineKey: string
  hostname: string
  collectedAt: string
  agentVersion: string
  sections: Section[]
}

export interface ReportOptions {
  run: Run
  stateDir: string
  devices: readonly DeviceSetting[]
  sampler: Pick<Sampler, 'take'>
  /** Kinds of sections that are not to be told. */
  leftOut: ReadonlySet<string>
  /** Whether registries are asked for newer images. */
  asksRegistries: boolean
  root: boolean
  /** False: S.M.A.R.T. is not due yet. */
  smart: boolean
}

/** The envelope needs its room. */
const LARGEST_REPORT = LARGEST_BODY - 512 * 1024

/** Collects everything that this machine can tell of itself. */
export async function collectReport({
  run,
  stateDir,
  devices,
  leftOut,
  asksRegistries,
  sampler,
  root,
  smart,
}: ReportOptions): Promise<InventoryReport> {
  const key = await machineKey(stateDir)
  const collectedAt = new Date().toISOString()
  const lsblk = await collectSection('lsblk', async () => withoutForeign(await collectLsblk(run)))
  const blockDevices = lsblk?.payload ? parseLsblk(lsblk.payload) : await kernelDisks()
  let asked: Promise<LvmFacts | null> | null = null
  const lvm = (): Promise<LvmFacts | null> =>
    (asked ??= lsblk?.unavailable
      ? Promise.reject(
          new Unavailable(lsblk.unavailable.code, 'lsblk did not answer, and only it tells whether LVM is here'),
        )
      : usesLvm(blockDevices)
        ? asRoot(root, 'LVM', async () => {
            const facts = await askWhenAwake(() => collectLvm(run), blockDevices, stateDir)
            return facts && withKernelStatus(facts, run)
          })
        : Promise.resolve(null))
  const machine = collectMachine(run, root)
  const kinds: [kind: SectionKind, collect: Collect][] = [
    ['machine', () => machine],
    ['lvm', lvm],
    ['zpool', () => collectZpool(run, kernelName)],
    ['mdraid', () => collectMdraid(blockDevices)],
    ['btrfs', () => collectBtrfs(readMounts())],
    ['luks', () => collectLuks()],
    ['df', () => collectDf(run, readMounts())],
    // Where LVM cannot be asked, its own section says why.
    ['ceph', () => lvm().then(cephOf, () => null)],
    ['homes', () => collectHomes({ run, stateDir, list: homesByChild(run) })],
    ['metrics', async () => collectMetrics(sampler, (await machine).kind)],
    ['hardware', async () => collectHardware(run, isContainer(await machine))],
    ['docker', () => collectDocker({ env: process.env, run, stateDir, registries: asksRegistries })],
    ['reboot', async () => collectReboot(run, isContainer(await machine))],
  ]
  const [storage, disks, costly] = await Promise.all([
    Promise.all(kinds.filter(([kind]) => !leftOut.has(kind)).map(([kind, collect]) => collectSection(kind, collect))),
    smart ? collectDisks(run, blockDevices, devices, root) : [],
    Promise.all(
      [aptOf(run), packagesOf(run)]
        .filter(({ kind }) => !leftOut.has(kind))
        .map((section) => collectWhenChanged(section, stateDir)),
    ),
  ])
  const told = [lsblk, ...storage, ...costly, ...disks].filter((section): section is Section => section !== null)
  const sections = within(told, LARGEST_REPORT)
  return { id: randomUUID(), machineKey: key, hostname: hostname(), collectedAt, agentVersion: VERSION, sections }
}

const LONGEST_APT = 5 * 60_000

/** A core works some seconds for it: it is asked where packages, lists or settings have changed, and once a day. */
const aptOf = (run: Run): CostlySection => ({
  kind: 'apt',
  fingerprint: () => fingerprintOf(APT_SOURCES),
  collect: () => collectApt({ run, hook: { node: process.execPath, agent: process.argv[1] ?? '' } }),
  longestMs: LONGEST_APT,
})

const packagesOf = (run: Run): CostlySection => ({
  kind: 'packages',
  fingerprint: () => fingerprintOf(PACKAGE_SOURCES),
  collect: () => collectPackages({ run }),
  longestMs: 2 * 60_000,
})

const isContainer = ({ kind }: MachineFacts): boolean => kind === MachineKind.LXC || kind === MachineKind.CONTAINER

/** Leaves out what is largest until the rest fits: S.M.A.R.T. first, for what else there is tells which disks there are. */
export function within(sections: Section[], largest: number): Section[] {
  // As it will be sent: JSON in JSON doubles quotes and backslashes, and letters have up to four bytes.
  const sizes = sections.map((section) => Buffer.byteLength(JSON.stringify(section)))
  const isSmart = (at: number): boolean => sections[at]?.kind === 'smartctl'
  const order = [...sizes.keys()].sort(
    (a, b) => Number(isSmart(b)) - Number(isSmart(a)) || (sizes[b] ?? 0) - (sizes[a] ?? 0),
  )
  const kept = [...sections]
  let total = sizes.reduce((sum, size) => sum + size, 0)
  for (const at of order) {
    if (total <= largest) break
    const size = sizes[at] ?? 0
    const text = `it is too large (${(size / 1024 / 1024).toFixed(1)} MiB) to be sent with the rest`
    kept[at] = { ...(sections[at] as Section), payload: null, unavailable: { code: 'TOO_LARGE', text } }
    total -= size
  }
  return kept
}

/** Only where LVM is: its tools read a label from every disk, and wake those that sleep. */
const usesLvm = (devices: readonly BlockDevice[]): boolean => devices.some(({ fstype }) => fstype === 'LVM2_member')

/** A container sees the disks of its host in sysfs, and has no device node of them: they are not its own. */
function withoutForeign(text: string): string {
  const json = JSON.parse(text) as { blockdevices?: { name?: string; kname?: string }[] }
  const devices = json.blockdevices ?? []
  const own = devices.filter(({ name, kname }) => existsSync(`/dev/${(kname ?? name ?? '').replace(/^\/dev\//, '')}`))
  return own.length === devices.length ? text : JSON.stringify({ ...json, blockdevices: own })
}

/** Where lsblk is absent or hangs, the kernel still names its disks. */
async function kernelDisks(): Promise<BlockDevice[]> {
  const names = await readdir('/sys/block').catch(() => [])
  const read = (name: string, file: string): Promise<string> =>
    readFile(`/sys/block/${name}/${file}`, 'utf8').catch(() => '')
  const devices = await Promise.all(
    names.map(async (kname) => ({
      kname,
      type: 'disk',
      fstype: null,
      sizeBytes: sizeOf(await read(kname, 'size')),
      rotational: (await read(kname, 'queue/rotational')).trim() !== '0',
      removable: (await read(kname, 'removable')).trim() === '1',
    })),
  )
  return devices.filter(({ kname }) => existsSync(`/dev/${kname}`))
}

/** In sectors of 512 bytes, whatever those of the disk are (sysfs-block). */
const sizeOf = (sectors: string): number | null => (sectors.trim() ? Number(sectors) * 512 : null)

/** A tool that answers nothing to others than root must not look like a machine that has nothing. */
async function asRoot<T>(root: boolean, what: string, collect: () => Promise<T>): Promise<T> {
  if (!root) throw new Unavailable('NOT_ROOT', `${what} can be read by root only: run the agent with sudo`)
  return collect()
}

/** The kernel's name behind a path of ZFS: /dev/sda1, or a name below /dev/disk. */
function kernelName(path: string): string | null {
  for (const candidate of [path, `/dev/${path}`, `/dev/disk/by-id/${path}`, `/dev/disk/by-vdev/${path}`]) {
    if (!candidate.startsWith('/dev/')) continue
    try {
      return basename(realpathSync(candidate))
    } catch {
      continue
    }
  }
  return null
}
