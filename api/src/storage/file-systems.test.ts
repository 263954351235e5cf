import { describe, expect, test } from 'vitest'
import { fileSystemsOf } from './file-systems.ts'
import { isPhysicalDisk } from '@vigie/agent/report'
import { type BlockDevice, readLsblk } from './lsblk.ts'
import { rolesOf } from './role.ts'
import { standingsOf } from './array-members.ts'
import { emptyGraph, type StorageGraph } from './storage-graph.ts'

const tree = (...blockdevices: object[]): StorageGraph => ({ ...emptyGraph(), devices: readLsblk({ blockdevices }) })
const disk = (name: string, children: object[] = [], more = {}) => ({
  name,
  kname: name,
  path: `/dev/${name}`,
  type: 'disk',
  size: 1000,
  mountpoints: [null],
  children,
  ...more,
})
const node = (name: string, fstype: string | null, more = {}) => ({
  name,
  kname: name,
  path: `/dev/${name}`,
  type: 'part',
  size: 500,
  fstype,
  mountpoints: [null],
  ...more,
})

describe('What is a physical disk', () => {
  test.each([
    ['sda', true],
    ['nvme0n1', true],
    ['mmcblk0', true],
    ['vda', true],
    ['zram0', false],
    ['mtdblock0', false],
    ['mapper/vg-root', false],
    ['loop0', false],
    ['dm-0', false],
    ['md127', false],
    ['rbd0', false],
    ['bcache0', false],
    ['nbd3', false],
    ['zd16', false],
    ['mmcblk0boot0', false],
  ])('%s: %s', (kname, expected) => {
    expect(isPhysicalDisk({ kname, type: 'disk', sizeBytes: 1 } as BlockDevice)).toBe(expected)
  })
  test('one of size 0 is an empty card reader', () => {
    expect(isPhysicalDisk({ kname: 'sda', type: 'disk', sizeBytes: 0 } as BlockDevice)).toBe(false)
  })
})

test('An md array over two disks is one file system on both, whichever order lsblk tells it in', () => {
  const md = node('md0', 'ext4', { type: 'raid1', mountpoints: ['/srv'], uuid: 'u' })
  const graph = tree(
    disk('sda', [node('sda1', 'linux_raid_member', { children: [md] })]),
    disk('sdb', [node('sdb1', 'linux_raid_member', { children: [md] })]),
  )
  expect(fileSystemsOf(graph)).toMatchObject([{ mountpoint: '/srv', fstype: 'ext4', disks: ['sda', 'sdb'] }])
  expect(rolesOf(graph)).toEqual(
    new Map([
      ['sda', 'mdraid'],
      ['sdb', 'mdraid'],
    ]),
  )
})

test('LUKS on a partition is seen through', () => {
  const open = node('dm-0', 'xfs', { name: 'secret', type: 'crypt', mountpoints: ['/data'], uuid: 'u' })
  const graph = tree(disk('sda', [node('sda1', 'crypto_LUKS', { children: [open] })]))
  expect(fileSystemsOf(graph)).toMatchObject([{ mountpoint: '/data', disks: ['sda'] }])
  expect(rolesOf(graph).get('sda')).toBe('luks')
})

test('A ZFS data set lies on every device of its pool, but for those that it has lost', () => {
  const graph: StorageGraph = {
    ...tree(disk('sda', [node('sda1', 'zfs_member')]), disk('sdb')),
    zpool: {
      pools: [
        {
          name: 'tank',
          state: 'DEGRADED',
          sizeBytes: null,
          allocatedBytes: null,
          freeBytes: null,
          devices: [
            { path: '/dev/sda1', device: 'sda1', state: 'ONLINE', errors: null, use: null, group: 'mirror-0' },
            { path: '/dev/sdb', device: 'sdb', state: 'FAULTED', errors: null, use: null, group: 'mirror-0' },
          ],
          dataErrors: null,
          damagedFiles: [],
          scanErrors: null,
        },
      ],
    },
    df: {
      fileSystems: [
        {
          source: 'tank/home',
          fstype: 'zfs',
          sizeBytes: 10,
          usedBytes: 4,
          availableBytes: 6,
          mountpoint: '/home',
          readOnly: null,
          wentReadOnly: null,
        },
      ],
    },
  }
  expect(fileSystemsOf(graph)).toMatchObject([
    { source: 'tank/home', mountpoint: '/home', usedBytes: 4, disks: ['sda'], mayFail: 0 },
  ])
  expect(rolesOf(graph)).toEqual(
    new Map([
      ['sda', 'zfs_pool'],
      ['sdb', 'zfs_pool'],
    ]),
  )
  const standings = standingsOf(graph, new Set())
  expect(standings('sdb').said).toMatchObject([
    { code: 'POOL_MEMBER_DEGRADED', severity: 'AT_RISK', subject: 'ZFS tank: FAULTED' },
  ])
  expect(standings('sda').said).toEqual([])
})

test('Btrfs over two whole disks, mounted through one, is one file system', () => {
  const graph = tree(
    disk('sda', [], { fstype: 'btrfs', uuid: 'b', mountpoints: ['/pool', '/home'] }),
    disk('sdb', [], { fstype: 'btrfs', uuid: 'b' }),
  )
  expect(fileSystemsOf(graph)).toMatchObject([
    { mountpoint: '/home', mountpoints: ['/home', '/pool'], disks: ['sda', 'sdb'] },
  ])
})

test.each([
  [
    'a copy made by dd',
    [
      disk('sda', [node('sda1', 'ext4', { uuid: 'u' })]),
      disk('sdb', [node('sdb1', 'ext4', { uuid: 'u', mountpoints: ['/'] })]),
    ],
  ],
  [
    'a snapshot beside its origin',
    [
      disk('sda', [
        node('vg-root', 'ext4', { type: 'lvm', uuid: 'u', mountpoints: ['/'] }),
        node('vg-snap', 'ext4', { type: 'lvm', uuid: 'u', mountpoints: ['/mnt/snap'] }),
      ]),
    ],
  ],
])('%s is a file system of its own, with its own place and disk', (_, disks) => {
  const found = fileSystemsOf(tree(...(disks as Parameters<typeof tree>))) ?? []
  expect(found).toHaveLength(2)
  expect(found.find(({ mountpoint }) => mountpoint === '/')?.key).toBe('u')
  for (const { disks: below, mountpoints } of found) expect([below?.length, mountpoints.length <= 1]).toEqual([1, true])
})

test('Homes lie on the file system with the longest mountpoint; not measured and none differ', () => {
  const graph = tree(
    disk('sda', [
      node('sda1', 'ext4', { mountpoints: ['/'], uuid: 'r' }),
      node('sda2', 'ext4', { mountpoints: ['/home/lena'], uuid: 'l' }),
    ]),
  )
  expect(fileSystemsOf(graph)?.map(({ users }) => users)).toEqual([null, null])
  const users = ['lena', 'marc'].map((user) => ({ user, path: `/home/${user}`, bytes: 5, measuredAt: null }))
  const measured = fileSystemsOf({ ...graph, homes: { roots: ['/home'], users } })
  expect(measured?.map(({ users, homeBytes }) => [users?.map(({ user }) => user), homeBytes])).toEqual([
    [['marc'], 5],
    [['lena'], 5],
  ])
  expect(fileSystemsOf({ ...graph, homes: { roots: ['/home'], users: [] } })?.map(({ users }) => users)).toEqual([
    [],
    [],
  ])
})

test('Old lsblk prints booleans and sizes as text; a rounded size is no size', () => {
  expect(
    readLsblk({
      blockdevices: [
        { name: '/dev/sda', type: 'disk', rota: '1', size: '1000' },
        { name: 'sdb', type: 'disk', rota: '0', size: '223.6G' },
      ],
    }),
  ).toMatchObject([
    { kname: 'sda', rotational: true, sizeBytes: 1000 },
    { kname: 'sdb', rotational: false, sizeBytes: null },
  ])
})

test.each([[null], [[]], [{ blockdevices: 7 }]])('%j is no output of lsblk', (json) => {
  expect(readLsblk(json)).toBeNull()
})
