import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parseScan } from './disks/smartctl.ts'
import { parseHostnameI, parseRoute } from './machines/address.ts'
import { bootHash, hardwareHash, machineIdHash } from './machines/identity.ts'
import { kindOf, type KindSigns } from './machines/kind.ts'
import { osOf, parseOsRelease, parsePveversion } from './machines/os.ts'
import { collectBtrfs, sumOf } from './storage/btrfs.ts'
import { cephOf } from './storage/ceph.ts'
import { within } from './inventory/report.ts'
import { CommandUnavailable, type Run } from './platform/command.ts'
import { isElsewhere, mountOf, parseMountinfo } from './host/mounts.ts'
import { collectDf, parseDf, pointsOf } from './storage/df.ts'
import { parseDu } from './storage/homes.ts'
import { isPhysicalDisk } from './report/block-device.ts'
import type { SectionKind } from './report/sections.ts'
import type { Section } from './inventory/section.ts'
import { collectLsblk, parseLsblk } from './storage/lsblk.ts'
import { parseLvm } from './storage/lvm.ts'
import { parseMdstat } from './storage/mdraid.ts'
import { parseZpool } from './storage/zpool.ts'

describe('The operating system', () => {
  test.each([
    ['ID=debian\nVERSION_ID="12"', null, { os: 'debian', osVersion: '12' }],
    ['ID=ubuntu\nVERSION_ID="24.04"', null, { os: 'ubuntu', osVersion: '24.04' }],
    ['ID=raspbian\nVERSION_ID="11"', null, { os: 'raspbian', osVersion: '11' }],
    ['ID=debian\nVERSION_CODENAME=forky', null, { os: 'debian', osVersion: 'forky' }],
    ['ID=alpine\nPRETTY_NAME="Alpine Linux v3.20"', null, { os: 'other', osVersion: 'Alpine Linux v3.20' }],
    ['ID=debian\nVERSION_ID="12"', '8.2.4', { os: 'proxmox', osVersion: '8.2.4' }],
    ['ID=debian\nVERSION_ID="12"', '', { os: 'proxmox', osVersion: null }],
    ['', null, { os: 'other', osVersion: null }],
  ])('%j with Proxmox %j', (release, proxmox, expected) => {
    expect(osOf(parseOsRelease(release), proxmox, null)).toEqual(expected)
  })

  test('Proxmox tells its version', () => {
    expect(parsePveversion('pve-manager/8.2.4/faa83925c9641325 (running kernel: 6.8.8-2-pve)')).toBe('8.2.4')
    expect(parsePveversion('command not found')).toBeNull()
  })
})

describe('What a machine is', () => {
  const signs: KindSigns = {
    container: 'none',
    vm: 'none',
    proxmox: false,
    boardModel: null,
    chassis: null,
    graphical: false,
  }
  test.each<[Partial<KindSigns>, string, string | null]>([
    [{}, 'PHYSICAL', 'none'],
    [{ vm: 'kvm' }, 'VM', 'kvm'],
    [{ container: 'lxc', vm: 'kvm' }, 'LXC', 'lxc'],
    [{ container: 'docker' }, 'CONTAINER', 'docker'],
    [{ proxmox: true, vm: 'kvm' }, 'PROXMOX_HOST', 'kvm'],
    [{ boardModel: 'Raspberry Pi 4 Model B Rev 1.4' }, 'RASPBERRY_PI', 'none'],
    [{ container: 'docker', boardModel: 'Raspberry Pi 4' }, 'CONTAINER', 'docker'],
    [{ chassis: 3, graphical: true }, 'WORKSTATION', 'none'],
    [{ chassis: 10, graphical: true }, 'WORKSTATION', 'none'],
    [{ chassis: 3 }, 'PHYSICAL', 'none'],
    [{ chassis: 23, graphical: true }, 'PHYSICAL', 'none'],
    [{ container: null, vm: null }, 'UNKNOWN', null],
  ])('%j is %s', (more, kind, virtualization) => {
    expect(kindOf({ ...signs, ...more })).toEqual({ kind, virtualization })
  })
})

test('The address is the source of the default route, else the first that is more than local', () => {
  expect(parseRoute('[{"dst":"192.0.2.1","gateway":"10.0.0.1","dev":"eth0","prefsrc":"10.0.0.7","flags":[]}]')).toBe(
    '10.0.0.7',
  )
  expect(parseRoute('[]')).toBeNull()
  expect(parseHostnameI('169.254.3.4 fe80::1 10.0.0.7 fd00::7 \n')).toBe('10.0.0.7')
  expect(parseHostnameI(' \n')).toBeNull()
})

test('The hash of a machine-id does not tell the machine-id', () => {
  const id = '0123456789abcdef0123456789abcdef'
  expect(machineIdHash(`${id}\n`)).toMatch(/^[0-9a-f]{32}$/)
  expect(machineIdHash(id)).not.toContain(id)
  expect(machineIdHash('uninitialized')).toBeNull()
})

test('a machine is told from a copy of its whole disk by its board and network cards, in whatever order they come', () => {
  const id = '0123456789abcdef0123456789abcdef'
  const board = '4c4c4544-0042-3510-8054-b4c04f4e3132'
  const macs = ['BC:24:11:00:00:02', 'bc:24:11:00:00:01']
  const hash = hardwareHash(id, board, macs)
  expect(hash).toMatch(/^[0-9a-f]{32}$/)
  expect(hardwareHash(id, board, [...macs].reverse())).toBe(hash)
  expect(hardwareHash(id, board, ['bc:24:11:00:00:03'])).not.toBe(hash)
  expect(hardwareHash(id, null, macs)).not.toBe(hash)
  for (const [machineId, uuid, cards] of [
    [id, null, []],
    ['', board, macs],
  ] as const)
    expect(hardwareHash(machineId, uuid, [...cards])).toBeNull()
  expect(bootHash(id, '2d3c1a34-6a2b-4d5e-9d0a-0c9f5a9f8b11')).not.toBe(bootHash(id, board))
  expect(bootHash(id, null)).toBeNull()
})

test('Block devices: physical disks, whatever else lsblk calls a disk', () => {
  const names = ['sda', 'nvme0n1', 'zram0', 'loop0', 'rbd0', 'bcache0', 'mmcblk0boot0', 'sr0']
  const text = JSON.stringify({
    blockdevices: [...names.map((name) => ({ name, type: 'disk', size: 1 })), { name: 'sdz', type: 'disk', size: 0 }],
  })
  expect(
    parseLsblk(text)
      .filter(isPhysicalDisk)
      .map(({ kname }) => kname),
  ).toEqual(['sda', 'nvme0n1'])
})

test('A scan adds what is behind a controller, and nothing that the kernel shows', () => {
  const scan = JSON.stringify({
    devices: [
      { name: '/dev/sda', type: 'scsi' },
      { name: '/dev/nvme0', type: 'nvme' },
      { name: '/dev/bus/0', type: 'megaraid,4' },
      { name: '/dev/bus/0', type: 'sat+megaraid,5' },
    ],
  })
  expect(parseScan(scan, new Set(['sda', 'nvme0n1'])).map(({ subject, type }) => [subject, type])).toEqual([
    ['bus/0:megaraid,4', 'megaraid,4'],
    ['bus/0:sat+megaraid,5', 'sat+megaraid,5'],
  ])
  expect(parseScan('{"smartctl":{}}', new Set())).toEqual([])
})

test('LVM: sizes in bytes, a missing device, a volume of two segments once', () => {
  const report = (key: string, rows: object[]) => JSON.stringify({ report: [{ [key]: rows }] })
  expect(
    parseLvm(
      report('pv', [
        { pv_name: '/dev/sda1', vg_name: 'vg', pv_size: '1048576', pv_free: '0', pv_attr: 'a--' },
        { pv_name: '[unknown]', vg_name: 'vg', pv_size: '<931.51g', pv_free: '', pv_attr: 'a-m' },
      ]),
      report('vg', [{ vg_name: 'vg', vg_size: '2097152', vg_free: '0', vg_attr: 'wz-pn-' }]),
      report('lv', [
        { lv_name: '[root_rmeta]', vg_name: 'vg', lv_path: '', lv_size: '4096', devices: '/dev/sda1(0)', lv_tags: '' },
        {
          lv_name: 'home',
          vg_name: 'vg',
          lv_path: '/dev/vg/home',
          lv_size: '10',
          devices: '/dev/sda1(1)',
          lv_tags: 'a,b',
        },
        {
          lv_name: 'home',
          vg_name: 'vg',
          lv_path: '/dev/vg/home',
          lv_size: '10',
          devices: '/dev/sdb1(0)',
          lv_tags: 'a,b',
        },
      ]),
    ),
  ).toMatchObject({
    physicalVolumes: [
      { device: '/dev/sda1', volumeGroup: 'vg', sizeBytes: 1_048_576, freeBytes: 0, missing: false },
      {
        device: '[unknown]',
        volumeGroup: 'vg',
        sizeBytes: Math.round(931.51 * 1024 ** 3),
        freeBytes: null,
        missing: true,
      },
    ],
    volumeGroups: [{ name: 'vg', sizeBytes: 2_097_152, freeBytes: 0, partial: true }],
    logicalVolumes: [
      {
        name: 'root_rmeta',
        volumeGroup: 'vg',
        path: null,
        sizeBytes: 4096,
        devices: ['/dev/sda1'],
        tags: [],
        health: null,
      },
      {
        name: 'home',
        volumeGroup: 'vg',
        path: '/dev/vg/home',
        sizeBytes: 10,
        devices: ['/dev/sda1', '/dev/sdb1'],
        tags: ['a', 'b'],
        health: null,
      },
    ],
  })
})

test.each([
  ['1048576', 1_048_576],
  ['1048576B', 1_048_576],
  ['<931.51g', Math.round(931.51 * 1024 ** 3)],
  ['>1,50t', Math.round(1.5 * 1024 ** 4)],
  ['4.00m', 4 * 1024 ** 2],
  ['', null],
  ['-', null],
  ['1.2.3g', null],
])('LVM writes %j: %j bytes, in both decimal marks and rounded as it says', (words, bytes) => {
  const volume = { report: [{ pv: [{ pv_name: '/dev/sda', vg_name: '', pv_size: words, pv_free: '', pv_attr: '' }] }] }
  expect(parseLvm(JSON.stringify(volume), '{}', '{}').physicalVolumes[0]?.sizeBytes).toBe(bytes)
})

test('ZFS: pools with their devices and states, groups left out', () => {
  const status = `  pool: tank
 state: DEGRADED
status: One or more devices could not be used because the label is missing or
\tinvalid.
config:

\tNAME           STATE     READ WRITE CKSUM
\ttank           DEGRADED     0     0     0
\t  mirror-0     DEGRADED     0     0     0
\t    /dev/sda1  ONLINE       0     0     0
\t    /dev/sdb1  UNAVAIL      3     1     0  corrupted data
\tlogs
\t  /dev/nvme0n1p2  ONLINE    0     0     0

errors: No known data errors
`
  expect(parseZpool('tank\t1000\t400\t600\tDEGRADED\n', status, (path) => path.replace('/dev/', ''))).toMatchObject({
    pools: [
      {
        name: 'tank',
        state: 'DEGRADED',
        sizeBytes: 1000,
        allocatedBytes: 400,
        freeBytes: 600,
        devices: [
          { path: '/dev/sda1', device: 'sda1', state: 'ONLINE', group: 'mirror-0' },
          { path: '/dev/sdb1', device: 'sdb1', state: 'UNAVAIL', group: 'mirror-0' },
          { path: '/dev/nvme0n1p2', device: 'nvme0n1p2', state: 'ONLINE', group: '/dev/nvme0n1p2' },
        ],
      },
    ],
  })
})

test('ZFS: a member that is being filled or replaced is in no group, and those after it are', () => {
  const status = `  pool: tank
 state: DEGRADED
  scan: resilver in progress since Sun Nov 29 03:00:00 2026
config:

\tNAME             STATE     READ WRITE CKSUM
\ttank             DEGRADED     0     0     0
\t  mirror-0       DEGRADED     0     0     0
\t    replacing-0  DEGRADED     0     0     0
\t      /dev/sda1  FAULTED      0     0     0
\t      /dev/sdb1  ONLINE       0     0     0  (resilvering)
\t    /dev/sdc1    ONLINE       0     0     0
\t  mirror-1       ONLINE       0     0     0
\t    /dev/sdd1    ONLINE       0     0     0  (resilvering)
\t    /dev/sde1    ONLINE       0     0     0

errors: No known data errors
`
  expect(parseZpool('', status, (path) => path).pools[0]?.devices.map(({ path, group }) => [path, group])).toEqual([
    ['/dev/sda1', null],
    ['/dev/sdb1', null],
    ['/dev/sdc1', 'mirror-0'],
    ['/dev/sdd1', null],
    ['/dev/sde1', 'mirror-1'],
  ])
})

test('md: failed members and spares, expected and working devices', () => {
  const text = `Personalities : [raid1]
md0 : active raid1 sdb1[1](F) sda1[0] sdc1[2](S)
      976630464 blocks super 1.2 [2/1] [U_]

md1 : inactive sdd1[0]
unused devices: <none>`
  expect(parseMdstat(text).arrays).toMatchObject([
    {
      name: 'md0',
      level: 'raid1',
      active: true,
      expectedDevices: 2,
      workingDevices: 1,
      devices: [
        { device: 'sdb1', failed: true },
        { device: 'sda1', failed: false },
        { device: 'sdc1', spare: true },
      ],
    },
    { name: 'md1', active: false, devices: [{ device: 'sdd1' }] },
  ])
})

test('md: an array is told of whatever its state is called (captured on Linux 6.12 and 6.1)', () => {
  const text = `Personalities : [raid6] [raid5] [raid4] [raid1] [raid0] [raid10]
md5 : broken raid0 sdh[1] sdg[0]
      610304 blocks super 1.2 512k chunks

md7 : broken raid5 vdc[2](F) sdi[1] sdc[0](F)
      610304 blocks super 1.2 level 5, 512k chunk, algorithm 2 [3/1] [_U_]

md6 : active (auto-read-only) raid1 sda[0]
      306176 blocks super 1.2 [2/1] [U_]

unused devices: <none>`
  expect(parseMdstat(text).arrays).toMatchObject([
    {
      name: 'md5',
      level: 'raid0',
      broken: true,
      expectedDevices: null,
      devices: [{ device: 'sdh' }, { device: 'sdg' }],
    },
    { name: 'md7', level: 'raid5', broken: true, expectedDevices: 3, workingDevices: 1 },
    { name: 'md6', level: 'raid1', active: true, broken: false, expectedDevices: 2, workingDevices: 1 },
  ])
})

test('df: a mount whose process hangs costs itself alone', async () => {
  const mount = (mountpoint: string, fstype: string, device: string) => ({
    mountpoint,
    fstype,
    source: `/dev/${device}`,
    device,
    readOnly: fstype === 'ext4',
    wentReadOnly: false,
  })
  const run: Run = (_command, args) => {
    const points = args.slice(args.indexOf('--') + 1)
    if (points.includes('/mnt/hung')) return Promise.reject(new CommandUnavailable('TIMEOUT', 'df gave no answer'))
    const rows = points.map((point) => `/dev/x ext4 10 4 6 40% ${point}`)
    return Promise.resolve({
      stdout: ['Filesystem Type 1-blocks Used Available Capacity Mounted on', ...rows].join('\n'),
      stderr: '',
      status: 0,
    })
  }
  const mounts = [
    mount('/', 'ext4', '8:1'),
    mount('/mnt/hung', 'fuseblk', '8:17'),
    mount('/mnt/usb', 'fuseblk', '8:33'),
  ]
  expect((await collectDf(run, mounts)).fileSystems.map(({ mountpoint, readOnly }) => [mountpoint, readOnly])).toEqual([
    ['/', true],
    ['/mnt/usb', false],
  ])
})

test('lsblk: where a file system answers no more, it is asked again without their sizes', async () => {
  const asked: string[] = []
  const run: Run = (_command, args) => {
    asked.push(args.at(-1) ?? '')
    if (args.at(-1)?.includes('FSSIZE')) return Promise.reject(new CommandUnavailable('TIMEOUT', 'no answer'))
    return Promise.resolve({ stdout: '{"blockdevices":[]}', stderr: '', status: 0 })
  }
  expect(await collectLsblk(run)).toBe('{"blockdevices":[]}')
  expect(asked.map((columns) => columns.includes('FSSIZE'))).toEqual([true, false])
})

test('btrfs: a device that vanished while it is mounted is a link that leads nowhere', async () => {
  const sysfs = mkdtempSync(join(tmpdir(), 'vigie-btrfs-'))
  const uuid = '12345678-1234-1234-1234-123456789012'
  for (const id of ['1', '2']) mkdirSync(join(sysfs, uuid, 'devinfo', id), { recursive: true })
  mkdirSync(join(sysfs, uuid, 'devices'))
  for (const id of ['1', '2']) writeFileSync(join(sysfs, uuid, 'devinfo', id, 'missing'), '0\n')
  symlinkSync(sysfs, join(sysfs, uuid, 'devices', 'sde'))
  symlinkSync(join(sysfs, 'gone'), join(sysfs, uuid, 'devices', 'sdf'))
  const facts = await collectBtrfs(
    [{ mountpoint: '/m', fstype: 'btrfs', source: '/dev/sde', device: '0:1', readOnly: false, wentReadOnly: false }],
    sysfs,
  )
  rmSync(sysfs, { recursive: true })
  expect(facts?.fileSystems[0]).toMatchObject({ vanished: 1, devices: [{ missing: false }, { missing: false }] })
})

test('df: bytes or kilobytes by its heading, blanks in names', () => {
  const bytes = `Filesystem     Type 1-blocks  Used Available Capacity Mounted on\n/dev/sda1      ext4   1000   400       600      40% /mnt/my disk\ntank/home zfs 10 4 6 40% /home\n`
  expect(parseDf(bytes).fileSystems).toMatchObject([
    {
      source: '/dev/sda1',
      fstype: 'ext4',
      sizeBytes: 1000,
      usedBytes: 400,
      availableBytes: 600,
      mountpoint: '/mnt/my disk',
    },
    { source: 'tank/home', fstype: 'zfs', sizeBytes: 10, usedBytes: 4, availableBytes: 6, mountpoint: '/home' },
  ])
  expect(
    parseDf('Filesystem 1K-blocks Used Available Use% Mounted on\n/dev/sda2 2 1 1 50% /\n').fileSystems[0],
  ).toMatchObject({ sizeBytes: 2048, mountpoint: '/' })
})

test('Ceph: OSDs by the tags of logical volumes, several of one united', () => {
  const volume = (devices: string[], ...tags: string[]) => ({
    name: 'osd',
    volumeGroup: 'ceph',
    path: null,
    sizeBytes: 1,
    devices,
    tags,
    health: null,
    type: null,
    dataPercent: null,
    metadataPercent: null,
  })
  const lvm = (...logicalVolumes: ReturnType<typeof volume>[]) => ({
    physicalVolumes: [],
    volumeGroups: [],
    logicalVolumes,
  })
  expect(
    cephOf(
      lvm(
        volume(['/dev/sda'], 'ceph.osd_id=1', 'ceph.encrypted=1'),
        volume(['/dev/nvme0n1'], 'ceph.osd_id=1'),
        volume(['/dev/sdb'], 'ceph.osd_id='),
      ),
    ),
  ).toEqual({ osds: [{ id: '1', devices: ['/dev/sda', '/dev/nvme0n1'], encrypted: true }] })
  expect([cephOf(null), cephOf(lvm(volume(['/dev/sda'])))]).toEqual([null, null])
})

test.each([
  ['4096\t/home/lena\n', 4096],
  ['', null],
  ["du: cannot access '/home/x'", null],
])('du %j is %j bytes', (text, expected) => {
  expect(parseDu(text)).toBe(expected)
})

describe('What holds disks together', () => {
  const status = (config: string, rest: string) => `  pool: tank
 state: ONLINE
status: One or more devices has experienced an error.
action: Restore the file in question if possible.
   see: https://openzfs.github.io/openzfs-docs/msg/ZFS-8000-8A
  scan: scrub repaired 0B in 00:00:01 with 2 errors on Sun Nov 22 00:24:02 2026
config:

\tNAME        STATE     READ WRITE CKSUM
\ttank        ONLINE       0     0     0
\t  mirror-0  ONLINE       0     0     0
${config}

errors: ${rest}
`
  const row = (words: string) => `\t    ${words}`

  test('a ZFS device with the errors that were counted, also in thousands', () => {
    const text = status(
      [row('/dev/sda1  ONLINE  1.2K  0  3'), row('/dev/sdb1  UNAVAIL  0  0  0  was /dev/sdb1')].join('\n'),
      'No known data errors',
    )
    expect(parseZpool('', text, () => null).pools).toMatchObject([
      {
        dataErrors: 0,
        damagedFiles: [],
        scanErrors: 2,
        devices: [
          { path: '/dev/sda1', state: 'ONLINE', errors: { read: 1200, write: 0, checksum: 3 } },
          { path: '/dev/sdb1', state: 'UNAVAIL', errors: { read: 0, write: 0, checksum: 0 } },
        ],
      },
    ])
  })

  test('its damaged files, or how many there are where they are not listed', () => {
    const listed = status(
      row('/dev/sda1  ONLINE  0  0  0'),
      'Permanent errors have been detected in the following files:\n\n        /tank/a file.txt\n        tank/home:<0x0>',
    )
    expect(parseZpool('', listed, () => null).pools[0]).toMatchObject({
      dataErrors: 2,
      damagedFiles: ['/tank/a file.txt', 'tank/home:<0x0>'],
    })
    const counted = status(row('/dev/sda1  ONLINE  0  0  0'), "5 data errors, use '-v' for a list")
    expect(parseZpool('', counted, () => null).pools[0]).toMatchObject({ dataErrors: 5, damagedFiles: [] })
  })

  test('two pools, each with its own words', () => {
    const both = `${status(row('/dev/sda1  ONLINE  0  0  0'), 'No known data errors')}
  pool: dump
 state: SUSPENDED
config:

\tNAME        STATE     READ WRITE CKSUM
\tdump        UNAVAIL      0     0     0
\t  /dev/sdc1 UNAVAIL      3     1     0

errors: List of errors unavailable: pool I/O is currently suspended
`
    expect(parseZpool('', both, () => null).pools).toMatchObject([
      { name: 'tank', state: 'ONLINE', dataErrors: 0 },
      { name: 'dump', state: 'SUSPENDED', dataErrors: 1, scanErrors: null, devices: [{ state: 'UNAVAIL' }] },
    ])
  })

  test('a spare, a cache and a log are told as such, a file like a heading is none, and the worse scan counts', () => {
    const text = `  pool: pool
 state: ONLINE
  scan: scrub repaired 0B in 00:00:01 with 7 errors on Sun Nov 22 00:24:02 2026
  scan: resilvered 0B in 00:00:01 with 0 errors on Sun Nov 22 01:24:02 2026
config:

\tNAME         STATE     READ WRITE CKSUM
\tpool         ONLINE       0     0     0
\t  /dev/sda1  ONLINE       0     0     0
\tlogs
\t  /dev/sdb1  ONLINE       0     0     0
\tcache
\t  /dev/sdc1  UNAVAIL      0     0     0
\tspares
\t  /dev/sdd1  AVAIL

errors: Permanent errors have been detected in the following files:

        pool:/photos/a.jpg
`
    expect(parseZpool('', text, () => null).pools).toMatchObject([
      {
        name: 'pool',
        scanErrors: 7,
        dataErrors: 1,
        damagedFiles: ['pool:/photos/a.jpg'],
        devices: [{ use: null }, { use: 'log' }, { use: 'cache' }, { path: '/dev/sdd1', use: 'spare' }],
      },
    ])
  })

  test('a container of firmware RAID is told apart from an array that does not run', () => {
    const { arrays } = parseMdstat(`Personalities : [raid1]
md126 : active raid1 sda[1] sdb[0]
      488383488 blocks super external:/md127/0 [2/2] [UU]

md127 : inactive sda[1](S) sdb[0](S)
      6306 blocks super external:imsm

md9 : inactive sdc1[0](S)
      488383488 blocks super 1.2
`)
    expect(arrays.map(({ name, active, container }) => [name, active, container])).toEqual([
      ['md126', true, false],
      ['md127', false, true],
      ['md9', false, false],
    ])
  })

  test('btrfs errors are added up, and none told is none known', () => {
    expect(sumOf('write_errs 1\nread_errs 2\nflush_errs 0\ncorruption_errs 4\ngeneration_errs 0')).toBe(7)
    expect([sumOf(''), sumOf(null), sumOf('read_errs 0')]).toEqual([null, null, 0])
  })
})

describe('Mounts', () => {
  const mounts = parseMountinfo(`22 1 8:1 / / rw,relatime - ext4 /dev/sda1 rw
30 22 0:40 / /home rw shared:5 - ext4 /dev/sdb1 rw
31 30 0:41 / /home/my\\040share rw - nfs4 nas:/share rw
32 30 0:42 / /home/gone rw - autofs systemd-1 rw
33 22 8:17 / /mnt/win rw - fuseblk /dev/sdc1 rw
34 22 8:1 /srv /srv/bind rw - ext4 /dev/sda1 rw
35 22 0:44 / /tank rw - zfs tank rw
36 22 0:45 / /proc rw - proc proc rw
`)
  test.each([
    ['/home/ann', 'ext4', false],
    ['/home/my share/x', 'nfs4', true],
    ['/home/my sharex', 'ext4', false],
    ['/home/gone', 'autofs', true],
    ['/mnt/win', 'fuseblk', false],
  ])('%s lies on %s', (path, fstype, elsewhere) => {
    const found = mountOf(path, mounts)
    expect([found?.fstype, isElsewhere(found?.fstype ?? '')]).toEqual([fstype, elsewhere])
  })
  test('space is asked for once a device, of what lies on disks', () => {
    expect(pointsOf(mounts)).toEqual(['/', '/home', '/mnt/win', '/tank'])
  })
})

test('A section that is too large is left out with the reason, and the rest goes out', () => {
  const section = (kind: SectionKind, length: number): Section => ({
    kind,
    version: 1,
    subject: null,
    collectedAt: '',
    unavailable: null,
    payload: 'x'.repeat(length),
  })
  const sections = [section('lsblk', 90), section('smartctl', 50), section('smartctl', 30), section('df', '"'.length)]
  const [whole] = [sections.reduce((sum, each) => sum + Buffer.byteLength(JSON.stringify(each)), 0)]
  expect(within(sections, whole)).toEqual(sections)
  const kept = within(sections, whole - 1)
  expect(kept.map(({ kind, payload, unavailable }) => [kind, payload?.length ?? unavailable?.code])).toEqual([
    ['lsblk', 90],
    ['smartctl', 'TOO_LARGE'],
    ['smartctl', 30],
    ['df', 1],
  ])
})
