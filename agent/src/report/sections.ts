import { dockerSection } from './docker.ts'
import { hardwareSection } from './hardware.ts'
import { packagesSection } from './packages.ts'
import { metricsSection } from './metrics.ts'
import { machineSection } from './machine.ts'
import {
  btrfsSection,
  cephSection,
  dfSection,
  homesSection,
  luksSection,
  lvmSection,
  mdraidSection,
  zpoolSection,
} from './storage.ts'
import type { StateKind } from './state-kinds.ts'
import { aptSection, rebootSection } from './updates.ts'

/** What a report may hold: of each kind its shape, or null where it is what a program printed. */
export const SECTIONS = {
  machine: { about: 'What the machine is.', shape: machineSection },
  lsblk: { about: 'As `lsblk --json --bytes` prints it.', shape: null },
  smartctl: {
    about:
      'As `smartctl --json --xall` prints it; `subject` is the device: `sda`, or `sda:megaraid,0`. One of these alone makes a disk. Without a subject and unavailable: why no disk could be read.',
    shape: null,
  },
  lvm: { about: 'What LVM says of itself.', shape: lvmSection },
  zpool: { about: 'The pools of ZFS.', shape: zpoolSection },
  mdraid: { about: 'The arrays of the kernel (md).', shape: mdraidSection },
  btrfs: { about: 'btrfs over its devices.', shape: btrfsSection },
  luks: { about: 'Encrypted containers.', shape: luksSection },
  df: { about: 'Room on what is mounted.', shape: dfSection },
  ceph: { about: 'OSDs of Ceph, by the tags of their volumes.', shape: cephSection },
  homes: { about: 'The homes of users, measured once in 20 hours.', shape: homesSection },
  apt: {
    about:
      'What apt would change, read without refreshing its lists. Where it has not changed it may be told by `unchanged`, the SHA-256 of its payload, instead.',
    shape: aptSection,
  },
  reboot: { about: 'Why the machine should be restarted.', shape: rebootSection },
  metrics: {
    about: 'How busy the machine is, sampled once a minute; a container that sees its host has none.',
    shape: metricsSection,
  },
  hardware: {
    about: 'What the machine is made of. It may be told by `unchanged` as `apt` is.',
    shape: hardwareSection,
  },
  docker: {
    about: 'The containers of the machine, and their images. It may be told by `unchanged` as `apt` is.',
    shape: dockerSection,
  },
  packages: {
    about: 'The packages that are installed, as dpkg tells them. It may be told by `unchanged` as `apt` is.',
    shape: packagesSection,
  },
} as const

export type SectionKind = keyof typeof SECTIONS
/** Kinds that say what lies on the disks, as the agent read it. */
export type StorageKind = Exclude<SectionKind, 'machine' | 'lsblk' | 'smartctl' | 'metrics' | StateKind>

export const isSectionKind = (kind: string): kind is SectionKind => Object.hasOwn(SECTIONS, kind)
