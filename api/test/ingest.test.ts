import { beforeEach, describe, expect, test } from 'vitest'
import { Scope } from '../src/graphql/scope.ts'
import { report, reportOf } from './builders.ts'
import { apiForThisTest, type TestApi } from './start-api.ts'

let api: TestApi
beforeEach(async () => {
  api = await apiForThisTest()
})

const disk = (more: object = {}) => ({
  device: 'sda',
  serial: 'S1',
  model: 'M1',
  type: 'HDD',
  capacity_bytes: 4_000_000_000_000,
  ...more,
})
const body = (more: object = {}) => ({
  hostname: 'pve1',
  ip: '10.0.0.2',
  os: 'proxmox',
  os_version: '8.2',
  collected_at: '2026-11-21T12:00:00+00:00',
  disks: [disk()],
  ...more,
})
const ingest = async (payload: unknown, headers = {}) => {
  const response = await api.post('/api/ingest', payload, headers)
  return { status: response.status, ...((await response.json()) as object) } as Record<string, any>
}
const disksOf = async () =>
  (
    await api.ask(
      '{ disks(orderBy: SERIAL) { nodes { serial type health weak machine { hostname } reasons { code sentence } snapshots { totalCount nodes { outcome reportedStatus reportedLabel reportedDetail temperature powerOnHours } } } } }',
    )
  ).data.disks.nodes

describe('A script', () => {
  test('is answered with what was accepted', async () => {
    expect(await ingest(body())).toEqual({ status: 200, accepted: 1, hostname: 'pve1' })
    expect(await disksOf()).toMatchObject([{ serial: 'S1', type: 'HDD', machine: { hostname: 'pve1' } }])
  })

  test('is told what was unknown, impossible or absent', async () => {
    const { notes } = await ingest(
      body({
        collected_at: null,
        colour: 'red',
        disks: [
          disk({ model: null, type: 'floppy', smart: { status: 'great', temperature_c: 900, power_on_hours: '1200' } }),
        ],
      }),
    )
    expect(notes.join('\n')).toMatch(/collected_at is absent[^]*"colour"|"colour"[^]*collected_at is absent/)
    for (const words of [
      'disks[0].type: "floppy"',
      'disks[0].model',
      'disks[0].smart.status: "great"',
      'temperature_c: 900',
    ])
      expect(notes.join('\n')).toContain(words)
    expect((await disksOf())[0].snapshots.nodes[0]).toMatchObject({ temperature: null })
  })

  test.each<[object, string, RegExp]>([
    [{ status: 'fail', label: 'FAILED', detail: 'bad' }, 'FAILED', /FAILED/],
    [{ status: 'warn' }, 'WARNING', /warning/],
    [{ status: 'ok', label: 'PASSED' }, 'OK', /As reported by the script: PASSED/],
    [{ status: 'ok', pending_sectors: '7' }, 'AT_RISK', /7 sectors/],
    [{ status: 'warn', pending_sectors: 1 }, 'AT_RISK', /1 sector/],
    [{ status: 'unavailable', detail: 'no smartctl' }, 'UNKNOWN', /never been read: no smartctl/],
    [{ status: 'unavailable', pending_sectors: 3 }, 'AT_RISK', /3 sectors/],
    [{ reallocated_sectors: 0, pending_sectors: 0 }, 'OK', /./],
    [{}, 'UNKNOWN', /./],
  ])('that reports %j: %s', async (smart, health, words) => {
    await ingest(body({ disks: [disk({ smart })] }))
    const [found] = await disksOf()
    expect(found.health).toBe(health)
    if (found.reasons.length)
      expect(found.reasons.map(({ sentence }: { sentence: string }) => sentence).join(' ')).toMatch(words)
  })

  test('keeps label and detail as they were written', async () => {
    await ingest(body({ disks: [disk({ smart: { status: 'ok', label: 'PASSÉ <b>', detail: 'tout va bien' } })] }))
    expect((await disksOf())[0].snapshots.nodes[0]).toMatchObject({
      outcome: 'READ',
      reportedStatus: 'ok',
      reportedLabel: 'PASSÉ <b>',
      reportedDetail: 'tout va bien',
    })
  })

  test('posts a new reading each time, unless it carries the same report_id', async () => {
    for (const more of [{}, {}, { report_id: '7' }, { report_id: '7' }]) await ingest(body(more))
    expect((await disksOf())[0].snapshots.totalCount).toBe(3)
  })

  test('may number its reports from 1, as another script does', async () => {
    await ingest(body({ report_id: '1' }))
    expect(
      await ingest(
        body({ report_id: '1', hostname: 'pve2', disks: [disk({ serial: 'S2', smart: { status: 'fail' } })] }),
      ),
    ).toMatchObject({ accepted: 1, hostname: 'pve2' })
    expect(await disksOf()).toMatchObject([{ serial: 'S1' }, { serial: 'S2', health: 'FAILED' }])
  })

  test('loses no disk: of two with one serial the worse counts, others of it are kept apart, and control characters are cut', async () => {
    const answer = await ingest(
      body({
        disks: [
          disk(),
          disk({ device: 'sdb', smart: { status: 'fail' } }),
          disk({ serial: 'A\u0007B', smart: { status: 'ok' } }),
          disk({ serial: 'REDACTED', model: 'M1', smart: { status: 'ok' } }),
          disk({ serial: 'REDACTED', model: 'M2', smart: { status: 'fail' } }),
          disk({ serial: 'S4', bus: 'sa\u0007ta', smart: { status: 'fail' } }),
        ],
      }),
    )
    expect(answer).toMatchObject({ accepted: 6 })
    expect(answer.refused).toBeUndefined()
    expect(answer.notes.join()).toMatch(/1 is the same disk as 0.*|control characters were cut/)
    expect((await disksOf()).map(({ serial, health }: any) => `${serial} ${health}`).toSorted()).toEqual([
      'AB OK',
      'REDACTED FAILED',
      'REDACTED OK',
      'S1 FAILED',
      'S4 FAILED',
    ])
  })

  test('has what cannot be read refused by name, which its machine’s page tells too', async () => {
    const answer = await ingest(body({ disks: [disk(), disk({ serial: 'S'.repeat(200) }), 'no object'] }))
    expect(answer.refused).toMatchObject([{ index: 1, field: 'disks[1].serial' }, { index: 2 }])
    const { notes } = (await api.ask('{ machines { nodes { notes } } }')).data.machines.nodes[0]
    expect(notes.join()).toMatch(/disks\[1\] was refused: disks\[1\]\.serial must be at most 128 characters/)
  })

  test('keeps a serial of digits alone whole, knows a disk by its World Wide Name, and what is no disk', async () => {
    const text = JSON.stringify(
      body({
        disks: [
          disk({ serial: 'DIGITS' }),
          disk({ serial: null, by_id: '/dev/disk/by-id/wwn-0x5000c500a1b2c3d4', device: 'sdb' }),
          ...['zram0', '/dev/nbd0', 'zd16', 'loop3'].map((device) => disk({ serial: null, device })),
        ],
      }),
    ).replace('"DIGITS"', '12345678901234567890')
    const response = await api.post('/api/ingest', text)
    expect(await response.json()).toMatchObject({ accepted: 2 })
    expect((await api.ask('{ disks(orderBy: SERIAL) { nodes { serial wwn weak } } }')).data.disks.nodes).toEqual([
      { serial: '12345678901234567890', wwn: null, weak: false },
      { serial: null, wwn: '5000c500a1b2c3d4', weak: false },
    ])
  })

  test('tells no file system of what holds none, and the role by what does', async () => {
    const of = (partitions: object[]) => disk({ proxmox_role: null, partitions })
    await ingest(
      body({
        os: 'proxmox',
        disks: [
          of([
            { name: 'sda1', fstype: 'zfs_member' },
            { name: 'sda2', fstype: 'swap', mountpoint: '[SWAP]' },
            { name: 'sda3', fstype: 'crypto_LUKS' },
            {
              name: 'sda4',
              lvm: {
                vg_name: 'pve',
                logical_volumes: [
                  { lv_name: 'data' },
                  {
                    lv_name: 'root',
                    fstype: 'ext4',
                    mountpoint: '/',
                    home_users: [
                      { user: 'lost+found', size_bytes: 1 },
                      { user: 'ann', size_bytes: 2 },
                    ],
                  },
                ],
              },
            },
          ]),
        ],
      }),
    )
    const { data } = await api.ask(
      '{ machines { nodes { kind fileSystems { source users { user } } disks { role } } } }',
    )
    expect(data.machines.nodes[0]).toEqual({
      kind: 'PROXMOX_HOST',
      fileSystems: [{ source: '/dev/pve/root', users: [{ user: 'ann' }] }],
      disks: [{ role: 'lvm' }],
    })
  })

  test('at an address that every machine has, without a hostname, is refused and makes no machine', async () => {
    const answer = await ingest(body({ hostname: null, ip: '127.0.0.1' }))
    expect(answer).toMatchObject({ status: 422 })
    expect((await api.ask('{ summary { totalMachines } }')).data.summary.totalMachines).toBe(0)
  })

  test('names its machine with or without its domain, in any case; several of a short name are not joined', async () => {
    const total = async () => (await api.ask('{ summary { totalMachines } }')).data.summary.totalMachines
    for (const hostname of ['web.lyon.example', 'WEB.lyon.example', 'web', 'Web'])
      await ingest(body({ hostname, disks: [] }))
    expect(await total()).toBe(1)
    await ingest(body({ hostname: 'web.paris.example', disks: [] }))
    expect(await total()).toBe(2)
    await ingest(body({ hostname: 'web', disks: [] }))
    expect(await total()).toBe(3)
  })

  test('may send a disk without a usable serial: it is known by its place', async () => {
    const weak = disk({ serial: 'inconnu', by_id: 'ata-x' })
    await ingest(body({ disks: [weak] }))
    await ingest(body({ disks: [weak] }))
    expect(await disksOf()).toMatchObject([{ serial: null, weak: true, snapshots: { totalCount: 2 } }])
  })

  test('without a usable hostname is found by its address, and without both refused', async () => {
    await ingest(body({ hostname: 'inconnu' }))
    await ingest(body({ hostname: null }))
    await ingest(body({ hostname: 'inconnu', ip: '10.0.0.3', disks: [] }))
    expect((await api.ask('{ summary { totalMachines } }')).data.summary.totalMachines).toBe(2)
    expect(await ingest(body({ hostname: 'unknown', ip: null }))).toMatchObject({
      status: 422,
      errors: [{ extensions: { field: 'hostname' } }],
    })
  })

  test('joins the machine of an agent where it names one of its disks; the hostname alone is anybody’s', async () => {
    const total = async () => (await api.ask('{ summary { totalMachines } }')).data.summary.totalMachines
    await report(api, { hostname: 'pve1', disks: [{ serial: 'S1', model: 'M1' }] })
    await ingest(body({ disks: [disk({ serial: 'S1', model: 'M1' })] }))
    expect(await total()).toBe(1)
    await ingest(body({ os: 'ubuntu', disks: [] }))
    expect(await total()).toBe(2)
    await ingest(body({ os: 'ubuntu', disks: [] }))
    expect(await total()).toBe(2)
    const { data } = await api.ask('{ machines { nodes { os agentVersion diskCount } } }')
    expect(data.machines.nodes.filter((node: any) => node.agentVersion)).toMatchObject([{ os: null, diskCount: 1 }])
  })

  test('beside an agent adds readings and nothing else: no place, role, file system or event changes, nothing goes missing', async () => {
    const state = async () =>
      (
        await api.ask(`{ machines { nodes { hostname os ip kind lastSeenAt silent fileSystems { mountpoint } disks { serial role bus path missingSince } } }
          events { totalCount } }`)
      ).data
    const disks = [
      { serial: 'S1', model: 'M1' },
      { serial: 'S2', model: 'M2', device: 'sdb' },
    ]
    await report(api, { hostname: 'pve1', disks })
    const before = await state()
    const answer = await ingest(
      body({
        ip: '10.9.9.9',
        disks: [disk({ serial: 'S1', model: 'M1', device: '/dev/sdz' }), disk({ serial: 'UNKNOWN-TO-THE-AGENT' })],
      }),
    )
    expect(await state()).toEqual(before)
    expect(answer.notes.join()).toMatch(/does not tell of UNKNOWN-TO-THE-AGENT; it is left out/)
    const readings = await api.ask('{ disk(serial: "S1") { snapshots { nodes { source } } } }')
    expect(readings.data.disk.snapshots.nodes.map((node: any) => node.source)).toEqual(['SCRIPT', 'AGENT'])
  })

  test('joins the machine that its token was bound to', async () => {
    const token = await api.token([Scope.REPORT], { anyMachine: false, name: 'pve1' })
    const reportWith = (given: object) =>
      api.ask(
        'mutation ($report: InventoryReportInput!) { reportInventory(report: $report) { id } }',
        { report: given },
        token,
      )
    expect((await reportWith(reportOf({ hostname: 'pve1', disks: [] }))).errors).toBeUndefined()
    const answer = await api.post('/api/ingest', body({ disks: [] }), { authorization: `Bearer ${token}` })
    expect(answer.status).toBe(200)
    expect((await api.ask('{ summary { totalMachines } }')).data.summary.totalMachines).toBe(1)
  })

  test('does not better what the agent has read', async () => {
    await report(api, { hostname: 'pve1', disks: [{ serial: 'S1', model: 'M1', passed: false }] })
    await ingest(body({ disks: [disk({ smart: { status: 'ok' } })] }))
    expect(await disksOf()).toMatchObject([{ health: 'FAILED' }])
  })

  test.each([
    ['nope', 400],
    ['[]', 422],
    [{ hostname: 'h', disks: {} }, 422],
    [body({ collected_at: 'yesterday' }), 422],
    [body({ collected_at: '2026-02-30T10:00:00Z' }), 422],
    [body({ disks: Array.from({ length: 10_001 }, () => 0) }), 422],
    [body({ hostname: 'a\nb' }), 422],
  ])('that posts $0 is answered $1', async (payload, status) => {
    expect((await ingest(payload)).status).toBe(status)
  })

  test('may post 1,000 disks with partitions', async () => {
    const partitions = ['a', 'b', 'c'].map((name) => ({ name, fstype: 'ext4', mountpoint: `/${name}` }))
    expect(
      await ingest(
        body({ disks: Array.from({ length: 1000 }, (_, index) => disk({ serial: `SER${index}`, partitions })) }),
      ),
    ).toMatchObject({ accepted: 1000 })
  })

  test.each(['application/x-www-form-urlencoded', 'text/plain', 'application/octet-stream'])(
    'may call its JSON %s',
    async (type) => {
      expect(await ingest(JSON.stringify(body()), { 'content-type': type })).toMatchObject({ status: 200, accepted: 1 })
    },
  )

  test.each([
    ['2026-11-21T13:00:00+01:00', '2026-11-21T12:00:00.000Z'],
    ['2026-11-21T13:00:00+0100', '2026-11-21T12:00:00.000Z'],
    ['2026-11-21 12:00:00', '2026-11-21T12:00:00.000Z'],
    ['2026-11-21T12:00:00.123456Z', '2026-11-21T12:00:00.123Z'],
  ])('that collected at %s is read as %s', async (told, at) => {
    await ingest(body({ collected_at: told, disks: [disk({ smart: { status: 'ok' } })] }))
    const { data } = await api.ask(
      '{ disks { nodes { lastReading { collectedAt } } } machines { nodes { lastSeenAt } } }',
    )
    expect(data.disks.nodes[0].lastReading.collectedAt).toBe(at)
    // A script keeps nothing back: what it sends is how things are now.
    expect(data.machines.nodes[0].lastSeenAt).toBe('2026-11-21T12:00:00.000Z')
  })

  test('tells partitions, logical volumes and homes', async () => {
    const volumes = [
      {
        lv_name: 'home',
        size_human: '50G',
        used_human: '20G',
        free_human: '30G',
        used_percent: 40,
        fstype: 'ext4',
        mountpoint: '/home',
        home_users: [{ user: 'lena', size_bytes: '7000', size_human: '7K' }],
      },
    ]
    await ingest(
      body({
        disks: [
          disk({
            partitions: [
              { name: 'sda1', fstype: 'vfat', mountpoint: '/boot', size_bytes: 512 },
              { name: 'sda2', fstype: 'LVM2_member', lvm: { vg_name: 'pve', logical_volumes: volumes } },
            ],
          }),
        ],
      }),
    )
    const { data } = await api.ask(
      '{ disks { nodes { fileSystems { mountpoint source sizeBytes users { user bytes } } } } backupNeeded { nodes { bytes } } }',
    )
    expect(data.disks.nodes[0].fileSystems).toEqual([
      { mountpoint: '/boot', source: '/dev/sda1', sizeBytes: '512', users: null },
      {
        mountpoint: '/home',
        source: '/dev/pve/home',
        sizeBytes: String(50 * 1024 ** 3),
        users: [{ user: 'lena', bytes: '7000' }],
      },
    ])
    expect(data.backupNeeded.nodes).toEqual([{ bytes: '7000' }])
  })
})

describe('Without a token', () => {
  const openTo = async (ranges: string) => {
    const open = await apiForThisTest({ VIGIE_INGEST_OPEN_FROM: ranges })
    return (
      await fetch(`${open.url}/api/ingest`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body()),
      })
    ).status
  }
  test.each([
    ['127.0.0.0/8', 200],
    ['10.0.0.0/8, 127.0.0.1', 200],
    ['::1', 401],
    ['10.0.0.0/8', 401],
  ])('from 127.0.0.1 with %s open: %i', async (ranges, status) => {
    expect(await openTo(ranges)).toBe(status)
  })
  test('a wrong token is refused even from an open address', async () => {
    const open = await apiForThisTest({ VIGIE_INGEST_OPEN_FROM: '127.0.0.1' })
    const response = await fetch(`${open.url}/api/ingest`, {
      method: 'POST',
      headers: { authorization: 'Bearer vigie_wrongwrongwrongwrong' },
      body: JSON.stringify(body()),
    })
    expect(response.status).toBe(401)
  })
})

test('A report token is enough, and speaks for one machine', async () => {
  const authorization = `Bearer ${await api.token([Scope.REPORT], { anyMachine: false })}`
  expect((await ingest(body(), { authorization })).status).toBe(200)
  expect((await ingest(body({ hostname: 'other', ip: '10.0.0.9' }), { authorization })).status).toBe(403)
})

describe('What a script sends in other words', () => {
  const raw = async (content: Buffer) => {
    const response = await fetch(`${api.url}/api/ingest`, {
      method: 'POST',
      headers: { authorization: `Bearer ${await api.token([Scope.REPORT], { anyMachine: true })}` },
      body: new Uint8Array(content),
    })
    return { status: response.status, ...((await response.json()) as object) } as Record<string, any>
  }
  const names = async () => (await disksOf()).map(({ serial }: { serial: string }) => serial)

  test.each<[string, (text: string) => Buffer]>([
    ['Latin-1', (text) => Buffer.from(text, 'latin1')],
    ['UTF-16, as PowerShell writes it', (text) => Buffer.from(`\ufeff${text}`, 'utf16le')],
    ['UTF-16 in the order of networks', (text) => Buffer.from(`\ufeff${text}`, 'utf16le').swap16()],
  ])('%s loses no letter, and is noted', async (_name, encode) => {
    const disks = ['ZZPé1', 'ZZPè1'].map((serial, index) => disk({ device: `sd${index}`, serial }))
    const { status, notes } = await raw(encode(JSON.stringify(body({ disks }))))
    expect([status, notes.join()]).toEqual([200, expect.stringMatching(/is written in .* and was read so; send UTF-8/)])
    expect(await names()).toEqual(['ZZPÈ1', 'ZZPÉ1'].map((name) => expect.stringMatching(new RegExp(name, 'i'))))
  })

  test('a question that is no UTF-8 is refused with its cure: half of its letters would be others', async () => {
    const answer = await fetch(`${api.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${await api.token([Scope.READ])}` },
      body: new Uint8Array(Buffer.from('{"query":"{ machine(hostname: \\"é\\") { id } }"}', 'latin1')),
    })
    expect([answer.status, ((await answer.json()) as any).errors[0]]).toEqual([
      400,
      { message: 'The body is windows-1252 and no UTF-8. Send UTF-8.', extensions: { code: 'NO_UTF8' } },
    ])
  })

  test.each<[string, object, string]>([
    ['a time that is an object', { collected_at: { toString: null } }, 'collected_at'],
    ['an id that is an object', { report_id: { toString: null } }, 'report_id'],
  ])('%s is refused by its name', async (_what, more, field) => {
    const { status, errors } = await ingest(body(more))
    expect([status, errors[0].extensions.field]).toEqual([422, field])
  })

  test('two disks of one name and without numbers are two, at each report the same', async () => {
    const both = body({ disks: [disk({ serial: null, model: 'M' }), disk({ serial: null, model: 'N' })] })
    for (const minute of [0, 1]) {
      api.clock.now = new Date(api.clock.now.getTime() + minute * 60_000)
      expect(await ingest(both)).toMatchObject({ status: 200, accepted: 2 })
    }
    expect(await disksOf()).toHaveLength(2)
  })

  test('what is refused is told by an event, once, and stands first on the machine’s page', async () => {
    const notes = Array.from({ length: 60 }, (_, index) =>
      disk({ device: `sd${index}`, serial: `T${index}`, type: 'floppy' }),
    )
    const bad = body({ disks: [...notes, 'sdz', disk({ device: 'sdy', serial: 'x'.repeat(200) })] })
    for (const id of ['1', '2']) await ingest({ ...bad, report_id: id })
    const { data } = await api.ask(
      '{ machines { nodes { notes } } events(first: 500) { nodes { type facts { detail } } } }'.replace(
        ' facts { detail }',
        '',
      ),
    )
    expect(data.machines.nodes[0].notes.slice(0, 2)).toEqual([
      expect.stringContaining('disks[60] was refused'),
      expect.stringContaining('disks[61] was refused'),
    ])
    expect(data.events.nodes.filter(({ type }: { type: string }) => type === 'DISK_REFUSED')).toHaveLength(1)
  })

  test('a token that sends more than it may in a day is told so, and nothing of it is recorded', async () => {
    const small = await apiForThisTest({ VIGIE_TOKEN_DAILY_MIB: '1', VIGIE_LOG_LEVEL: 'silent' })
    const post = async (index: number) => {
      const detail = 'x'.repeat(300_000)
      const answer = await small.post('/api/ingest', body({ hostname: `h${index}`, colour: detail }))
      return [answer.status, ((await answer.json()) as any).errors?.[0].extensions.code]
    }
    for (const index of [1, 2, 3]) expect(await post(index)).toEqual([200, undefined])
    expect(await post(4)).toEqual([429, 'QUOTA_EXCEEDED'])
    expect((await small.ask('{ machines { totalCount } }')).data.machines.totalCount).toBe(3)
    small.clock.now = new Date(small.clock.now.getTime() + 24 * 3600_000)
    expect(await post(4)).toEqual([200, undefined])
  })

  test('5,000 disks in one report are 5,000 disks', { timeout: 60_000 }, async () => {
    const disks = Array.from({ length: 5000 }, (_, index) => disk({ device: `sd${index}`, serial: `SERIAL-${index}` }))
    expect(await ingest(body({ disks }))).toMatchObject({ status: 200, accepted: 5000 })
    expect((await api.ask('{ summary { totalDisks } }')).data.summary.totalDisks).toBe(5000)
  })
})

test('A machine is found by its name whatever its case, and by its whole name or its first part', async () => {
  await ingest(body({ hostname: 'Atlas.lan' }))
  for (const hostname of ['atlas.lan', 'ATLAS.LAN.', 'atlas'])
    expect((await api.ask('query ($h: String) { machine(hostname: $h) { hostname } }', { h: hostname })).data).toEqual({
      machine: { hostname: 'Atlas.lan' },
    })
})

test('A report of more partitions than a machine has is refused, and one of many takes no longer for being told again', async () => {
  const api = await apiForThisTest()
  const disk = (partitions: number) => ({
    device: 'sda',
    serial: 'S1',
    partitions: Array.from({ length: partitions }, (_, index) => ({
      name: `sda${index}`,
      uuid: `u-${index}`,
      fstype: 'ext4',
      mountpoint: `/m${index}`,
    })),
  })
  const send = (partitions: number) => api.post('/api/ingest', { hostname: 'atlas', disks: [disk(partitions)] })
  const refused = await send(10_001)
  expect([refused.status, ((await refused.json()) as any).errors[0].message]).toEqual([
    422,
    'disks: must hold at most 10000 partitions and volumes. Send those of one machine alone.',
  ])
  expect((await send(3000)).status).toBe(200)
  expect((await send(3000)).status).toBe(200)
  const { data } = await api.ask('{ machines { nodes { fileSystems { id } } } }')
  expect(data.machines.nodes[0].fileSystems).toHaveLength(3000)
})
