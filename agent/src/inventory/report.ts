import { randomUUID } from 'node:crypto'
import { realpathSync } from 'node:fs'
import { hostname } from 'node:os'
import { basename } from 'node:path'
import { collectDisks, type DeviceSetting } from '../disks/collect.ts'
import { collectMachine } from '../machines/collect.ts'
import { machineKey } from '../machines/identity.ts'
import { findTool, type Run } from '../platform/command.ts'
import { collectCeph } from '../storage/ceph.ts'
import { collectDf } from '../storage/df.ts'
import { collectHomes } from '../storage/homes.ts'
import { type BlockDevice, collectLsblk, parseLsblk, physicalDisks } from '../storage/lsblk.ts'
import { collectLuks } from '../storage/luks.ts'
import { collectLvm } from '../storage/lvm.ts'
import { collectMdraid } from '../storage/mdraid.ts'
import { collectZpool } from '../storage/zpool.ts'
import { VERSION } from '../version.ts'
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
  root: boolean
  /** False: S.M.A.R.T. is not due yet. */
  smart: boolean
  homes: { maxAgeMs: number; timeoutMs: number; totalMs: number }
}

/** Collects everything that this machine can tell of itself. */
export async function collectReport({
  run,
  stateDir,
  devices,
  root,
  smart,
  homes,
}: ReportOptions): Promise<InventoryReport> {
  const key = await machineKey(stateDir)
  const collectedAt = new Date().toISOString()
  const lsblk = await collectSection('lsblk', () => collectLsblk(run))
  const blockDevices = lsblk?.payload ? parseLsblk(lsblk.payload) : []
  const kinds: [kind: string, collect: Collect][] = [
    ['machine', () => collectMachine(run, root)],
    ['lvm', () => (usesLvm(blockDevices) ? asRoot(root, 'LVM', () => collectLvm(run)) : Promise.resolve(null))],
    ['zpool', () => collectZpool(run, kernelName)],
    ['mdraid', () => collectMdraid()],
    ['luks', () => collectLuks()],
    ['df', () => collectDf(run)],
    ['ceph', () => collectCeph(run)],
    ['homes', () => collectHomes({ run, stateDir, now: () => new Date(), ...homes })],
  ]
  const storage = await Promise.all(kinds.map(([kind, collect]) => collectSection(kind, collect)))
  const disks = smart ? await collectDisks(run, physicalDisks(blockDevices), devices, root) : []
  const sections = [lsblk, ...storage, ...disks].filter((section): section is Section => section !== null)
  return { id: randomUUID(), machineKey: key, hostname: hostname(), collectedAt, agentVersion: VERSION, sections }
}

/** LVM without its tools is something missing only where LVM is. */
const usesLvm = (devices: readonly BlockDevice[]): boolean =>
  findTool('pvs') !== null || devices.some(({ fstype }) => fstype === 'LVM2_member')

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
