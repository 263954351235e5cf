import { describe, expect, test } from 'vitest'
import { type ArrayFacts, arraysOf } from './array-rules.ts'
import { SECTIONS } from '@vigie/agent/report'
import { emptyGraph } from './storage-graph.ts'

const word = ({ health, reasons }: ArrayFacts): string => [health, ...reasons.map(({ code }) => code)].join(' ')
const words = (arrays: ArrayFacts[]): string[] => arrays.map(word)

const md = (level: string, expected: number | null, working: number | null, more: object = {}) =>
  words(
    arraysOf({
      ...emptyGraph(),
      mdraid: SECTIONS.mdraid.shape.parse({
        arrays: [
          {
            name: 'md0',
            level,
            active: true,
            devices: [{ device: 'sda1', failed: false, spare: false }],
            expectedDevices: expected,
            workingDevices: working,
            ...more,
          },
        ],
      }),
    }),
  )

describe('An md array', () => {
  test.each<[string, string, number | null, number | null, object, string[]]>([
    ['whole', 'raid1', 2, 2, {}, ['OK']],
    ['without its failed member, also after a start without it', 'raid1', 2, 1, {}, ['AT_RISK ARRAY_DEGRADED']],
    ['with nothing left', 'raid1', 2, 0, {}, ['FAILED ARRAY_DEGRADED']],
    ['raid5 without one', 'raid5', 4, 3, {}, ['AT_RISK ARRAY_DEGRADED']],
    ['raid5 without two', 'raid5', 4, 2, {}, ['FAILED ARRAY_DEGRADED']],
    ['raid6 without two', 'raid6', 6, 4, {}, ['AT_RISK ARRAY_DEGRADED']],
    ['raid6 without three', 'raid6', 6, 3, {}, ['FAILED ARRAY_DEGRADED']],
    ['raid0 without one', 'raid0', 2, 1, {}, ['FAILED ARRAY_DEGRADED']],
    ['of an unknown level', 'faulty', 2, 1, {}, ['AT_RISK ARRAY_DEGRADED']],
    [
      'with a failed member that a spare replaced',
      'raid1',
      2,
      2,
      { devices: [{ device: 'sdb1', failed: true, spare: false }] },
      ['WARNING ARRAY_MEMBER_FAILED'],
    ],
    [
      'with a failed member and no spare',
      'raid1',
      2,
      1,
      { devices: [{ device: 'sdb1', failed: true, spare: false }] },
      ['AT_RISK ARRAY_DEGRADED ARRAY_MEMBER_FAILED'],
    ],
    ['that lost more than it bears', 'raid0', null, null, { broken: true }, ['FAILED ARRAY_BROKEN']],
    ['that is rebuilt', 'raid1', 2, 1, { syncAction: 'recover' }, ['AT_RISK ARRAY_DEGRADED ARRAY_REBUILDING']],
    ['that is checked', 'raid1', 2, 2, { syncAction: 'check' }, ['OK']],
    ['that does not run', 'raid1', null, null, { active: false }, ['FAILED ARRAY_INACTIVE']],
    ['that is a container of firmware RAID', 'raid1', null, null, { active: false, container: true }, []],
    ['of a NAS with slots for every bay: QNAP’s md9', 'raid1', 32, 4, {}, ['OK ARRAY_SLOTS_EMPTY']],
    ['of a NAS whose bays are not all filled: Synology’s md0', 'raid1', 8, 4, {}, ['OK ARRAY_SLOTS_EMPTY']],
    ['of such a NAS with one member left', 'raid1', 32, 1, {}, ['AT_RISK ARRAY_DEGRADED']],
    [
      'of such a NAS with a failed one',
      'raid1',
      32,
      3,
      { devices: [{ device: 'sdb1', failed: true, spare: false }] },
      ['AT_RISK ARRAY_DEGRADED ARRAY_MEMBER_FAILED'],
    ],
    ['whose counts were not told', 'raid1', null, null, {}, ['OK']],
  ])('%s', (_, level, expected, working, more, said) => {
    expect(md(level, expected, working, more)).toEqual(said)
  })
})

describe('A ZFS pool', () => {
  const pool = (more: object) =>
    words(
      arraysOf({
        ...emptyGraph(),
        zpool: SECTIONS.zpool.shape.parse({
          pools: [
            {
              name: 'tank',
              state: 'ONLINE',
              sizeBytes: null,
              allocatedBytes: null,
              freeBytes: null,
              devices: [{ path: '/dev/sda1', device: 'sda1', state: 'ONLINE' }],
              ...more,
            },
          ],
        }),
      }),
    )
  const device = (state: string, errors: object | null = null) => ({ path: '/dev/sdb1', device: null, state, errors })
  test.each<[string, object, string[]]>([
    ['online', {}, ['OK']],
    [
      'whose vdev is gone',
      { state: 'DEGRADED', devices: [device('UNAVAIL')] },
      ['AT_RISK ARRAY_DEGRADED ARRAY_MEMBER_FAILED'],
    ],
    ['degraded, and no device says why', { state: 'DEGRADED' }, ['AT_RISK ARRAY_DEGRADED']],
    [
      'whose spare is gone',
      { devices: [device('ONLINE'), { ...device('UNAVAIL'), use: 'spare' }] },
      ['WARNING ARRAY_MEMBER_FAILED'],
    ],
    ['faulted', { state: 'FAULTED' }, ['FAILED POOL_UNAVAILABLE']],
    ['suspended', { state: 'SUSPENDED' }, ['FAILED POOL_UNAVAILABLE']],
    [
      'with checksum errors of one device',
      { devices: [device('ONLINE', { read: 0, write: 0, checksum: 3 })] },
      ['WARNING POOL_MEMBER_ERRORS'],
    ],
    ['without any', { devices: [device('ONLINE', { read: 0, write: 0, checksum: 0 })] }, ['OK']],
    ['with damaged files', { dataErrors: 1, damagedFiles: ['/tank/a'] }, ['AT_RISK POOL_DATA_LOST']],
    ['whose scrub found errors', { scanErrors: 2 }, ['AT_RISK POOL_SCRUB_ERRORS']],
    ['whose scrub found none', { scanErrors: 0, dataErrors: 0 }, ['OK']],
  ])('%s', (_, more, said) => {
    expect(pool(more)).toEqual(said)
  })

  test('names the damaged files', () => {
    const [tank] = arraysOf({
      ...emptyGraph(),
      zpool: SECTIONS.zpool.shape.parse({
        pools: [
          {
            name: 'tank',
            state: 'ONLINE',
            sizeBytes: null,
            allocatedBytes: null,
            freeBytes: null,
            devices: [],
            dataErrors: 2,
            damagedFiles: ['/tank/a.txt', '/tank/b.txt'],
          },
        ],
      }),
    })
    expect(tank?.reasons[0]?.subject).toBe('/tank/a.txt, /tank/b.txt')
  })
})

test.each<[string, object, object[], string[]]>([
  ['whole', { partial: false }, [], ['OK']],
  ['with a volume that is missing', { partial: true }, [], ['AT_RISK ARRAY_DEGRADED']],
  ['with a mirror that is not whole', { partial: false }, [{ health: 'partial' }], ['AT_RISK VOLUME_UNHEALTHY']],
  ['with a mirror to be refreshed', { partial: false }, [{ health: 'refresh needed' }], ['AT_RISK VOLUME_UNHEALTHY']],
  [
    'with a volume whose only part is gone',
    { partial: false },
    [{ health: 'partial', type: 'linear' }],
    ['FAILED VOLUME_UNHEALTHY'],
  ],
  [
    'with a mirror whose hidden parts say the same',
    { partial: false },
    [
      { health: 'partial', path: '/dev/vg/mir', name: 'mir' },
      { health: 'partial', name: 'mir_rimage_1' },
    ],
    ['AT_RISK VOLUME_UNHEALTHY'],
  ],
  ['with a thin pool that is 79 % full', { partial: false }, [{ type: 'thin-pool', dataPercent: 79.9 }], ['OK']],
  [
    'with a thin pool that fills',
    { partial: false },
    [{ type: 'thin-pool', dataPercent: 80 }],
    ['WARNING POOL_FILLING'],
  ],
  [
    'with a thin pool whose metadata is full',
    { partial: false },
    [{ type: 'thin-pool', metadataPercent: 95 }],
    ['AT_RISK POOL_FILLING'],
  ],
  [
    'with a pool that takes no more writes',
    { partial: false },
    [{ health: 'out_of_data' }],
    ['AT_RISK VOLUME_UNHEALTHY'],
  ],
])('A volume group %s', (_, group, volumes, said) => {
  const lvm = SECTIONS.lvm.shape.parse({
    physicalVolumes: [{ device: '/dev/sda', volumeGroup: 'vg', sizeBytes: 1, freeBytes: 0, missing: false }],
    volumeGroups: [{ name: 'vg', sizeBytes: 1, freeBytes: 0, ...group }],
    logicalVolumes: volumes.map((volume) => ({
      name: 'root',
      volumeGroup: 'vg',
      path: null,
      sizeBytes: 1,
      devices: [],
      tags: [],
      ...volume,
    })),
  })
  expect(words(arraysOf({ ...emptyGraph(), lvm }))).toEqual(said)
})

test.each<[string, object[], string[]]>([
  ['of one device, which the recorder leaves out unless it had more', [{ id: 1, missing: false, errors: 0 }], ['OK']],
  ['of two', [1, 2].map((id) => ({ id, missing: false, errors: 0 })), ['OK']],
  [
    'with one missing',
    [
      { id: 1, missing: false, errors: 0 },
      { id: 2, missing: true, errors: null },
    ],
    ['AT_RISK ARRAY_DEGRADED'],
  ],
  [
    'with errors on one',
    [
      { id: 1, missing: null, errors: 0 },
      { id: 2, missing: null, errors: 4 },
    ],
    ['WARNING POOL_MEMBER_ERRORS'],
  ],
])('A btrfs %s', (_, devices, said) => {
  const btrfs = SECTIONS.btrfs.shape.parse({ fileSystems: [{ uuid: 'u', label: null, devices }] })
  expect(words(arraysOf({ ...emptyGraph(), btrfs }))).toEqual(said)
})
