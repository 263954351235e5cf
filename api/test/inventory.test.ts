import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { beforeEach, describe, expect, test } from 'vitest'
import { ataDocument, minutes, REPORT, report, reportOf, section, unavailable } from './builders.ts'
import { apiForThisTest, type TestApi } from './start-api.ts'

let api: TestApi
beforeEach(async () => {
  api = await apiForThisTest()
})

const disksOf = async () =>
  (
    await api.ask(
      '{ disks(orderBy: SERIAL) { nodes { id serial health moved weak missingSince conflictSince device reasons { code value readAt } machine { hostname } stays { device since until machine { hostname } } } } }',
    )
  ).data.disks.nodes
const eventsOf = async () =>
  (
    await api.ask(
      '{ events { nodes { type from to machine { hostname } fromMachine { hostname } disk { serial } reasons { code } } } }',
    )
  ).data.events.nodes.reverse()
const types = async () =>
  (await eventsOf()).map((event: { type: string }) => event.type).filter((type: string) => type !== 'TOKEN_CREATED')

describe('A report', () => {
  test('makes a machine and its disks, judged, with their events', async () => {
    const receipt = await report(api, { disks: [{}, { raw: { 197: 3 } }] })
    expect(receipt.sections.every(({ outcome }) => outcome === 'ACCEPTED')).toBe(true)
    expect(await disksOf()).toMatchObject([
      { serial: 'S1', health: 'OK', moved: false, weak: false },
      { serial: 'S2', health: 'AT_RISK', reasons: [{ code: 'PENDING_SECTORS', value: 3 }] },
    ])
    expect(await types()).toEqual(['MACHINE_ADDED', 'DISK_ADDED', 'DISK_ADDED', 'HEALTH_CHANGED'])
  })

  test('sent twice is answered and changes nothing', async () => {
    const first = reportOf()
    const one = (await api.ask(REPORT, { report: first })).data.reportInventory
    const two = (await api.ask(REPORT, { report: first })).data.reportInventory
    expect(two).toMatchObject({ id: one.id, repeated: true, machine: one.machine })
    expect((await api.ask('{ disks { nodes { snapshots { totalCount } } } }')).data.disks.nodes).toEqual([
      { snapshots: { totalCount: 1 } },
    ])
  })

  test('with an id that was used for other content is refused, and nothing of it is lost in silence', async () => {
    const first = reportOf()
    await api.ask(REPORT, { report: first })
    const { errors } = await api.ask(REPORT, { report: { ...first, sections: [] } })
    expect(errors?.[0]).toMatchObject({ extensions: { code: 'CONFLICT', field: 'id', cure: expect.any(String) } })
    const script = { hostname: 'nas', report_id: '1', disks: [] }
    expect((await api.post('/api/ingest', script)).status).toBe(200)
    expect((await api.post('/api/ingest', script)).status).toBe(200)
    expect((await api.post('/api/ingest', { ...script, os: 'debian' })).status).toBe(409)
  })

  test('with the id of another machine’s report is a report of its own: nobody swallows one by its id', async () => {
    const first = reportOf()
    await api.ask(REPORT, { report: { ...first, machineKey: 'key-of-somebody-else', hostname: 'stranger' } })
    const { data } = await api.ask(REPORT, { report: first })
    expect(data.reportInventory).toMatchObject({ repeated: false, id: first.id })
    const again = await api.ask(REPORT, { report: first })
    expect(again.data.reportInventory).toMatchObject({ repeated: true, machine: data.reportInventory.machine })
    expect((await api.ask('{ summary { totalMachines } }')).data.summary.totalMachines).toBe(2)
  })

  test('keeps its good sections when others are bad or of an unknown kind, and names field, rule and cure', async () => {
    const receipt = await report(api, {
      sections: [
        section('smartctl', '{not json', 'sdx'),
        section('zpool', { pools: [{ name: 7 }] }),
        section('weather', {}),
        { kind: 'df', version: 2, subject: null, payload: '{}' },
        { kind: 'lvm', version: 1, subject: null, unavailable: { code: 'MISSING_COMMAND', text: 'apt install lvm2' } },
      ],
    })
    const outcomes = Object.fromEntries(
      receipt.sections.map(({ kind, subject, outcome }) => [subject ?? kind, outcome]),
    )
    expect(outcomes).toEqual({
      lsblk: 'ACCEPTED',
      sda: 'ACCEPTED',
      sdx: 'REFUSED',
      zpool: 'REFUSED',
      weather: 'REFUSED',
      df: 'REFUSED',
      lvm: 'UNAVAILABLE',
    })
    const zpool = receipt.sections.find(({ kind }) => kind === 'zpool')
    expect(zpool.refusals[0]).toMatchObject({
      field: 'payload.pools.0.name',
      rule: expect.stringContaining('string'),
      cure: expect.stringContaining('docs/report.md'),
    })
    expect(await disksOf()).toHaveLength(1)
  })

  test('of a smartctl section alone makes a disk, behind a controller too', async () => {
    await report(api, {
      disks: [],
      lsblk: null,
      sections: [section('smartctl', ataDocument({ serial: 'BEHIND' }), 'sda:megaraid,4')],
    })
    expect((await api.ask('{ disk(serial: "behind") { serial path health } }')).data.disk).toEqual({
      serial: 'BEHIND',
      path: '/dev/sda [megaraid,4]',
      health: 'OK',
    })
  })

  test('whose clock is more than 5 minutes ahead is kept as told, ordered by its arrival and noted', async () => {
    const receipt = await report(api, { collectedAt: minutes(60), aheadOfServer: true })
    expect(receipt.notes[0]).toContain('60 minutes ahead')
    const { data } = await api.ask(
      '{ machines { nodes { lastSeenAt } } disks { nodes { lastSeenAt snapshots { nodes { collectedAt at } } } } }',
    )
    expect(data.machines.nodes[0].lastSeenAt).toBe('2026-11-21T12:00:00.000Z')
    expect(data.disks.nodes[0].snapshots.nodes[0]).toEqual({
      collectedAt: '2026-11-21T13:00:00.000Z',
      at: '2026-11-21T12:00:00.000Z',
    })
  })

  test('whose clock is 5 minutes ahead is taken as told', async () => {
    expect((await report(api, { collectedAt: minutes(5), aheadOfServer: true })).notes).toEqual([])
  })

  test('with an unreadable time is refused', async () => {
    const { errors } = await api.ask(REPORT, { report: reportOf({ collectedAt: 'yesterday' }) })
    expect(errors?.[0]?.extensions.code).toBe('BAD_USER_INPUT')
    expect(errors?.[0]?.message).toContain('report.collectedAt')
  })

  test('with another offset is compared as an instant', async () => {
    await report(api, { collectedAt: '2026-11-21T12:00:00+01:00' })
    await report(api, { collectedAt: '2026-11-21T11:30:00Z', disks: [{ temperature: 44 }] })
    expect((await api.ask('{ disks { nodes { temperature } } }')).data.disks.nodes).toEqual([{ temperature: 44 }])
  })

  test('eight first reports of one new machine in the same instant are all accepted and make one machine', async () => {
    const receipts = await Promise.all(Array.from({ length: 8 }, () => report(api)))
    expect(new Set(receipts.map(({ machine }) => machine.id)).size).toBe(1)
    const { data } = await api.ask(
      '{ summary { totalMachines totalDisks } disks { nodes { snapshots { totalCount } } } }',
    )
    expect(data).toEqual({
      summary: { totalMachines: 1, totalDisks: 1 },
      disks: { nodes: [{ snapshots: { totalCount: 8 } }] },
    })
  })

  test('made to be slow or deep is read all the same, and costs nothing else', { timeout: 20_000 }, async () => {
    const deep = (depth: number): string => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`
    const many = Array.from({ length: 8000 }, (_, index) => ({
      name: `sd${index}`,
      kname: `sd${index}`,
      type: 'disk',
      size: 0,
      fstype: 'ext4',
      mountpoints: [`/m/${index}`],
    }))
    const rows = many.map((_, index) => ({
      source: `/dev/sd${index}`,
      fstype: 'ext4',
      sizeBytes: 1,
      usedBytes: 1,
      availableBytes: 0,
      mountpoint: `/m/${index}`,
    }))
    const receipt = await report(api, {
      lsblk: null,
      sections: [
        section('smartctl', deep(30_000), 'sdx'),
        section('lsblk', { blockdevices: many }),
        section('df', { fileSystems: rows }),
      ],
    })
    expect(receipt.sections.map(({ kind, subject, outcome }) => `${subject ?? kind} ${outcome}`)).toEqual([
      'sda ACCEPTED',
      'sdx REFUSED',
      'lsblk ACCEPTED',
      'df ACCEPTED',
    ])
  })

  test('comes compressed with gzip', async () => {
    const body = gzipSync(JSON.stringify({ query: REPORT, variables: { report: reportOf() } }))
    const response = await api.post('/graphql', body, { 'content-encoding': 'gzip' })
    expect((await response.json()) as object).toMatchObject({ data: { reportInventory: { repeated: false } } })
  })

  test('larger than 8 MiB after decompression is a clear 413, however small it was sent', async () => {
    const bomb = gzipSync(Buffer.alloc(9 * 1024 * 1024, 32))
    expect(bomb.length).toBeLessThan(20_000)
    const response = await api.post('/graphql', bomb, { 'content-encoding': 'gzip' })
    expect(response.status).toBe(413)
    expect(((await response.json()) as { errors: { message: string }[] }).errors[0]?.message).toContain(
      '8 MiB after decompression',
    )
  })

  test('that is no gzip is a 400', async () => {
    expect((await api.post('/graphql', 'plain', { 'content-encoding': 'gzip' })).status).toBe(400)
  })

  test('shows serials with slashes and markup as they were written', async () => {
    await report(api, { disks: [{ serial: '<b>A/B\'"</b>' }] })
    expect(
      (await api.ask('query ($serial: String) { disk(serial: $serial) { serial } }', { serial: '<b>A/B\'"</b>' })).data
        .disk.serial,
    ).toBe('<b>A/B\'"</b>')
  })
})

describe('A disk', () => {
  test('that is first seen in another machine has moved, and its biography tells where it was', async () => {
    await report(api)
    await report(api, { machineKey: 'key-of-the-second-machine', hostname: 'deneb', collectedAt: minutes(10) })
    expect(await disksOf()).toMatchObject([
      {
        moved: true,
        conflictSince: null,
        machine: { hostname: 'deneb' },
        stays: [
          { machine: { hostname: 'atlas' }, since: '2026-11-21T12:00:00.000Z', until: '2026-11-21T12:00:00.000Z' },
          { machine: { hostname: 'deneb' }, since: '2026-11-21T12:10:00.000Z', until: null },
        ],
      },
    ])
    const moved = (
      await api.ask(
        '{ movedDisks { nodes { disk { serial } fromMachine { hostname } fromDate toMachine { hostname } toDate } } }',
      )
    ).data.movedDisks.nodes
    expect(moved).toEqual([
      {
        disk: { serial: 'S1' },
        fromMachine: { hostname: 'atlas' },
        fromDate: '2026-11-21T12:00:00.000Z',
        toMachine: { hostname: 'deneb' },
        toDate: '2026-11-21T12:10:00.000Z',
      },
    ])
    expect(await types()).toContain('DISK_MOVED')
  })

  test('seen at equal times in two machines moves in the order of arrival', async () => {
    await report(api)
    await report(api, { machineKey: 'key-of-the-second-machine', hostname: 'deneb' })
    expect(await disksOf()).toMatchObject([{ moved: true, machine: { hostname: 'deneb' } }])
  })

  test('is in conflict only when its former machine reports it again, and the newest sighting wins', async () => {
    const second = { machineKey: 'key-of-the-second-machine', hostname: 'deneb' }
    await report(api)
    await report(api, { ...second, collectedAt: minutes(1) })
    await report(api, { collectedAt: minutes(2) })
    expect(await disksOf()).toMatchObject([
      { conflictSince: '2026-11-21T12:02:00.000Z', machine: { hostname: 'atlas' } },
    ])
    await report(api, { ...second, collectedAt: minutes(3) })
    expect(await disksOf()).toMatchObject([
      { conflictSince: '2026-11-21T12:02:00.000Z', machine: { hostname: 'deneb' } },
    ])
    expect((await types()).filter((type: string) => type === 'DISK_IN_CONFLICT' || type === 'DISK_MOVED')).toEqual([
      'DISK_MOVED',
      'DISK_IN_CONFLICT',
    ])
    // One of them reports without it: the conflict ends, and the disk is where the other has it.
    await report(api, { ...second, disks: [], lsblk: [], collectedAt: minutes(4) })
    expect(await disksOf()).toMatchObject([
      { conflictSince: null, missingSince: null, machine: { hostname: 'atlas' }, moved: false },
    ])
  })

  test('is in conflict no more when the other machine fell silent', async () => {
    const second = { machineKey: 'key-of-the-second-machine', hostname: 'deneb' }
    await report(api)
    await report(api, { ...second, collectedAt: minutes(1) })
    await report(api, { collectedAt: minutes(2) })
    api.clock.now = minutes(60 * 48)
    await report(api, { collectedAt: minutes(60 * 48) })
    expect(await disksOf()).toMatchObject([{ conflictSince: null, machine: { hostname: 'atlas' } }])
  })

  test('moves back without a conflict once its machine has reported without it', async () => {
    const second = { machineKey: 'key-of-the-second-machine', hostname: 'deneb' }
    await report(api)
    await report(api, { ...second, collectedAt: minutes(1) })
    await report(api, { ...second, disks: [], lsblk: [], collectedAt: minutes(2) })
    expect(await disksOf()).toMatchObject([{ missingSince: '2026-11-21T12:02:00.000Z' }])
    await report(api, { collectedAt: minutes(3) })
    expect(await disksOf()).toMatchObject([
      { conflictSince: null, missingSince: null, moved: false, machine: { hostname: 'atlas' } },
    ])
    expect(await types()).not.toContain('DISK_IN_CONFLICT')
  })

  test('whose sighting is older than its newest gets that reading and nothing else', async () => {
    await report(api, { collectedAt: minutes(10), disks: [{ raw: { 197: 4 } }] })
    await report(api, { machineKey: 'key-of-the-second-machine', hostname: 'deneb', collectedAt: minutes(5) })
    expect(await disksOf()).toMatchObject([
      { health: 'AT_RISK', moved: false, machine: { hostname: 'atlas' }, stays: [{ machine: { hostname: 'atlas' } }] },
    ])
    const { data } = await api.ask('{ disks { nodes { snapshots { nodes { at health machine { hostname } } } } } }')
    expect(data.disks.nodes[0].snapshots.nodes).toEqual([
      { at: '2026-11-21T12:10:00.000Z', health: 'AT_RISK', machine: { hostname: 'atlas' } },
      { at: '2026-11-21T12:05:00.000Z', health: 'OK', machine: { hostname: 'deneb' } },
    ])
  })

  test('with another kernel name is no new stay', async () => {
    await report(api)
    await report(api, { collectedAt: minutes(1), disks: [{ device: 'sdq', serial: 'S1' }] })
    expect(await disksOf()).toMatchObject([{ device: 'sdq', stays: [{ device: 'sdq' }] }])
  })

  test('that is not in the newest report is missing, and back when it is', async () => {
    await report(api, { disks: [{}, {}] })
    await report(api, { collectedAt: minutes(1) })
    expect(await disksOf()).toMatchObject([{ missingSince: null }, { missingSince: '2026-11-21T12:01:00.000Z' }])
    await report(api, { collectedAt: minutes(2), disks: [{}, {}] })
    expect(await disksOf()).toMatchObject([{ missingSince: null }, { missingSince: null }])
    expect((await types()).slice(-2)).toEqual(['DISK_MISSING', 'DISK_BACK'])
  })

  test('is not called missing by a report that could not list the disks', async () => {
    await report(api, { disks: [{}, {}] })
    await report(api, { collectedAt: minutes(1), lsblk: null })
    expect(await disksOf()).toMatchObject([{ missingSince: null }, { missingSince: null }])
  })

  test('without any identifier is known by its place, and never moves', async () => {
    const vda = [{ device: 'vda', serial: null }]
    await report(api, { disks: [], lsblk: vda })
    await report(api, { disks: [], lsblk: vda, collectedAt: minutes(1) })
    await report(api, {
      disks: [],
      lsblk: vda,
      machineKey: 'key-of-the-second-machine',
      hostname: 'deneb',
      collectedAt: minutes(2),
    })
    expect(await disksOf()).toMatchObject([
      { weak: true, moved: false, machine: { hostname: 'atlas' } },
      { weak: true, moved: false, machine: { hostname: 'deneb' } },
    ])
  })

  test('keeps its health when it sleeps or cannot be read, and an OK older than 48 hours is unknown', async () => {
    const asleep = {
      smartctl: {
        exit_status: 2,
        messages: [{ string: 'Device is in STANDBY mode, exit(2)', severity: 'information' }],
      },
    }
    await report(api)
    await report(api, {
      collectedAt: minutes(1),
      disks: [],
      lsblk: [{ device: 'sda', serial: 'S1' }],
      sections: [section('smartctl', asleep, 'sda')],
    })
    expect(await disksOf()).toMatchObject([{ health: 'OK' }])
    const readings = (await api.ask('{ disks { nodes { snapshots { nodes { outcome cause } } } } }')).data.disks
      .nodes[0].snapshots.nodes
    expect(readings[0]).toEqual({ outcome: 'ASLEEP', cause: 'Device is in STANDBY mode, exit(2)' })
    api.clock.now = minutes(48 * 60)
    expect(await disksOf()).toMatchObject([{ health: 'OK' }])
    api.clock.now = minutes(48 * 60 + 1)
    expect(await disksOf()).toMatchObject([{ health: 'UNKNOWN', reasons: [{ code: 'READING_OLD' }] }])
    expect((await api.ask('{ summary { disksByHealth { health count } } }')).data.summary.disksByHealth).toEqual([
      { health: 'OK', count: 0 },
      { health: 'WARNING', count: 0 },
      { health: 'AT_RISK', count: 0 },
      { health: 'FAILED', count: 0 },
      { health: 'UNKNOWN', count: 1 },
      { health: 'UNSUPPORTED', count: 0 },
    ])
  })

  test('that was never read is unknown, with the cause', async () => {
    await report(api, {
      disks: [],
      lsblk: [{ device: 'sda', serial: 'S1' }],
      sections: [
        {
          kind: 'smartctl',
          version: 1,
          subject: null,
          unavailable: { code: 'MISSING_COMMAND', text: 'smartctl is not installed: apt install smartmontools' },
        },
      ],
    })
    const { data } = await api.ask('{ disks { nodes { health reasons { code sentence } } } }')
    expect(data.disks.nodes).toEqual([
      {
        health: 'UNKNOWN',
        reasons: [
          {
            code: 'NEVER_READ',
            sentence: 'Its health has never been read: smartctl is not installed: apt install smartmontools.',
          },
        ],
      },
    ])
  })

  test('stores a document again only when it says something new', async () => {
    const documents = async () =>
      (await api.orm.em.getConnection().execute<{ n: number }[]>('select count(*) as n from smart_document'))[0]?.n
    await report(api)
    await report(api, { collectedAt: minutes(15), disks: [{ temperature: 44, hours: 1001 }] })
    expect(await documents()).toBe(1)
    await report(api, { collectedAt: minutes(30), disks: [{ raw: { 5: 1 } }] })
    expect(await documents()).toBe(2)
    await report(api, { collectedAt: minutes(30 + 24 * 60), disks: [{ raw: { 5: 1 } }] })
    expect(await documents()).toBe(3)
    const { data } = await api.ask(
      '{ disks(first: 2) { nodes { snapshots(first: 50) { nodes { document { json } } } } } }',
    )
    const texts = data.disks.nodes[0].snapshots.nodes.map(
      (node: { document: { json: string } }) => JSON.parse(node.document.json).temperature.current,
    )
    expect(texts).toEqual([31, 31, 31, 31])
  })

  test('stays at risk when the next reading lacks the attributes that told it, and recovers when they are read again', async () => {
    const step = (n: number) =>
      readFileSync(new URL(`./cases/partial-clears-at-risk.step${n}.sda.json`, import.meta.url), 'utf8')
    const { serial_number: serial } = JSON.parse(step(1)) as { serial_number: string }
    const send = (at: number, document: string) =>
      report(api, {
        collectedAt: minutes(at),
        disks: [],
        lsblk: null,
        sections: [
          section('lsblk', { blockdevices: [{ name: 'sda', kname: 'sda', type: 'disk', size: 10 ** 12, serial }] }),
          section('smartctl', document, 'sda'),
        ],
      })
    await send(0, step(1))
    expect(await disksOf()).toMatchObject([{ health: 'AT_RISK' }])
    await send(60, step(2))
    const [disk] = await disksOf()
    expect(disk).toMatchObject({ health: 'AT_RISK' })
    expect(disk.reasons.map(({ code }: any) => code)).toContain('FINDINGS_NOT_READ_AGAIN')
    const pending = disk.reasons.find(({ code }: any) => code === 'PENDING_SECTORS')
    expect(pending.readAt).toBe(minutes(0).toISOString())
    const replaced = JSON.parse(step(1))
    for (const entry of replaced.ata_smart_attributes.table) entry.raw = { value: 0, string: '0' }
    await send(120, JSON.stringify(replaced))
    expect((await disksOf())[0]).toMatchObject({ health: 'OK' })
  })

  test('is at risk when its reallocated sectors grow, and recovers only by a fresh better reading', async () => {
    await report(api, { disks: [{ raw: { 5: 2 } }] })
    expect(await disksOf()).toMatchObject([{ health: 'WARNING' }])
    await report(api, { collectedAt: minutes(60), disks: [{ raw: { 5: 3 } }] })
    expect(await disksOf()).toMatchObject([{ health: 'AT_RISK', reasons: [{ code: 'REALLOCATED_GROWING' }] }])
    api.clock.now = minutes(60 * 24 * 10)
    expect(await disksOf()).toMatchObject([{ health: 'AT_RISK' }])
  })
})

describe('A machine', () => {
  test('that was retired leaves the lists with its disks, and comes back by itself when it reports', async () => {
    const { machine } = await report(api)
    await api.ask('mutation ($id: ID!) { archiveMachine(id: $id) { id archivedAt } }', { id: machine.id })
    expect((await api.ask('{ summary { totalMachines totalDisks } }')).data.summary).toEqual({
      totalMachines: 0,
      totalDisks: 0,
    })
    expect((await api.ask('{ machines(includeArchived: true) { totalCount } }')).data.machines.totalCount).toBe(1)
    await report(api, { collectedAt: minutes(1) })
    expect((await api.ask('{ summary { totalMachines totalDisks } }')).data.summary).toEqual({
      totalMachines: 1,
      totalDisks: 1,
    })
    expect((await types()).slice(-3)).toEqual(['MACHINE_ARCHIVED', 'MACHINE_BACK', 'DISK_BACK'])
  })

  test('tells what lies where: homes on LVM over two disks need a backup', async () => {
    const lvm = {
      name: 'vg-home',
      kname: 'dm-0',
      path: '/dev/mapper/vg-home',
      type: 'lvm',
      fstype: 'ext4',
      mountpoints: ['/home'],
      uuid: 'u-home',
      size: 100,
      fssize: 100,
      fsused: 60,
      fsavail: 40,
    }
    const part = (name: string) => ({
      name,
      kname: name,
      path: `/dev/${name}`,
      type: 'part',
      fstype: 'LVM2_member',
      mountpoints: [null],
      size: 50,
      children: [lvm],
    })
    await report(api, {
      disks: [{}, {}],
      lsblk: [
        { device: 'sda', serial: 'S1', children: [part('sda1')] },
        { device: 'sdb', serial: 'S2', children: [part('sdb1')] },
      ],
      sections: [
        section('homes', {
          roots: ['/home'],
          users: [
            { user: 'lena', path: '/home/lena', bytes: 500, measuredAt: '2026-11-21T03:00:00.000Z' },
            { user: 'marc', path: '/home/marc', bytes: 9000, measuredAt: '2026-11-21T03:00:00.000Z' },
          ],
        }),
      ],
    })
    const { data } =
      await api.ask(`{ backupNeeded { nodes { bytes disk { serial role } machine { hostname } users { user bytes } } totalCount }
      machine(hostname: "atlas") { diskCount disks { serial fileSystems { mountpoint fstype sizeBytes usedBytes users { user } } } } }`)
    const users = [
      { user: 'marc', bytes: '9000' },
      { user: 'lena', bytes: '500' },
    ]
    expect(data.backupNeeded).toEqual({
      nodes: expect.arrayContaining([
        { bytes: '9500', disk: { serial: 'S1', role: 'lvm' }, machine: { hostname: 'atlas' }, users },
        { bytes: '9500', disk: { serial: 'S2', role: 'lvm' }, machine: { hostname: 'atlas' }, users },
      ]),
      totalCount: 2,
    })
    const home = {
      mountpoint: '/home',
      fstype: 'ext4',
      sizeBytes: '100',
      usedBytes: '60',
      users: [{ user: 'marc' }, { user: 'lena' }],
    }
    expect(data.machine).toEqual({
      diskCount: 2,
      disks: [
        { serial: 'S1', fileSystems: [home] },
        { serial: 'S2', fileSystems: [home] },
      ],
    })
  })

  test('keeps what lies on its disks while lsblk, df or zpool cannot be asked', async () => {
    const homes = section('homes', {
      roots: ['/home'],
      users: [{ user: 'lena', path: '/home/lena', bytes: 500, measuredAt: '2026-11-21T03:00:00.000Z' }],
    })
    const row = (source: string, fstype: string, mountpoint: string, usedBytes: number) => ({
      source,
      fstype,
      sizeBytes: 1000,
      usedBytes,
      availableBytes: 1000 - usedBytes,
      mountpoint,
    })
    const df = (used: number) =>
      section('df', { fileSystems: [row('/dev/sda1', 'ext4', '/home', used), row('tank/data', 'zfs', '/srv', used)] })
    const device = { path: '/dev/sda', device: 'sda', state: 'ONLINE', errors: { read: 0, write: 0, checksum: 0 } }
    const sizes = { sizeBytes: null, allocatedBytes: null, freeBytes: null }
    const zpool = section('zpool', { pools: [{ name: 'tank', state: 'ONLINE', ...sizes, devices: [device] }] })
    const part = {
      name: 'sda1',
      kname: 'sda1',
      path: '/dev/sda1',
      type: 'part',
      fstype: 'ext4',
      uuid: 'u1',
      mountpoints: ['/home'],
      size: 1000,
    }
    const lsblk = [{ device: 'sda', serial: 'S1', children: [part] }]
    const seen = async () => {
      const { data } = await api.ask(
        '{ backupNeeded { nodes { bytes } } disk(serial: "S1") { fileSystems { mountpoint usedBytes } } }',
      )
      return [data.backupNeeded.nodes, data.disk.fileSystems]
    }
    const told = (used: string) => [
      [{ bytes: '500' }],
      [
        { mountpoint: '/home', usedBytes: used },
        { mountpoint: '/srv', usedBytes: used },
      ],
    ]
    await report(api, { disks: [{}], lsblk, collectedAt: minutes(0), sections: [df(600), zpool, homes] })
    expect(await seen()).toEqual(told('600'))
    const rounds: [object[], typeof lsblk | null, string][] = [
      [[unavailable('lsblk'), df(700), zpool, homes], null, '700'],
      [[df(800), unavailable('zpool'), homes], lsblk, '800'],
      [[unavailable('lsblk'), unavailable('zpool'), df(900)], null, '900'],
    ]
    for (const [index, [sections, devices, used]] of rounds.entries()) {
      await report(api, {
        disks: devices ? [{}] : [],
        lsblk: devices,
        collectedAt: minutes(15 * (index + 1)),
        sections,
      })
      expect(await seen(), JSON.stringify(sections[0])).toEqual(told(used))
    }
  })

  test('is silent after three of its usual intervals, at least an hour', async () => {
    for (let index = 0; index < 4; index += 1) {
      api.clock.now = minutes(index * 30)
      await report(api, { collectedAt: minutes(index * 30) })
    }
    const silent = async () =>
      (await api.ask('{ machines(filter: { silent: true }) { nodes { silent online } } }')).data.machines.nodes
    api.clock.now = minutes(90 + 89)
    expect(await silent()).toEqual([])
    api.clock.now = minutes(90 + 90)
    expect(await silent()).toEqual([{ silent: true, online: false }])
  })

  test('asked for by an unknown name or by one of several says so', async () => {
    await report(api)
    await report(api, { machineKey: 'key-of-the-second-machine', disks: [] })
    expect((await api.ask('{ machine(hostname: "nobody") { id } }')).errors?.[0]).toMatchObject({
      message: expect.stringContaining('nobody'),
      extensions: { code: 'NOT_FOUND' },
    })
    expect((await api.ask('{ machine(hostname: "atlas") { id } }')).errors?.[0]).toMatchObject({
      extensions: { code: 'AMBIGUOUS' },
    })
  })
})

test('Two reports of one machine at one time are both kept, each under its own id', async () => {
  const ids = [randomUUID(), randomUUID()]
  await Promise.all(ids.map((id) => report(api, { id })))
  const rows = await api.orm.em.getConnection().execute<{ id: string }[]>('select id from inventory_report')
  expect(rows.map(({ id }) => id).sort()).toEqual(ids.sort())
})
