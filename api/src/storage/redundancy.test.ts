import { describe, expect, test } from 'vitest'
import { SECTIONS } from '@vigie/agent/report'
import { readLsblk } from './lsblk.ts'
import { redundanciesOf } from './redundancy.ts'
import { emptyGraph, type StorageGraph } from './storage-graph.ts'

interface Node {
  name: string
  type: string
  size: number
  children?: Node[]
}
const node = (name: string, type: string, ...children: Node[]): Node => ({ name, type, size: 1000, children })
const disk = (name: string, ...children: Node[]): Node => node(name, 'disk', ...children)
const graphOf = (nodes: Node[], more: Partial<StorageGraph> = {}): StorageGraph => ({
  ...emptyGraph(),
  devices: readLsblk({ blockdevices: nodes }),
  ...more,
})
const md = (level: string | null, expectedDevices: number | null, workingDevices: number | null) => ({
  mdraid: SECTIONS.mdraid.shape.parse({
    arrays: [{ name: 'md0', level, active: true, devices: [], expectedDevices, workingDevices }],
  }),
})
const onDisks = (count: number, top: Node): Node[] =>
  ['sda', 'sdb', 'sdc', 'sdd', 'sde', 'sdf'].slice(0, count).map((name) => disk(name, top))
const md0 = node('md0', 'raid1')

describe('How many disks may fail before what lies on it is lost', () => {
  test.each<[string, StorageGraph, string, number | null]>([
    ['a partition', graphOf([disk('sda', node('sda1', 'part'))]), 'sda1', 0],
    ['a crypt on a partition', graphOf([disk('sda', node('sda1', 'part', node('dm-0', 'crypt')))]), 'dm-0', 0],
    ['a raid1 of two', graphOf(onDisks(2, md0), md('raid1', 2, 2)), 'md0', 1],
    [
      'what lies on a raid1 of two',
      graphOf(onDisks(2, node('md0', 'raid1', node('dm-0', 'crypt'))), md('raid1', 2, 2)),
      'dm-0',
      1,
    ],
    ['a raid1 of three', graphOf(onDisks(3, md0), md('raid1', 3, 3)), 'md0', 2],
    ['a raid1 that has lost one of two', graphOf(onDisks(1, md0), md('raid1', 2, 1)), 'md0', 0],
    ['a raid0', graphOf(onDisks(2, md0), md('raid0', 2, 2)), 'md0', 0],
    ['a raid5', graphOf(onDisks(3, md0), md('raid5', 3, 3)), 'md0', 1],
    ['a raid6', graphOf(onDisks(4, md0), md('raid6', 4, 4)), 'md0', 2],
    ['a raid6 that has lost one', graphOf(onDisks(3, md0), md('raid6', 4, 3)), 'md0', 1],
    ['a raid10 of four, where the second may be the wrong one', graphOf(onDisks(4, md0), md('raid10', 4, 4)), 'md0', 1],
    [
      'a raid1 of two partitions of one disk',
      graphOf([disk('sda', node('sda1', 'part', md0), node('sda2', 'part', md0))], md('raid1', 2, 2)),
      'md0',
      0,
    ],
    ['an array whose members are not told', graphOf(onDisks(2, md0), md('raid1', null, null)), 'md0', null],
    ['an array whose level is not told', graphOf(onDisks(2, md0), md(null, 2, 2)), 'md0', null],
    ['an array of which mdstat does not tell', graphOf(onDisks(2, md0)), 'md0', null],
    ['a volume over two disks', graphOf(onDisks(2, node('dm-0', 'lvm'))), 'dm-0', 0],
    ['one disk on two paths', graphOf(onDisks(2, node('dm-0', 'mpath'))), 'dm-0', 0],
    ['a device that nobody tells of', graphOf([]), 'sdx', null],
  ])('%s: %#', (_, graph, kname, mayFail) => {
    expect(redundanciesOf(graph).ofDevice(kname)).toBe(mayFail)
  })

  test.each([
    ['raid1', null, 1],
    ['raid1', 'partial', 0],
    ['raid6', null, 2],
    ['raid1', 'mismatches exist', 1],
    [null, null, null],
  ])('a volume of LVM of type %s, health %s: %s', (type, health, mayFail) => {
    const image = (number: number): Node =>
      disk(`sd${number}`, { ...node(`vg-home_rimage_${number}`, 'lvm', { ...node('vg-home', 'lvm') }) })
    const volume = { name: 'home', volumeGroup: 'vg', path: null, sizeBytes: null, devices: [], tags: [], type, health }
    const lvm = SECTIONS.lvm.shape.parse({ physicalVolumes: [], volumeGroups: [], logicalVolumes: [volume] })
    expect(redundanciesOf(graphOf([image(0), image(1)], { lvm })).ofDevice('vg-home')).toBe(mayFail)
  })

  const pool = (devices: [group: string | null, state: string, use?: string][]): StorageGraph =>
    graphOf(
      devices.map((_, index) => disk(`sd${index}`)),
      {
        zpool: SECTIONS.zpool.shape.parse({
          pools: [
            {
              name: 'tank',
              state: 'ONLINE',
              sizeBytes: null,
              allocatedBytes: null,
              freeBytes: null,
              devices: devices.map(([group, state, use = null], index) => {
                return { path: `/dev/sd${index}`, device: `sd${index}`, state, group: group ?? null, use }
              }),
            },
          ],
        }),
      },
    )
  const ON = 'ONLINE'
  test.each<[string, StorageGraph, number | null]>([
    [
      'a mirror',
      pool([
        ['mirror-0', ON],
        ['mirror-0', ON],
      ]),
      1,
    ],
    [
      'two mirrors',
      pool([
        ['mirror-0', ON],
        ['mirror-0', ON],
        ['mirror-1', ON],
        ['mirror-1', ON],
      ]),
      1,
    ],
    [
      'a mirror that has lost one',
      pool([
        ['mirror-0', ON],
        ['mirror-0', 'UNAVAIL'],
      ]),
      0,
    ],
    [
      'a raidz2',
      pool([
        ['raidz2-0', ON],
        ['raidz2-0', ON],
        ['raidz2-0', ON],
        ['raidz2-0', ON],
      ]),
      2,
    ],
    [
      'a raidz',
      pool([
        ['raidz1-0', ON],
        ['raidz1-0', ON],
        ['raidz1-0', ON],
      ]),
      1,
    ],
    ['one disk', pool([['/dev/sd0', ON]]), 0],
    [
      'a mirror and a disk that stands alone',
      pool([
        ['mirror-0', ON],
        ['mirror-0', ON],
        ['/dev/sd2', ON],
      ]),
      0,
    ],
    [
      'a mirror with a cache',
      pool([
        ['mirror-0', ON],
        ['mirror-0', ON],
        ['/dev/sd2', ON, 'cache'],
      ]),
      1,
    ],
    [
      'a mirror of which one is being filled',
      pool([
        ['mirror-0', ON],
        [null, ON],
      ]),
      0,
    ],
    [
      'devices whose groups an older agent does not tell',
      pool([
        [null, ON],
        [null, ON],
      ]),
      null,
    ],
  ])('a pool of %s', (_, graph, mayFail) => {
    expect(redundanciesOf(graph).ofPool('tank')).toBe(mayFail)
  })

  test('a pool that nobody tells of: not known', () => {
    expect(redundanciesOf(graphOf([])).ofPool('tank')).toBeNull()
  })
})
