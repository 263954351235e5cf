import { readFileSync } from 'node:fs'
import { beforeEach, describe, expect, test } from 'vitest'
import { ataDocument, machineSection, minutes, report, section, unavailable } from './builders.ts'
import { apiForThisTest, type TestApi } from './start-api.ts'

let api: TestApi
beforeEach(async () => {
  api = await apiForThisTest()
})

const document = (name: string): any =>
  JSON.parse(readFileSync(new URL(`./cases/${name}.json`, import.meta.url), 'utf8'))
const disks = async (): Promise<any[]> =>
  (
    await api.ask(
      '{ disks(orderBy: SERIAL) { nodes { id serial model wwn health weak missingSince capacityBytes device lastReadAt } } }',
    )
  ).data.disks.nodes
const types = async (): Promise<string[]> =>
  (await api.ask('{ events(first: 50) { nodes { type } } }')).data.events.nodes.map(({ type }: any) => type)

interface Told {
  device: string
  /** What lsblk says. */
  serial?: string | null
  size?: number
  tran?: string
  [key: string]: unknown
}
/** One report of one machine: what lsblk says, and what smartctl says by device. */
const send = (at: number, lsblk: Told[] | null, smart: Record<string, unknown> = {}) =>
  report(api, {
    collectedAt: minutes(at),
    disks: [],
    lsblk,
    sections: Object.entries(smart).map(([device, json]) => section('smartctl', json, device)),
  })
/** Another machine than the one of `send`. */
const other = { machineKey: 'key-of-another-machine', hostname: 'other', disks: [] }
const ASLEEP = { smartctl: { exit_status: 3, messages: [{ string: 'Device is in STANDBY mode, exit(3)' }] } }
const unreadable = (subject: string) => ({
  kind: 'smartctl',
  version: 1,
  subject,
  unavailable: { code: 'TIMEOUT', text: 'no answer' },
})

describe('A USB disk', () => {
  const read = document('usb-disk-asleep.step1.sda')
  const size = read.user_capacity.bytes
  const bridge = { device: 'sda', tran: 'usb', size, serial: `57583131${read.serial_number}` }

  test('is one disk, whether its own serial was read or its bridge’s alone (case usb-disk-asleep)', async () => {
    await send(0, [bridge], { sda: read })
    const [before] = await disks()
    expect(before).toMatchObject({ serial: read.serial_number, missingSince: null })
    // S.M.A.R.T. is read once an hour: most reports tell of lsblk alone.
    for (const [at, smart] of [
      [15, {}],
      [30, {}],
      [60, { sda: ASLEEP }],
    ] as const) {
      await send(at, [bridge], smart)
      expect(await disks()).toEqual([before])
    }
    expect(await types()).not.toContain('DISK_MISSING')
  })

  test('that slept at first keeps its row when it is read', async () => {
    await send(0, [bridge], { sda: ASLEEP })
    const [before] = await disks()
    await send(60, [bridge], { sda: read })
    expect(await disks()).toMatchObject([{ id: before.id, serial: read.serial_number, missingSince: null }])
  })

  test('is found again in another machine by its own serial', async () => {
    await send(0, [bridge], { sda: read })
    const [before] = await disks()
    await report(api, {
      machineKey: 'key-of-another-machine',
      hostname: 'other',
      collectedAt: minutes(60),
      disks: [],
      lsblk: [bridge],
      sections: [section('smartctl', read, 'sda')],
    })
    expect(await disks()).toMatchObject([{ id: before.id }])
    expect(await types()).toContain('DISK_MOVED')
  })

  test('is found again in another machine by its bridge and size, once its first machine is without it', async () => {
    await send(0, [bridge], { sda: read })
    await send(15, [])
    const [before] = await disks()
    await report(api, { ...other, collectedAt: minutes(60), lsblk: [bridge] })
    expect(await disks()).toMatchObject([{ id: before.id, serial: read.serial_number }])
    await report(api, {
      ...other,
      collectedAt: minutes(75),
      lsblk: [bridge],
      sections: [section('smartctl', read, 'sda')],
    })
    expect(await disks()).toMatchObject([{ id: before.id, missingSince: null }])
    // Another disk behind a bridge of one number is another one.
    await report(api, {
      ...other,
      collectedAt: minutes(90),
      lsblk: [bridge, { ...bridge, device: 'sdb', size: 2 * size }],
    })
    expect(await disks()).toHaveLength(2)
  })

  test('is not taken for one that its machine still has, behind another bridge of one number', async () => {
    await send(0, [bridge], { sda: read })
    await report(api, { ...other, collectedAt: minutes(10), lsblk: [bridge] })
    expect(await disks()).toHaveLength(2)
    await send(15, [bridge], {})
    expect(await disks()).toMatchObject([{ missingSince: null }, { missingSince: null }])
    // It was moved after all: what was known by the bridge alone never was a disk of its own.
    const sections = [section('smartctl', read, 'sda')]
    await report(api, { ...other, collectedAt: minutes(20), lsblk: [bridge], sections })
    expect(await disks()).toMatchObject([{ serial: read.serial_number, missingSince: null }])
  })

  test.each([[undefined], ['External USB3.0']])(
    'behind a dock that shows one serial for both bays is two disks, whatever it calls itself: %s (case usb-dock-asleep-then-read)',
    async (model) => {
      const bays = ['sda', 'sdb'].map((device) => ({
        device,
        tran: 'usb',
        size: document('usb-dock-asleep-then-read.step2.sda').user_capacity.bytes,
        serial: '152D00539000B',
        ...(model === undefined ? {} : { model }),
      }))
      await send(0, bays, { sda: ASLEEP, sdb: ASLEEP })
      expect(await disks()).toHaveLength(2)
      const ids = new Set((await disks()).map(({ id }) => id))
      const documents = {
        sda: document('usb-dock-asleep-then-read.step2.sda'),
        sdb: document('usb-dock-asleep-then-read.step2.sdb'),
      }
      await send(60, bays, documents)
      const after = await disks()
      expect(after.map(({ serial }) => serial).toSorted()).toEqual(
        [documents.sda.serial_number, documents.sdb.serial_number].toSorted(),
      )
      expect(new Set(after.map(({ id }) => id))).toEqual(ids)
      expect(after.every(({ missingSince }) => missingSince === null)).toBe(true)
      await send(120, bays, { sda: ASLEEP, sdb: ASLEEP })
      expect(new Set((await disks()).map(({ id }) => id))).toEqual(ids)
      expect(await types()).not.toContain('DISK_MISSING')
    },
  )

  test('a stick without S.M.A.R.T. is known by what the kernel tells, in whatever machine', async () => {
    const stick = { device: 'sdb', tran: 'usb', size: 32_000_000_000, serial: 'STICK-1', model: 'Ultra' }
    await send(0, [stick])
    await report(api, {
      machineKey: 'key-of-another-machine',
      hostname: 'other',
      collectedAt: minutes(60),
      disks: [],
      lsblk: [{ ...stick, device: 'sdc' }],
    })
    expect(await disks()).toMatchObject([{ serial: 'STICK-1', weak: false }])
  })
})

describe('One serial number twice in one report', () => {
  const [one, two] = [document('exos2x18-two-luns.step1.sda'), document('exos2x18-two-luns.step1.sdb')]
  const lsblk = (first: string, second: string): Told[] =>
    [first, second].map((device) => ({ device, tran: 'sas', size: one.user_capacity.bytes, serial: one.serial_number }))

  test.each([
    ['sda', 'sdb'],
    ['sdb', 'sda'],
  ])('is two disks where their names differ, whichever is %s (case exos2x18-two-luns)', async (first, second) => {
    await send(0, lsblk(first, second), { [first]: one, [second]: two })
    expect((await disks()).map(({ health }) => health).toSorted()).toEqual(['AT_RISK', 'OK'])
    const ids = new Map((await disks()).map(({ wwn, id }) => [wwn, id]))
    await send(60, lsblk(second, first), { [second]: one, [first]: two })
    expect(new Map((await disks()).map(({ wwn, id }) => [wwn, id]))).toEqual(ids)
  })

  test.each([
    [0, 5],
    [5, 0],
  ])(
    'is one disk on two paths where they do not, and the worse word counts (%i and %i pending)',
    async (first, second) => {
      const path = (device: string, pending: number) =>
        ataDocument({ device, serial: 'S1', wwn: { naa: 5, oui: 1, id: 7 }, raw: { 197: pending } })
      const receipt = await send(
        0,
        [
          { device: 'sda', serial: 'S1' },
          { device: 'sdb', serial: 'S1' },
        ],
        { sda: path('sda', first), sdb: path('sdb', second) },
      )
      expect(await disks()).toMatchObject([{ serial: 'S1', health: 'AT_RISK' }])
      expect(receipt.notes.join()).toMatch(/sdb is the same disk as sda/)
    },
  )

  test('is one NVMe disk with several namespaces (case nvme-namespaces)', async () => {
    const names = ['nvme1n1', 'nvme1n2', 'nvme1n3', 'nvme1n4']
    const documents = Object.fromEntries(names.map((name) => [name, document(`nvme-namespaces.step1.${name}`)]))
    const serial = documents['nvme1n1'].serial_number
    const told = names.map((device) => ({ device, tran: 'nvme', serial, size: 1_200_000_000_000 }))
    await send(0, told, documents)
    expect(await disks()).toMatchObject([{ serial, capacityBytes: '4800000000000' }])
    await send(15, told)
    expect(await disks()).toHaveLength(1)
  })

  test('and one name on two disks of a batch is two (case batch-wwn)', async () => {
    const documents = { sda: document('batch-wwn.step1.sda'), sdb: document('batch-wwn.step1.sdb') }
    await send(
      0,
      Object.entries(documents).map(([device, { serial_number: serial }]) => ({ device, serial })),
      documents,
    )
    expect(await disks()).toHaveLength(2)
  })
})

test('A disk behind a RAID controller whose reading fails once is no new disk', async () => {
  const volume = { device: 'sda', serial: null, size: 10 ** 12, model: 'PERC H730P' }
  const behind = ataDocument({ serial: 'S9' })
  await send(0, [volume], { 'sda:megaraid,0': behind })
  const before = (await disks()).map(({ id }) => id)
  await report(api, { collectedAt: minutes(60), disks: [], lsblk: [volume], sections: [unreadable('sda:megaraid,0')] })
  await send(120, [volume], {
    'sda:megaraid,0': { smartctl: { exit_status: 2, messages: [{ string: 'INQUIRY failed' }] } },
  })
  expect((await disks()).map(({ id }) => id)).toEqual(before)
})

test('An old lsblk that prints a name instead of the serial makes no second disk', async () => {
  const name = { device: 'sda', tran: 'sata', serial: '5000c500a1b2c3d4', size: 4_000_787_030_016 }
  await send(0, [name], { sda: ataDocument({ serial: 'S1' }) })
  await send(15, [name])
  await send(30, [name], { sda: ASLEEP })
  expect(await disks()).toMatchObject([{ serial: 'S1', missingSince: null }])
})

test('A disk that had no number and gains one keeps its row; one of another model does not take it', async () => {
  const silent = { device: 'sda', serial: null, model: 'M1', size: 4_000_787_030_016 }
  await send(0, [silent])
  const [before] = await disks()
  expect(before).toMatchObject({ weak: true })
  await send(60, [{ ...silent, serial: 'S1' }], { sda: ataDocument({ serial: 'S1', model: 'M1' }) })
  expect(await disks()).toMatchObject([{ id: before.id, serial: 'S1', weak: false }])

  api = await apiForThisTest()
  await send(0, [silent])
  await send(60, [{ ...silent, model: 'OTHER', serial: 'S2' }], { sda: ataDocument({ serial: 'S2', model: 'OTHER' }) })
  expect(await disks()).toHaveLength(2)
})

describe('One number on the disks of two machines', () => {
  const other = { machineKey: 'key-of-another-machine', hostname: 'other' }
  const inBoth = async (one: Told, another: Told) => {
    await send(0, [one])
    await report(api, { ...other, collectedAt: minutes(5), disks: [], lsblk: [another] })
    await send(15, [one])
    return disks()
  }
  const disk = { device: 'sda', serial: 'S1', model: 'M1', size: 4_000_787_030_016, wwn: '0x5000c500a1b2c3d4' }

  test('that hypervisors give is nobody’s: each machine has its own', async () => {
    for (const serial of ['QM00001', 'drive-scsi0']) {
      api = await apiForThisTest()
      const virtual = { device: 'sda', serial, model: 'QEMU HARDDISK', size: 34_359_738_368 }
      expect(await inBoth(virtual, virtual), serial).toHaveLength(2)
      expect(await types()).not.toContain('DISK_MOVED')
    }
  })

  test.each([
    ['name and size', { wwn: '0x5000c500ffffffff', size: 500_107_862_016 }],
    ['model and size', { model: 'M2', size: 500_107_862_016 }],
  ])('is two disks where %s differ', async (_what, differing) => {
    expect(await inBoth(disk, { ...disk, ...differing })).toHaveLength(2)
    expect(await types()).not.toContain('DISK_MOVED')
  })

  test('is one disk in another enclosure where its name alone differs', async () => {
    await send(0, [disk])
    await report(api, { ...other, collectedAt: minutes(5), disks: [], lsblk: [{ ...disk, wwn: '0x5000c500ffffffff' }] })
    expect(await disks()).toHaveLength(1)
    expect(await types()).toContain('DISK_MOVED')
  })
})

test('Two disks without a number that follow each other at one place are two, and cost no report', async () => {
  const silent = { device: 'sda', serial: null, size: 34_359_738_368 }
  for (const [index, model] of ['M1', 'M2', 'M1'].entries()) await send(index * 15, [{ ...silent, model }])
  expect((await disks()).map(({ model, missingSince }) => [model, missingSince === null]).toSorted()).toEqual([
    ['M1', true],
    ['M2', false],
  ])
})

describe('A disk without a number', () => {
  const vda = (size: number) => ({ device: 'vda', serial: null, tran: 'virtio', size })
  const links = (byPath: string | null) =>
    machineSection({ links: byPath === null ? [] : [{ device: 'vda', byId: [], byPath, wwid: null }] })
  const tell = (at: number, size: number, ...sections: unknown[]) =>
    report(api, { collectedAt: minutes(at), disks: [], lsblk: [vda(size)], sections })

  test('stays one disk where its place is told once and not the next time, whichever comes first', async () => {
    for (const [at, path] of [null, 'pci-0000:00:05.0', null, 'pci-0000:00:05.0'].entries()) {
      await tell(at * 15, 34e9, links(path))
      expect(await disks()).toMatchObject([{ weak: true, missingSince: null }])
    }
    await tell(60, 34e9, unavailable('machine'))
    expect(await disks()).toHaveLength(1)
    // At another place it is another one.
    await tell(75, 34e9, links('pci-0000:00:06.0'))
    expect(await disks()).toHaveLength(2)
  })

  test('stays one where a hypervisor makes it larger, and is another where it is smaller', async () => {
    for (const [at, size] of [34e9, 68e9].entries()) await tell(at * 15, size, links('pci-0000:00:05.0'))
    expect(await disks()).toMatchObject([{ capacityBytes: '68000000000', missingSince: null }])
    await tell(30, 20e9, links('pci-0000:00:05.0'))
    expect(await disks()).toHaveLength(2)
  })

  test('that a script told of is the one of its agent', async () => {
    await api.post('/api/ingest', { hostname: 'atlas', disks: [{ device: '/dev/vda', capacity_bytes: 34e9 }] })
    await tell(15, 34e9, links(null))
    expect(await disks()).toMatchObject([{ missingSince: null }])
  })
})

describe('A disk that loses its room', () => {
  const size = 4_000_787_030_016
  const document = (bytes: number) => ({ ...ataDocument(), user_capacity: { bytes } })
  const found = async () => {
    const { data } = await api.ask(
      '{ disks { nodes { health device capacityBytes missingSince reasons { code value limit } } } }',
    )
    return data.disks.nodes
  }
  const LOST = { health: 'AT_RISK', capacityBytes: String(size), missingSince: null }

  test.each([
    ['and shows a few megabytes', { device: 'sda', serial: 'S1', size: 21e6 }, { sda: document(21e6) }, 21e6],
    ['and has none, by the kernel', { device: 'sda', serial: 'S1', size: 0, rm: false }, { sda: document(size) }, 0],
    ['and has none, where S.M.A.R.T. is not asked', { device: 'sda', serial: 'S1', size: 0, rm: false }, {}, 0],
  ])('%s, is at risk until it has it again', async (_, lsblk, smart, left) => {
    const whole = { device: 'sda', serial: 'S1', size }
    await send(0, [whole], { sda: document(size) })
    await send(60, [lsblk], smart)
    const lost = { ...LOST, reasons: [{ code: 'CAPACITY_LOST', value: left, limit: size }] }
    expect(await found()).toMatchObject([lost])
    await report(api, { collectedAt: minutes(75), disks: [], lsblk: null, sections: [unavailable('lsblk')] })
    expect(await found()).toMatchObject([lost])
    await send(120, [whole], { sda: document(size) })
    expect(await found()).toMatchObject([{ health: 'OK', reasons: [] }])
  })

  test('is one where an NVMe controller answers without its namespace', async () => {
    const nvme = {
      smartctl: { exit_status: 0 },
      device: { type: 'nvme', protocol: 'NVMe' },
      serial_number: 'N1',
      nvme_total_capacity: size,
      smart_status: { passed: true },
    }
    await send(0, [{ device: 'nvme0n1', serial: 'N1', tran: 'nvme', size }], { nvme0n1: nvme })
    await send(60, [], { nvme0: nvme })
    expect(await found()).toMatchObject([
      { ...LOST, device: 'nvme0n1', reasons: [{ code: 'CAPACITY_LOST', value: 0 }] },
    ])
  })

  test('is none where a bridge hides some sectors, and an empty card reader is no disk at all', async () => {
    await send(0, [{ device: 'sda', serial: 'S1', size }], { sda: document(size) })
    await send(
      60,
      [
        { device: 'sda', serial: 'S1', size: size - 1e6 },
        { device: 'sdb', serial: null, size: 0, rm: true },
      ],
      {
        sda: document(size - 1e6),
      },
    )
    expect(await found()).toMatchObject([{ health: 'OK', reasons: [] }])
  })

  test('is none where a controller is asked for a slot that holds nothing', async () => {
    await send(0, [{ device: 'sda', serial: 'S1', size }], {
      sda: document(size),
      'sda:megaraid,7': { smartctl: { exit_status: 2, messages: [{ string: 'device lacks SMART capability' }] } },
    })
    expect(await found()).toHaveLength(1)
  })
})

test('Where smartctl could not look for disks behind a controller none of them is missing, and the machine says so', async () => {
  const behind = ['megaraid,0', 'megaraid,1'].map((address) =>
    section('smartctl', ataDocument({ serial: `S-${address}` }), `sda:${address}`),
  )
  const own = section('smartctl', ataDocument({ serial: 'S1' }), 'sda')
  const lsblk = [{ device: 'sda', serial: 'S1' }]
  await report(api, { collectedAt: minutes(0), disks: [], lsblk, sections: [own, ...behind] })
  const failed = {
    kind: 'smartctl',
    version: 1,
    subject: null,
    unavailable: { code: 'SCAN_FAILED', text: 'smartctl gave no answer within 15 s' },
  }
  await report(api, { collectedAt: minutes(60), disks: [], lsblk, sections: [own, failed] })
  expect((await disks()).map(({ missingSince }) => missingSince)).toEqual([null, null, null])
  const { data } = await api.ask('{ machines { nodes { notes } } }')
  expect(data.machines.nodes[0].notes).toEqual([
    'Disks behind controllers could not be looked for: smartctl gave no answer within 15 s.',
  ])
  await report(api, { collectedAt: minutes(120), disks: [], lsblk, sections: [own] })
  expect((await disks()).filter(({ missingSince }) => missingSince !== null)).toHaveLength(2)
})
