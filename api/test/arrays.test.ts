import { beforeEach, describe, expect, test } from 'vitest'
import { minutes, report, section, unavailable } from './builders.ts'
import { apiForThisTest, type TestApi } from './start-api.ts'

let api: TestApi
beforeEach(async () => {
  api = await apiForThisTest()
})

const md = (working: number, more: object = {}) =>
  section('mdraid', {
    arrays: [
      {
        name: 'md0',
        level: 'raid1',
        active: true,
        expectedDevices: 2,
        workingDevices: working,
        devices: [{ device: 'sda1', failed: false, spare: false }],
        ...more,
      },
    ],
  })
const send = (at: number, ...sections: unknown[]) => report(api, { collectedAt: minutes(at), sections })
const arrays = async (): Promise<any[]> =>
  (
    await api.ask(
      '{ machines { nodes { arrays { kind name health goneSince unansweredSince expectedMembers workingMembers reasons { code } } } } }',
    )
  ).data.machines.nodes[0].arrays
const atRisk = async (): Promise<[number, string[]]> => {
  const { data } = await api.ask('{ summary { arraysAtRisk } arraysAtRisk { name machine { hostname } } }')
  return [data.summary.arraysAtRisk, data.arraysAtRisk.map(({ name, machine }: any) => `${name} ${machine.hostname}`)]
}
const alerts = async (): Promise<string[]> => {
  await api.app.opener.run()
  const { nodes } = (await api.ask('{ alerts { nodes { type status state subject machine { hostname } } } }')).data
    .alerts
  return nodes.map((alert: any) =>
    [alert.type, alert.status, alert.state, alert.subject, alert.machine.hostname].join(' '),
  )
}
const types = async (): Promise<string[]> =>
  (await api.ask('{ events { nodes { type } } }')).data.events.nodes.map(({ type }: any) => type)

test('A degraded array has a health, an event and an alert of its own, though each of its disks is well', async () => {
  await send(0, md(2))
  expect(await arrays()).toMatchObject([{ kind: 'MDRAID', name: 'md0', health: 'OK', reasons: [] }])
  expect(await atRisk()).toEqual([0, []])
  await send(60, md(1))
  expect(await arrays()).toMatchObject([
    { health: 'AT_RISK', expectedMembers: 2, workingMembers: 1, reasons: [{ code: 'ARRAY_DEGRADED' }] },
  ])
  expect(await atRisk()).toEqual([1, ['md0 atlas']])
  expect(await alerts()).toEqual(['ARRAY AT_RISK OPEN md0 atlas'])
  await send(120, md(1))
  expect((await types()).filter((type) => type === 'ARRAY_CHANGED')).toHaveLength(1)
  await send(180, md(2))
  expect(await atRisk()).toEqual([0, []])
  expect(await alerts()).toEqual(['ARRAY AT_RISK RESOLVED md0 atlas'])
})

test('An array that is degraded when it is first seen is told at once', async () => {
  await send(0, md(1))
  expect(await alerts()).toEqual(['ARRAY AT_RISK OPEN md0 atlas'])
})

test('An array of which nothing could be told stays as it was; one that its machine is without is gone, told once, and may come back', async () => {
  await send(0, md(1))
  await send(60, unavailable('mdraid'))
  expect(await arrays()).toMatchObject([{ health: 'AT_RISK', goneSince: null }])
  await send(120, section('mdraid', { arrays: 'nonsense' }))
  expect(await arrays()).toMatchObject([{ health: 'AT_RISK', goneSince: null }])
  await report(api, { collectedAt: minutes(150), lsblk: null })
  expect(await arrays(), 'without lsblk nothing is gone').toMatchObject([{ goneSince: null }])
  await send(180)
  expect(await arrays()).toMatchObject([{ goneSince: '2026-11-21T15:00:00.000Z' }])
  // It was degraded: that it did not start is no cure.
  expect((await atRisk())[0]).toBe(1)
  expect((await alerts()).toSorted()).toEqual([
    'ARRAY AT_RISK OPEN md0 atlas',
    'ARRAY GONE RESOLVED md0 atlas',
    'ARRAY NOT_ANSWERING RESOLVED md0 atlas',
  ])
  await send(240, md(2))
  expect(await arrays()).toMatchObject([{ health: 'OK', goneSince: null }])
  expect(await alerts()).toContain('ARRAY AT_RISK RESOLVED md0 atlas')
  expect(await types()).toContain('ARRAY_BACK')
})

test('An array whose tool falls silent is told at the second time, for a pool that hangs makes its tool hang', async () => {
  await send(0, md(2))
  await send(60, unavailable('mdraid'))
  expect(await arrays()).toMatchObject([{ health: 'OK', unansweredSince: minutes(60).toISOString() }])
  await send(120, unavailable('mdraid'))
  expect(await arrays()).toMatchObject([{ health: 'WARNING', reasons: [{ code: 'ARRAY_NOT_ANSWERING' }] }])
  expect(await types()).toContain('ARRAY_CHANGED')
  expect(await alerts()).toEqual(['ARRAY NOT_ANSWERING OPEN md0 atlas'])
  await send(180, md(2))
  expect(await arrays()).toMatchObject([{ health: 'OK', unansweredSince: null, reasons: [] }])
  expect(await alerts()).toEqual(['ARRAY NOT_ANSWERING RESOLVED md0 atlas'])
})

test('A btrfs of two devices that is no more mounted is as it was told last', async () => {
  const devices = [1, 2].map((id) => ({ id, missing: false, errors: 0 }))
  await send(0, section('btrfs', { fileSystems: [{ uuid: 'u1', label: 'pool', devices, vanished: 0 }] }))
  for (const at of [60, 120, 180]) await send(at)
  expect(await arrays()).toMatchObject([{ health: 'OK', goneSince: null, unansweredSince: null }])
})

test('An array that was degraded and taken apart is forgotten by whoever says so, and no other', async () => {
  await send(0, md(1))
  await alerts()
  const [{ id }] = (await api.ask('{ arraysAtRisk { id } }')).data.arraysAtRisk
  const forget = () => api.ask('mutation ($id: ID!) { forgetArray(id: $id) { hostname arrays { id } } }', { id })
  expect((await forget()).errors?.[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', field: 'id' })
  await send(60)
  expect(await atRisk()).toEqual([1, ['md0 atlas']])
  expect((await forget()).data.forgetArray).toEqual({ hostname: 'atlas', arrays: [] })
  expect(await atRisk()).toEqual([0, []])
  expect((await alerts()).filter((alert) => alert.includes('OPEN'))).toEqual([])
  expect((await types())[0]).toBe('ARRAY_FORGOTTEN')
  expect((await forget()).errors?.[0]?.extensions.code).toBe('NOT_FOUND')
})

test('An array that comes back degraded is told anew', async () => {
  await send(0, md(1))
  await alerts()
  await send(60)
  await send(120, md(1))
  expect((await alerts()).filter((alert) => alert.includes('OPEN'))).toEqual(['ARRAY AT_RISK OPEN md0 atlas'])
})

test('Slots that were never filled are no alarm, until there is a member less than there has been', async () => {
  const nas = (working: number) => md(working, { expectedDevices: 8 })
  await send(0, nas(3))
  await send(60, nas(4))
  expect(await arrays()).toMatchObject([{ health: 'OK', reasons: [{ code: 'ARRAY_SLOTS_EMPTY' }] }])
  await send(120, nas(3))
  expect(await arrays()).toMatchObject([{ health: 'AT_RISK', reasons: [{ code: 'ARRAY_DEGRADED' }] }])
  await send(180, nas(4))
  expect(await arrays()).toMatchObject([{ health: 'OK' }])
})

test('A pool and a volume group of one name have an alert each', async () => {
  const pool = section('zpool', {
    pools: [{ name: 'md0', state: 'DEGRADED', sizeBytes: null, allocatedBytes: null, freeBytes: null, devices: [] }],
  })
  await send(0, md(1), pool)
  await alerts()
  await send(60, md(2), pool)
  expect((await alerts()).toSorted()).toEqual(['ARRAY AT_RISK OPEN md0 atlas', 'ARRAY AT_RISK RESOLVED md0 atlas'])
})

test('A btrfs that was mended by giving up a device is well again; one of one device is no array; labels may be equal', async () => {
  const btrfs = (...fileSystems: [uuid: string, missing: boolean[]][]) =>
    section('btrfs', {
      fileSystems: fileSystems.map(([uuid, missing]) => ({
        uuid,
        label: 'data',
        devices: missing.map((is, id) => ({ id, missing: is, errors: 0 })),
      })),
    })
  await send(0, btrfs(['aaaaaaaa-1', [false, true]], ['bbbbbbbb-2', [false, false]], ['cccccccc-3', [false]]))
  expect((await arrays()).map(({ name, health }) => `${name} ${health}`)).toEqual([
    'data (aaaaaaaa) AT_RISK',
    'data (bbbbbbbb) OK',
  ])
  await send(60, btrfs(['aaaaaaaa-1', [false]]))
  expect((await arrays()).map(({ health }) => health)).toEqual(['OK', 'OK'])
})

test('A retired machine leaves no alert of its arrays behind', async () => {
  const { machine } = await send(0, md(1))
  await alerts()
  await api.ask('mutation ($id: ID!) { archiveMachine(id: $id) { id } }', { id: machine.id })
  expect(await alerts()).toEqual(['ARRAY AT_RISK RESOLVED md0 atlas'])
  expect(await atRisk()).toEqual([0, []])
  await send(60, md(1))
  expect((await alerts())[0], 'it came back, still degraded').toBe('ARRAY AT_RISK OPEN md0 atlas')
})

test('What a pool says of its member stands until the pool is heard again, also where ZFS is not loaded', async () => {
  const pool = (state: string) =>
    section('zpool', {
      pools: [
        {
          name: 'tank',
          state: 'DEGRADED',
          sizeBytes: null,
          allocatedBytes: null,
          freeBytes: null,
          devices: [{ path: '/dev/sda', device: 'sda', state, errors: { read: 4, write: 0, checksum: 0 } }],
        },
      ],
    })
  const disk = async () => (await api.ask('{ disks { nodes { health reasons { code } } } }')).data.disks.nodes[0]
  await send(0, pool('FAULTED'))
  const said = { health: 'AT_RISK', reasons: [{ code: 'POOL_MEMBER_DEGRADED' }, { code: 'POOL_MEMBER_ERRORS' }] }
  expect(await disk()).toEqual(said)
  await send(60, unavailable('zpool'))
  expect(await disk()).toEqual(said)
  await report(api, { collectedAt: minutes(90), lsblk: null, sections: [unavailable('lsblk')] })
  expect(await disk()).toEqual(said)
  await send(120)
  expect(await disk()).toEqual(said)
  await send(180, section('zpool', { pools: [] }))
  expect(await disk()).toEqual({ health: 'OK', reasons: [] })
})

test('What md said of a disk that failed stands while its array is degraded, also after a start without it', async () => {
  const array = (working: number, failed: boolean | null) =>
    md(working, { devices: failed === null ? [] : [{ device: 'sda', failed, spare: false }] })
  const health = async () => (await api.ask('{ disks { nodes { health } } }')).data.disks.nodes[0].health
  await send(0, array(1, true))
  expect(await health()).toBe('AT_RISK')
  await send(60, array(1, null))
  expect(await health()).toBe('AT_RISK')
  await send(120, array(2, false))
  expect(await health()).toBe('OK')
})

describe('What an array told and its tool does not tell again', () => {
  const vdev = (errors: number | null) => ({
    path: '/dev/sda',
    device: 'sda',
    state: 'ONLINE',
    errors: errors === null ? null : { read: errors, write: 0, checksum: 0 },
  })
  const pool = (more: object) =>
    section('zpool', {
      pools: [
        {
          name: 'tank',
          state: 'ONLINE',
          sizeBytes: null,
          allocatedBytes: null,
          freeBytes: null,
          devices: [vdev(0)],
          ...more,
        },
      ],
    })
  const thin = (dataPercent: number | null) =>
    section('lvm', {
      volumeGroups: [{ name: 'vg0', sizeBytes: null, freeBytes: null, partial: false }],
      physicalVolumes: [{ device: '/dev/sda', volumeGroup: 'vg0', sizeBytes: null, freeBytes: null, missing: false }],
      logicalVolumes: [
        {
          name: 'pool',
          volumeGroup: 'vg0',
          path: null,
          sizeBytes: null,
          health: null,
          type: 'thin-pool',
          devices: [],
          tags: [],
          dataPercent,
          metadataPercent: dataPercent,
        },
      ],
    })
  const btrfs = (label: string, errors: number | null) =>
    section('btrfs', {
      fileSystems: [{ uuid: 'abcdefgh-1', label, devices: [{ id: 1, missing: false, errors }], vanished: 0 }],
    })

  test.each([
    [
      'errors of a scrub, after which another began',
      pool({ scanErrors: 3 }),
      pool({ scanErrors: null }),
      pool({ scanErrors: 0 }),
    ],
    ['damaged files', pool({ dataErrors: 7 }), pool({ dataErrors: null }), pool({ dataErrors: 0 })],
    ['errors of a member', pool({ devices: [vdev(9)] }), pool({ devices: [vdev(null)] }), pool({ devices: [vdev(0)] })],
    ['a thin pool that is full', thin(99), thin(null), thin(40)],
    ['errors of a btrfs of one device', btrfs('data', 9), btrfs('data', null), btrfs('data', 0)],
  ])('counts on: %s', async (_, bad, poor, good) => {
    const health = async () => (await arrays())[0].health
    await send(0, bad)
    const first = await health()
    expect(['WARNING', 'AT_RISK']).toContain(first)
    await send(60, poor)
    expect(await health()).toBe(first)
    await send(120, good)
    expect(await health()).toBe('OK')
  })

  test('stands where a btrfs gets another label, under one name alone', async () => {
    const two = (label: string, missing: boolean) =>
      section('btrfs', {
        fileSystems: [
          {
            uuid: 'abcdefgh-1',
            label,
            devices: [1, 2].map((id) => ({ id, missing: missing && id === 2, errors: 0 })),
            vanished: 0,
          },
        ],
      })
    await send(0, two('old', true))
    expect(await alerts()).toEqual(['ARRAY AT_RISK OPEN old (abcdefgh) atlas'])
    await send(60, two('new', true))
    expect((await alerts()).toSorted()).toEqual([
      'ARRAY AT_RISK OPEN new (abcdefgh) atlas',
      'ARRAY AT_RISK RESOLVED old (abcdefgh) atlas',
    ])
    await send(120, two('new', false))
    expect(await arrays()).toMatchObject([{ name: 'new (abcdefgh)', health: 'OK' }])
  })
})

test('A btrfs of two devices that is not mounted after a start without one of them is degraded', async () => {
  const devices = [1, 2].map((id) => ({ id, missing: false, errors: 0 }))
  const member = (device: string) => ({ device, serial: `S-${device}`, fstype: 'btrfs', uuid: 'abcdefgh-1' })
  const tell = (at: number, members: string[], fileSystems: object[]) =>
    report(api, {
      collectedAt: minutes(at),
      disks: [],
      lsblk: members.map(member),
      sections: [section('btrfs', { fileSystems })],
    })
  await tell(0, ['sda', 'sdb'], [{ uuid: 'abcdefgh-1', label: 'pool', devices, vanished: 0 }])
  await tell(60, ['sda', 'sdb'], [])
  expect(await arrays()).toMatchObject([{ health: 'OK', workingMembers: 2 }])
  await tell(120, ['sda'], [])
  expect(await arrays()).toMatchObject([
    {
      name: 'pool (abcdefgh)',
      health: 'AT_RISK',
      workingMembers: 1,
      expectedMembers: 2,
      reasons: [{ code: 'ARRAY_DEGRADED' }],
    },
  ])
  expect(await alerts()).toContain('ARRAY AT_RISK OPEN pool (abcdefgh) atlas')
  await tell(180, ['sda', 'sdb'], [{ uuid: 'abcdefgh-1', label: 'pool', devices, vanished: 0 }])
  expect(await arrays()).toMatchObject([{ health: 'OK', workingMembers: 2 }])
})

test('An array that loses one more member, with its health as it was, is told as worse', async () => {
  const raid6 = (working: number) =>
    section('mdraid', {
      arrays: [{ name: 'md0', level: 'raid6', active: true, expectedDevices: 4, workingDevices: working, devices: [] }],
    })
  for (const [at, working] of [
    [0, 4],
    [60, 3],
    [120, 3],
    [180, 2],
  ] as const)
    await send(at, raid6(working))
  const { data } = await api.ask('{ events { nodes { type from to } } }')
  const changes = data.events.nodes.filter(({ type }: any) => type === 'ARRAY_CHANGED')
  expect(changes.map(({ from, to }: any) => `${from} ${to}`)).toEqual(['AT_RISK AT_RISK', 'OK AT_RISK'])
  await alerts()
  const told = await api.ask('{ alerts { nodes { count reasons { value } } } }')
  expect(told.data.alerts.nodes).toMatchObject([{ count: 2, reasons: [{ value: 2 }] }])
})

test('A moment without lsblk makes no phantom disk and takes no role', async () => {
  const usb = { device: 'sdb', serial: null, size: 4_000_787_030_016, fstype: 'ext4' }
  const first = () =>
    report(api, {
      collectedAt: minutes(0),
      disks: [],
      lsblk: [usb],
      sections: [
        section(
          'smartctl',
          { smartctl: { exit_status: 0 }, smart_status: { passed: true }, user_capacity: { bytes: usb.size } },
          'sdb',
        ),
      ],
    })
  const disks = async () =>
    (await api.ask('{ disks { nodes { role weak missingSince device health } } }')).data.disks.nodes
  await first()
  const before = await disks()
  expect(before).toMatchObject([{ role: 'file_system', weak: true, device: 'sdb' }])
  const asleep = { smartctl: { exit_status: 3, messages: [{ string: 'Device is in STANDBY mode, exit(3)' }] } }
  const receipt = await report(api, {
    collectedAt: minutes(60),
    disks: [],
    lsblk: null,
    sections: [unavailable('lsblk'), section('smartctl', asleep, 'sdb'), section('smartctl', asleep, 'sdz')],
  })
  expect(await disks()).toEqual(before)
  expect(receipt.notes.join()).toMatch(/sdz: lsblk did not tell which disk it is/)
})
