import { readFileSync } from 'node:fs'
import { beforeEach, describe, expect, test } from 'vitest'
import { Scope } from '../src/graphql/scope.ts'
import { ataDocument, type DiskOptions, minutes, report, section } from './builders.ts'
import { apiForThisTest, type TestApi } from './start-api.ts'

let api: TestApi
beforeEach(async () => {
  api = await apiForThisTest()
})

const FIELDS =
  'id serial health missingSince unreadableSince lastReadAt reasons { code severity value subject acceptedAt sentence }'
const disk = async (): Promise<any> => (await api.ask(`{ disks { nodes { ${FIELDS} } } }`)).data.disks.nodes[0]
const codes = async (): Promise<string[]> => (await disk()).reasons.map(({ code }: any) => code)
const types = async (): Promise<string[]> =>
  (await api.ask('{ events(first: 100) { nodes { type } } }')).data.events.nodes.map(({ type }: any) => type)
const alerts = async (): Promise<string[]> => {
  await api.app.opener.run()
  const { nodes } = (await api.ask('{ alerts { nodes { status state } } }')).data.alerts
  return nodes.map(({ status, state }: any) => `${status} ${state}`)
}
const health = async (): Promise<Record<string, number>> =>
  Object.fromEntries(
    (await api.ask('{ summary { disksByHealth { health count } } }')).data.summary.disksByHealth
      .filter(({ count }: any) => count > 0)
      .map(({ health: name, count }: any) => [name, count]),
  )

const lsblk = [{ device: 'sda', serial: 'S1' }]
/** One reading of the disk, or why there is none. */
const send = (at: number, reading: DiskOptions | string | 'asleep' | null) =>
  report(api, {
    collectedAt: minutes(at),
    disks: reading !== null && typeof reading !== 'string' ? [reading] : [],
    lsblk,
    sections:
      reading === 'asleep'
        ? [
            section(
              'smartctl',
              { smartctl: { exit_status: 3, messages: [{ string: 'Device is in STANDBY mode, exit(3)' }] } },
              'sda',
            ),
          ]
        : typeof reading === 'string'
          ? [{ kind: 'smartctl', version: 1, subject: 'sda', unavailable: { code: 'TIMED_OUT', text: reading } }]
          : [],
  })
const TIMEOUT = 'smartctl gave no answer within 15 s'

describe('A disk that stops answering', () => {
  test('is no longer good at once, is an event and an alert at the second time, and good when it answers again', async () => {
    await send(0, {})
    expect(await disk()).toMatchObject({ health: 'OK', unreadableSince: null })
    await send(60, TIMEOUT)
    expect(await disk()).toMatchObject({
      health: 'UNKNOWN',
      unreadableSince: '2026-11-21T13:00:00.000Z',
      lastReadAt: '2026-11-21T12:00:00.000Z',
      reasons: [{ code: 'STOPPED_ANSWERING', severity: 'INFO', value: 1 }],
    })
    expect(await alerts()).toEqual([])
    await send(120, TIMEOUT)
    expect(await disk()).toMatchObject({
      health: 'WARNING',
      unreadableSince: '2026-11-21T13:00:00.000Z',
      reasons: [
        { code: 'STOPPED_ANSWERING', severity: 'WARNING', value: 2, sentence: expect.stringContaining(TIMEOUT) },
      ],
    })
    await send(180, TIMEOUT)
    expect((await types()).filter((type) => type === 'DISK_STOPPED_ANSWERING')).toHaveLength(1)
    expect(await alerts()).toEqual(['STOPPED_ANSWERING OPEN'])
    await send(240, {})
    expect(await disk()).toMatchObject({ health: 'OK', unreadableSince: null, reasons: [] })
    expect(await types()).toContain('DISK_ANSWERS')
    expect(await alerts()).toEqual(['STOPPED_ANSWERING RESOLVED'])
  })

  test('keeps what was found on it: silence is worse than a warning, and better than nothing of it', async () => {
    await send(0, { raw: { 197: 3 } })
    await send(60, TIMEOUT)
    await send(120, TIMEOUT)
    expect(await disk()).toMatchObject({ health: 'AT_RISK' })
    expect(await codes()).toEqual(['PENDING_SECTORS', 'STOPPED_ANSWERING'])
  })

  test('has not stopped where it only sleeps, and was never good where it never answered', async () => {
    await send(0, {})
    for (const at of [60, 120, 180]) await send(at, 'asleep')
    expect(await disk()).toMatchObject({ health: 'OK', unreadableSince: null })
    await send(240, TIMEOUT)
    await send(300, 'asleep')
    expect(await disk()).toMatchObject({ health: 'OK', unreadableSince: null, reasons: [] })
    expect(await types()).not.toContain('DISK_STOPPED_ANSWERING')
    // The second reading that fails, with sleep between the two.
    await send(360, TIMEOUT)
    expect(await types()).toContain('DISK_STOPPED_ANSWERING')
    await send(420, 'asleep')
    expect(await disk()).toMatchObject({ health: 'WARNING', reasons: [{ code: 'STOPPED_ANSWERING' }] })

    api = await apiForThisTest()
    await send(0, TIMEOUT)
    await send(60, TIMEOUT)
    expect(await disk()).toMatchObject({ health: 'UNKNOWN', reasons: [{ code: 'NEVER_READ' }] })
    expect(await alerts()).toEqual([])
  })

  test('whose every command fails is one of them: case smartctl-times-out', async () => {
    const document = readFileSync(new URL('./cases/smartctl-times-out.step1.sda.json', import.meta.url), 'utf8')
    const { serial_number: serial } = JSON.parse(document) as { serial_number: string }
    const step = (at: number, sections: unknown[]) =>
      report(api, { collectedAt: minutes(at), disks: [], lsblk: [{ device: 'sda', serial }], sections })
    await step(0, [section('smartctl', document, 'sda')])
    const failing = {
      smartctl: { exit_status: 4, messages: [{ string: 'Read SMART Data failed: I/O error' }] },
      serial_number: serial,
    }
    for (const at of [60, 120]) await step(at, [section('smartctl', failing, 'sda')])
    expect(await disk()).toMatchObject({ health: 'WARNING', reasons: [{ code: 'STOPPED_ANSWERING' }] })
    expect(await alerts()).toEqual(['STOPPED_ANSWERING OPEN'])
  })
})

describe('What stands is told anew when it comes back', () => {
  const open = async () => (await alerts()).filter((alert) => alert.endsWith('OPEN'))
  test('a failing disk that was retired and is reported again', async () => {
    await send(0, { passed: false })
    expect(await open()).toEqual(['FAILED OPEN'])
    await api.ask('mutation ($id: ID!) { archiveDisk(id: $id) { id } }', { id: (await disk()).id })
    expect(await open()).toEqual([])
    await send(60, { passed: false })
    expect(await open()).toEqual(['FAILED OPEN'])
  })

  test('a disk that was silent, went missing, and is silent again', async () => {
    await send(0, {})
    for (const at of [60, 120]) await send(at, TIMEOUT)
    await report(api, { collectedAt: minutes(180), disks: [], lsblk: [] })
    expect(await open()).toEqual(['MISSING OPEN'])
    for (const at of [240, 300]) await send(at, TIMEOUT)
    expect(await open()).toEqual(['STOPPED_ANSWERING OPEN'])
  })
})

test('Where no disk of a machine can be asked, none of them is at fault', async () => {
  await send(0, {})
  for (const at of [60, 120, 180])
    await report(api, {
      collectedAt: minutes(at),
      disks: [],
      lsblk,
      sections: [
        {
          kind: 'smartctl',
          version: 1,
          subject: null,
          unavailable: { code: 'MISSING_COMMAND', text: 'smartctl is not installed' },
        },
      ],
    })
  expect(await disk()).toMatchObject({ health: 'OK', unreadableSince: null })
  expect(await alerts()).toEqual(['null OPEN'])
  const { notes } = (await api.ask('{ machines { nodes { notes } } }')).data.machines.nodes[0]
  expect(notes.join()).toMatch(/No disk could be read: smartctl is not installed/)
})

test('A script beside an agent heals no silence, brings no disk back, and tells nothing twice', async () => {
  const script = (smart: object) =>
    api.post('/api/ingest', {
      hostname: 'atlas',
      disks: [{ device: 'sda', serial: 'S1', model: 'VIGIE TESTDISK', type: 'HDD', smart }],
    })
  await send(0, {})
  for (const at of [60, 120, 180]) {
    await script({ status: 'ok' })
    await send(at, TIMEOUT)
    await script({ status: 'ok' })
    await script({ status: 'unavailable' })
  }
  expect(await disk()).toMatchObject({ health: 'WARNING', unreadableSince: minutes(60).toISOString() })
  expect((await types()).filter((type) => type === 'DISK_STOPPED_ANSWERING')).toHaveLength(1)
  await report(api, { collectedAt: minutes(240), disks: [], lsblk: [] })
  await script({ status: 'ok' })
  expect(await disk()).toMatchObject({ missingSince: minutes(240).toISOString() })
  expect(await types()).not.toContain('DISK_BACK')
})

describe('A disk that is missing', () => {
  test('is no good one in any count, alerts, and is told when it is back', async () => {
    await send(0, {})
    expect(await health()).toEqual({ OK: 1 })
    await report(api, { collectedAt: minutes(60), disks: [], lsblk: [] })
    expect(await disk()).toMatchObject({
      health: 'UNKNOWN',
      missingSince: '2026-11-21T13:00:00.000Z',
      reasons: [{ code: 'DISK_MISSING' }],
    })
    expect(await health()).toEqual({ UNKNOWN: 1 })
    expect(await alerts()).toEqual(['MISSING OPEN'])
    await send(120, {})
    expect(await disk()).toMatchObject({ health: 'OK', missingSince: null })
    expect(await alerts()).toEqual(['MISSING RESOLVED'])
  })

  test('is not missing any more once it was retired', async () => {
    await send(0, {})
    await report(api, { collectedAt: minutes(60), disks: [], lsblk: [] })
    await alerts()
    await api.ask('mutation ($id: ID!) { archiveDisk(id: $id) { id } }', { id: (await disk()).id })
    await api.app.opener.run()
    expect(await alerts()).toEqual(['MISSING RESOLVED'])
  })
})

describe('A finding that somebody lives with', () => {
  const accept = async (code: string, name = 'acceptReason') =>
    api.ask(`mutation ($id: ID!, $code: String!) { ${name}(diskId: $id, code: $code) { ${FIELDS} } }`, {
      id: (await disk()).id,
      code,
    })

  test('is told and not counted until it grows, then counts again', async () => {
    await send(0, { raw: { 197: 3 } })
    expect(await alerts()).toEqual(['AT_RISK OPEN'])
    expect((await accept('PENDING_SECTORS')).data.acceptReason).toMatchObject({
      health: 'OK',
      reasons: [{ code: 'PENDING_SECTORS', severity: 'AT_RISK', acceptedAt: '2026-11-21T12:00:00.000Z' }],
    })
    expect(await alerts()).toEqual(['AT_RISK RESOLVED'])
    expect((await types()).slice(0, 2).toSorted()).toEqual(['FINDING_ACCEPTED', 'HEALTH_CHANGED'])
    await send(60, { raw: { 197: 3 } })
    expect(await disk()).toMatchObject({ health: 'OK' })
    await send(120, { raw: { 197: 4 } })
    expect(await disk()).toMatchObject({
      health: 'AT_RISK',
      reasons: [{ code: 'PENDING_SECTORS', value: 4, acceptedAt: null }],
    })
    expect((await alerts())[0]).toBe('AT_RISK OPEN')
    await send(180, { raw: { 197: 3 } })
    expect(await disk(), 'it was outgrown once').toMatchObject({ health: 'AT_RISK' })
  })

  test('leaves the rest: another finding counts', async () => {
    await send(0, { raw: { 5: 3 } })
    await accept('REALLOCATED_SECTORS')
    await send(60, { raw: { 5: 3, 197: 1 } })
    expect(await disk()).toMatchObject({ health: 'AT_RISK' })
    await send(120, { raw: { 5: 4, 197: 0 } })
    expect(await disk()).toMatchObject({
      health: 'AT_RISK',
      reasons: [{ code: 'REALLOCATED_GROWING' }],
    })
  })

  test('that is gone and comes back counts anew', async () => {
    await send(0, { raw: { 197: 3 } })
    await accept('PENDING_SECTORS')
    await send(60, {})
    await send(120, { raw: { 197: 1 } })
    expect(await disk()).toMatchObject({ health: 'AT_RISK' })
  })

  test('is counted again when somebody says so', async () => {
    await send(0, { raw: { 197: 3 } })
    await accept('PENDING_SECTORS')
    expect((await accept('PENDING_SECTORS', 'countReason')).data.countReason).toMatchObject({ health: 'AT_RISK' })
    await send(60, { raw: { 197: 3 } })
    expect(await disk()).toMatchObject({ health: 'AT_RISK' })
  })

  test('counts again when it is graver, of another thing, or of a pool that gave the disk up', async () => {
    const warns = (ascq: number) =>
      report(api, {
        collectedAt: minutes(ascq),
        disks: [],
        lsblk,
        sections: [
          section(
            'smartctl',
            {
              smartctl: { exit_status: 8 },
              device: { protocol: 'SCSI' },
              serial_number: 'S1',
              smart_status: { passed: false, scsi: { asc: 0x0b, ascq } },
            },
            'sda',
          ),
        ],
      })
    await warns(0x80)
    await accept('SCSI_WARNING')
    expect(await disk()).toMatchObject({ health: 'OK' })
    await warns(0x81)
    expect(await disk()).toMatchObject({ health: 'WARNING' })
  })

  test('of a pool stands through the reports that read no disk', async () => {
    const pool = (state: string) =>
      section('zpool', {
        pools: [
          {
            name: 'tank',
            state: 'DEGRADED',
            sizeBytes: null,
            allocatedBytes: null,
            freeBytes: null,
            devices: [{ path: '/dev/sda', device: 'sda', state }],
          },
        ],
      })
    const of = (at: number, state: string, read: boolean) =>
      report(api, { collectedAt: minutes(at), disks: read ? [{}] : [], lsblk, sections: [pool(state)] })
    await of(0, 'OFFLINE', true)
    await accept('POOL_MEMBER_DEGRADED')
    for (const [at, read] of [
      [15, false],
      [30, true],
      [45, false],
    ] as const) {
      await of(at, 'OFFLINE', read)
      expect(await disk()).toMatchObject({ health: 'OK' })
    }
    await of(60, 'FAULTED', false)
    expect(await disk()).toMatchObject({ health: 'AT_RISK' })
  })

  test('outlives a sleep and a reading that fails', async () => {
    await send(0, { raw: { 5: 3 } })
    await accept('REALLOCATED_SECTORS')
    await send(60, 'asleep')
    await send(120, TIMEOUT)
    await send(180, { raw: { 5: 3 } })
    expect(await disk()).toMatchObject({
      health: 'OK',
      reasons: [{ code: 'REALLOCATED_SECTORS', acceptedAt: expect.any(String) }],
    })
  })

  test.each([
    ['a finding that is not there', {}, 'PENDING_SECTORS'],
    ['a remark', { raw: { 199: 7 } }, 'CRC_ERRORS'],
    ['the disk’s own word that it fails', { passed: false }, 'SMART_FAILED'],
    ['no code at all', {}, 'constructor'],
  ])('is none: %s is refused with a cure', async (_, reading, code) => {
    await send(0, reading)
    const { errors } = await accept(code)
    expect(errors?.[0]).toMatchObject({ extensions: { code: 'BAD_USER_INPUT', field: 'code' } })
  })

  test('needs somebody who may operate', async () => {
    await send(0, { raw: { 197: 3 } })
    const reader = await api.token([Scope.READ])
    const { errors } = await api.ask(
      'mutation ($id: ID!) { acceptReason(diskId: $id, code: "PENDING_SECTORS") { id } }',
      { id: (await disk()).id },
      reader,
    )
    expect(errors?.[0]?.extensions.code).toBe('FORBIDDEN')
  })
})

test('A solid state disk tells how fast its life is used up; one that turns, and one read once, tell no pace', async () => {
  const read = (at: number, left: number) =>
    report(api, {
      collectedAt: minutes(at),
      disks: [],
      lsblk,
      sections: [
        section(
          'smartctl',
          {
            smartctl: { exit_status: 0 },
            device: { protocol: 'ATA' },
            serial_number: 'S1',
            rotation_rate: 0,
            smart_status: { passed: true },
            ata_smart_attributes: {
              table: [
                {
                  id: 231,
                  name: 'SSD_Life_Left',
                  value: left,
                  worst: left,
                  thresh: 0,
                  raw: { value: left, string: String(left) },
                },
              ],
            },
          },
          'sda',
        ),
      ],
    })
  const wear = async () =>
    (await api.ask('{ disks { nodes { wear { usedPercent perMonth endsAt } } } }')).data.disks.nodes[0].wear
  await read(0, 90)
  expect(await wear()).toEqual({ usedPercent: 10, perMonth: null, endsAt: null })
  await read(365 * 24 * 60, 80)
  expect(await wear()).toEqual({ usedPercent: 20, perMonth: 0.83, endsAt: expect.stringMatching(/^2035-11/) })
  api = await apiForThisTest()
  await send(0, {})
  expect(await wear()).toBeNull()
})

describe('What is no fault of a disk', () => {
  const two = ['sda', 'sdb'].map((device) => ({ device, serial: `S-${device}` }))
  const tell = (at: number, sections: unknown[]) =>
    report(api, { collectedAt: minutes(at), disks: [], lsblk: two, sections })
  const unread = (subject: string | null, code: string, text: string) => ({
    kind: 'smartctl',
    version: 1,
    subject,
    unavailable: { code, text },
  })
  const each = (code: string, text: string) => two.map(({ device }) => unread(device, code, text))
  const good = () => two.map(({ device, serial }) => section('smartctl', ataDocument({ serial }), device))

  test.each([
    [
      'smartctl is not there',
      [unread(null, 'MISSING_COMMAND', 'smartctl is not installed')],
      'smartctl is not installed',
    ],
    [
      'smartctl prints nothing of any disk',
      each('FAILED', 'smartctl printed nothing for it'),
      'smartctl printed nothing for it',
    ],
    ['smartctl is too old to print JSON', each('UNPARSABLE', 'update smartmontools'), 'update smartmontools'],
  ])('is told of its machine at the second time, once, and when it is over: %s', async (_, sections, why) => {
    await tell(0, good())
    await tell(60, sections)
    expect(await alerts()).toEqual([])
    for (const at of [120, 180]) await tell(at, sections)
    const { data } = await api.ask('{ events(first: 50) { nodes { type severity detail machine { hostname } } } }')
    expect(data.events.nodes.filter(({ type }: any) => type === 'SMART_LOST')).toEqual([
      { type: 'SMART_LOST', severity: 'WARNING', detail: why, machine: { hostname: 'atlas' } },
    ])
    await api.app.opener.run()
    const causes = async () =>
      (await api.ask('{ causes { nodes { kind sentence } } }')).data.causes.nodes.map(({ kind, sentence }: any) => [
        kind,
        sentence,
      ])
    expect(await causes()).toEqual([['SMART_LOST', 'No disk of atlas can be read by S.M.A.R.T. any more']])
    expect(await types()).not.toContain('DISK_STOPPED_ANSWERING')
    await tell(240, good())
    await api.app.opener.run()
    expect([await causes(), (await types())[0]]).toEqual([[], 'SMART_READ'])
  })

  test('is told anew of a machine that was retired meanwhile, and comes back', async () => {
    const lost = [unread(null, 'MISSING_COMMAND', 'smartctl is not installed')]
    await tell(0, good())
    for (const at of [60, 120]) await tell(at, lost)
    const { data } = await api.ask('{ machines { nodes { id } } }')
    await api.ask(`mutation { archiveMachine(id: "${data.machines.nodes[0].id}") { id } }`)
    for (const at of [180, 240]) await tell(at, lost)
    expect((await types()).filter((type) => type === 'SMART_LOST')).toHaveLength(2)
  })

  test('is told of no machine whose disks never could be read', async () => {
    for (const at of [0, 60, 120]) await tell(at, [unread(null, 'NOT_ROOT', 'run the agent with sudo')])
    expect(await types()).not.toContain('SMART_LOST')
  })

  test('is not that each disk hangs: that they do', async () => {
    await tell(0, good())
    for (const at of [60, 120]) await tell(at, each('TIMEOUT', 'smartctl gave no answer within 15 s'))
    const told = await types()
    expect(told.filter((type) => type === 'DISK_STOPPED_ANSWERING')).toHaveLength(2)
    expect(told).not.toContain('SMART_LOST')
  })

  test('is that it was put into a box that smartctl does not know', async () => {
    await tell(0, good())
    const boxed = {
      smartctl: { exit_status: 1, messages: [{ string: '/dev/sda: Unknown USB bridge [0x152d:0x0579]' }] },
    }
    for (const at of [60, 120]) await tell(at, [section('smartctl', boxed, 'sda'), good()[1]])
    expect(await types()).not.toContain('DISK_STOPPED_ANSWERING')
    expect(await alerts()).toEqual([])
  })

  test('is that its document was too large for the report', async () => {
    await tell(0, good())
    const [first, second] = good()
    for (const at of [60, 120]) await tell(at, [unread('sda', 'TOO_LARGE', 'it is too large'), second])
    expect(await types()).not.toContain('DISK_STOPPED_ANSWERING')
    await tell(180, [first, second])
    expect(await alerts()).toEqual([])
  })
})
