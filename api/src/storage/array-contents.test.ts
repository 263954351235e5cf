import { expect, test } from 'vitest'
import { SECTIONS } from '@vigie/agent/report'
import { arrayContents } from './array-contents.ts'
import { readLsblk } from './lsblk.ts'
import { emptyGraph, type StorageGraph } from './storage-graph.ts'

interface Node {
  name: string
  type: string
  size: number
  path: string
  children: Node[]
}
const node = (name: string, type: string, ...children: Node[]): Node => ({
  name,
  type,
  size: 1000,
  path: `/dev/${name}`,
  children,
})
const contents = (graph: Partial<StorageGraph>) =>
  Object.fromEntries(
    [...arrayContents({ ...emptyGraph(), ...graph })].map(([name, { disks, sources }]) => [
      name,
      { disks: [...disks].toSorted(), sources: [...sources].toSorted() },
    ]),
  )

test('What an md array holds is what lies on it, whatever is between', () => {
  const md0 = node('md0', 'raid1', node('crypt', 'crypt'))
  const mdraid = SECTIONS.mdraid.shape.parse({
    arrays: [{ name: 'md0', level: 'raid1', active: true, devices: [], expectedDevices: 2, workingDevices: 1 }],
  })
  const devices = readLsblk({
    blockdevices: [node('sda', 'disk', node('sda1', 'part', md0)), node('sdb', 'disk', md0), node('sdc', 'disk')],
  })
  expect(contents({ devices, mdraid })).toEqual({
    'MDRAID md0': { disks: ['sda', 'sdb'], sources: ['/dev/crypt', '/dev/md0'] },
  })
})

test('A pool holds its data sets, and not those of another whose name begins alike', () => {
  const member = { path: '/dev/sda1', device: '/dev/sda1', state: 'ONLINE', use: null, group: null, errors: null }
  const zpool = { pools: [{ name: 'tank', state: 'DEGRADED', devices: [member] }] } as unknown as StorageGraph['zpool']
  const mounted = { sizeBytes: null, usedBytes: null, availableBytes: null }
  const df = {
    fileSystems: ['tank', 'tank/home', 'tank2/home'].map((source) => ({
      ...mounted,
      source,
      fstype: 'zfs',
      mountpoint: `/${source}`,
    })),
  } as StorageGraph['df']
  const devices = readLsblk({ blockdevices: [node('sda', 'disk', node('sda1', 'part'))] })
  expect(contents({ devices, zpool, df })).toEqual({ 'ZFS tank': { disks: ['sda'], sources: ['tank', 'tank/home'] } })
})

test('A volume group holds its volumes, also where hyphens are doubled', () => {
  const lvm = {
    volumeGroups: [],
    physicalVolumes: [],
    logicalVolumes: [{ name: 'root', volumeGroup: 'vg-0', type: null, health: null }],
  } as unknown as StorageGraph['lvm']
  const devices = readLsblk({ blockdevices: [node('sda', 'disk', node('vg--0-root', 'lvm'))] })
  expect(contents({ devices, lvm })).toEqual({ 'LVM vg-0': { disks: ['sda'], sources: ['/dev/vg--0-root'] } })
})

test('Nothing told is nothing held', () => {
  expect(contents({})).toEqual({})
})
