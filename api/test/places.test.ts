import { describe, expect, test } from 'vitest'
import { insertRows } from '../src/database/rows.ts'
import { RoomLevel } from '../src/storage/forecast.ts'
import { Room, RoomUse } from '../src/room/room.entity.ts'
import { type DiskOptions, machineWithData, report, section } from './builders.ts'
import { backupsForThisTest, type Backups } from './deposit.ts'

const PLACES = `query ($filter: PlaceFilterInput, $after: String, $first: Int) { places(filter: $filter, after: $after, first: $first) {
  totalCount pageInfo { hasNextPage endCursor }
  nodes { verdict doubts provenAt mayStillFail elsewhere sentence fileSystem { mountpoint } machine { hostname } disks { serial }
    copies { path provenAt freshUntil jobs { databaseName } lastProven { proof } } } } }`

const FAILING = { passed: false }
const places = async ({ api }: Backups, variables: Record<string, unknown> = {}) => {
  const { data, errors } = await api.ask(PLACES, variables)
  expect(errors).toBeUndefined()
  return data.places
}

/** A night whose backup comes and is proven. */
async function nightOf(backups: Backups, day: string): Promise<void> {
  backups.set('02:05', day)
  backups.send({ startedAt: `${day}T02:00:00Z` })
  await backups.scan()
}

describe('The place of data', () => {
  test('that no job protects has no copy, and is lost when its disk fails', async () => {
    const backups = await backupsForThisTest({ VIGIE_VAULT_MACHINE: 'vault-1' })
    await report(backups.api, machineWithData('vault-1', [{ serial: 'V1' }], { mountpoints: ['/vault'] }))
    await report(backups.api, machineWithData('nas', [{ serial: 'S1' }]))
    const found = async () => (await places(backups)).nodes.find(({ machine }: any) => machine.hostname === 'nas')
    expect(await found()).toMatchObject({
      verdict: 'NONE',
      doubts: [],
      mayStillFail: 0,
      copies: [],
      disks: [{ serial: 'S1' }],
    })
    await report(backups.api, machineWithData('nas', [{ serial: 'S1', ...FAILING }], { at: '2026-11-21T01:30:00Z' }))
    expect(await found()).toMatchObject({
      verdict: 'LOST',
      sentence: 'A disk under it is failing or missing, and no proven copy is known to lie elsewhere.',
    })
  })

  test('is found by a part of its path, its device or its machine, without case and accents', async () => {
    const backups = await backupsForThisTest()
    await report(backups.api, machineWithData('nas', [{ serial: 'S1' }], { mountpoints: ['/srv/Photos de René'] }))
    await report(backups.api, machineWithData('web', [{ serial: 'S2' }], { mountpoints: ['/var/lib'] }))
    const found = async (search: string) =>
      (await places(backups, { filter: { search } })).nodes.map(({ machine }: any) => machine.hostname)
    expect(await found('PHOTOS')).toEqual(['nas'])
    expect(await found(' rene ')).toEqual(['nas'])
    expect(await found('/var')).toEqual(['web'])
    expect(await found('')).toEqual(['nas', 'web'])
    expect(await found('%')).toEqual([])
    expect(await places(backups, { filter: { search: 'web', verdict: ['SAFE'] } })).toMatchObject({ totalCount: 0 })
  })

  test('is safe once its backup is proven, covered when its disk fails, and loses what is newer when the next is late', async () => {
    const backups = await backupsForThisTest({ VIGIE_VAULT_MACHINE: 'vault-1' })
    await report(backups.api, machineWithData('vault-1', [{ serial: 'V1' }], { mountpoints: ['/vault'] }))
    await report(backups.api, machineWithData('nas', [{ serial: 'S1' }]))
    await backups.job({ protects: [{ hostname: 'nas', path: '/home' }] })
    const nas = async () => (await places(backups)).nodes.find(({ machine }: any) => machine.hostname === 'nas')
    expect(await nas()).toMatchObject({ verdict: 'UNKNOWN', doubts: ['NEVER_PROVEN'], elsewhere: 'OTHER_MACHINE' })
    await nightOf(backups, '2026-11-21')
    backups.set('07:00', '2026-11-21')
    expect(await nas()).toMatchObject({
      verdict: 'SAFE',
      doubts: [],
      provenAt: '2026-11-21T02:00:00.000Z',
      sentence: 'A fresh proven copy lies elsewhere: last proven backup 5 hours ago.',
      copies: [
        {
          path: '/home',
          freshUntil: '2026-11-22T03:00:00.000Z',
          jobs: [{ databaseName: 'crm' }],
          lastProven: { proof: 'INTACT' },
        },
      ],
    })
    await report(backups.api, machineWithData('nas', [{ serial: 'S1', ...FAILING }], { at: '2026-11-21T07:00:00Z' }))
    expect((await nas()).verdict).toBe('COVERED')
    backups.set('03:00', '2026-11-22')
    expect((await nas()).verdict).toBe('COVERED')
    backups.set('03:01', '2026-11-22')
    expect((await nas()).verdict).toBe('LOSES')
  })

  test('of which only a folder has a copy is not called safe', async () => {
    const backups = await backupsForThisTest({ VIGIE_VAULT_MACHINE: 'vault-1' })
    await report(backups.api, machineWithData('vault-1', [{ serial: 'V1' }], { mountpoints: ['/vault'] }))
    await report(backups.api, machineWithData('db', [{ serial: 'S1' }], { mountpoints: ['/'] }))
    await backups.job({ protects: [{ hostname: 'db', path: '/var/lib/mysql' }] })
    await nightOf(backups, '2026-11-21')
    const db = (await places(backups)).nodes.find(({ machine }: any) => machine.hostname === 'db')
    expect(db).toMatchObject({
      verdict: 'PARTLY',
      provenAt: '2026-11-21T02:00:00.000Z',
      copies: [{ path: '/var/lib/mysql' }],
    })
  })

  test('needs no copy where somebody says so and why, until a job protects it or that is taken back', async () => {
    const backups = await backupsForThisTest({ VIGIE_VAULT_MACHINE: 'vault-1' })
    const { api } = backups
    await report(api, machineWithData('lab', [{ serial: 'S1' }], { mountpoints: ['/scratch'] }))
    const ASK =
      '{ placesByVerdict { verdict count } places { nodes { verdict noCopy { reason by } fileSystem { id } } } }'
    const lab = async () => (await api.ask(ASK)).data.places.nodes[0]
    const { fileSystem, verdict } = await lab()
    expect(verdict).toBe('NONE')
    const say = (reason: string | null, id = fileSystem.id) =>
      api.ask(
        'mutation ($id: ID!, $reason: String) { setCopyNotNeeded(fileSystemId: $id, reason: $reason) { verdict } }',
        {
          id,
          reason,
        },
      )
    expect((await say(' x ')).errors?.[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', field: 'reason' })
    expect((await say('y'.repeat(501))).errors?.[0]?.extensions).toMatchObject({ field: 'reason' })
    expect((await say('Gone by tomorrow', 'nobody')).errors?.[0]?.extensions?.['code']).toBe('NOT_FOUND')
    expect((await say(' Only caches, made anew within an hour. ')).data.setCopyNotNeeded.verdict).toBe('UNNEEDED')
    expect((await lab()).noCopy).toEqual({ reason: 'Only caches, made anew within an hour.', by: 'test' })
    await report(
      api,
      machineWithData('lab', [{ serial: 'S1', ...FAILING }], { mountpoints: ['/scratch'], at: '2026-11-21T01:30:00Z' }),
    )
    expect((await lab()).verdict, 'after another report').toBe('UNNEEDED')
    await backups.job({ protects: [{ hostname: 'lab', path: '/scratch' }] })
    expect((await lab()).verdict, 'with a job').toBe('LOST')
    const { data } = await api.ask('{ events(first: 20) { nodes { type subject detail } } }')
    expect(data.events.nodes).toContainEqual({
      type: 'COPY_NOT_NEEDED',
      subject: '/scratch',
      detail: 'Only caches, made anew within an hour.',
    })
    await say(null)
    expect(await lab()).toMatchObject({ verdict: 'LOST', noCopy: null })
  })

  test('on a mirror bears one failing disk', async () => {
    const backups = await backupsForThisTest({ VIGIE_VAULT_MACHINE: 'vault-1' })
    const two = (one: DiskOptions, other: DiskOptions) => [
      { device: 'sda', serial: 'S1', ...one },
      { device: 'sdb', serial: 'S2', ...other },
    ]
    await report(backups.api, machineWithData('nas', two({}, {}), { mirror: true }))
    const verdict = async () => (await places(backups)).nodes.map((place: any) => [place.verdict, place.mayStillFail])
    expect(await verdict()).toEqual([['NONE', 1]])
    await report(backups.api, machineWithData('nas', two(FAILING, {}), { mirror: true, at: '2026-11-21T01:10:00Z' }))
    expect(await verdict()).toEqual([['NONE', 0]])
    await report(
      backups.api,
      machineWithData('nas', two(FAILING, FAILING), { mirror: true, at: '2026-11-21T01:20:00Z' }),
    )
    expect(await verdict()).toEqual([['LOST', 0]])
  })

  test('is not known to be safe where it is not known on which machine the vault lies', async () => {
    const backups = await backupsForThisTest()
    await report(backups.api, machineWithData('nas', [{ serial: 'S1' }], { mountpoints: ['/'] }))
    await backups.job({ protects: [{ hostname: 'nas', path: '/srv' }] })
    await nightOf(backups, '2026-11-21')
    const [place] = (await places(backups)).nodes
    expect(place).toMatchObject({ verdict: 'UNKNOWN', doubts: ['VAULT_UNKNOWN'], elsewhere: null })
  })

  test.each([
    ['is no copy', '/', 1000, ['NONE', 'SAME_DISK', ['COPY_ON_SAME_DISK']]],
    [
      'seems so, but is larger than that: a mount that no report tells of',
      '/',
      5000,
      ['UNKNOWN', null, ['VAULT_UNKNOWN']],
    ],
  ])('whose vault lies on its own disk %s', async (_, mountpoint, vaultSize, expected) => {
    const backups = await backupsForThisTest({ VIGIE_VAULT_MACHINE: 'nas' })
    const own = machineWithData('nas', [{ serial: 'S1' }], { mountpoints: [mountpoint] })
    const sizes = {
      source: '/dev/sda1',
      fstype: 'ext4',
      sizeBytes: 1100,
      usedBytes: 400,
      availableBytes: 600,
      mountpoint,
    }
    await report(backups.api, { ...own, sections: [section('df', { fileSystems: [sizes] })] })
    await insertRows(backups.api.orm.em.fork(), Room, [
      {
        id: 'vault',
        path: backups.vault,
        uses: [RoomUse.VAULT],
        used: vaultSize - 600,
        free: 600,
        level: RoomLevel.ENOUGH,
        fullAt: null,
        readAt: new Date(),
        unreadable: null,
        days: [],
      },
    ])
    await backups.job({ protects: [{ hostname: 'nas', path: '/srv' }] })
    await nightOf(backups, '2026-11-21')
    const [{ verdict, elsewhere, doubts }] = (await places(backups)).nodes
    expect([verdict, elsewhere, doubts]).toEqual(expected)
  })

  test('is lost with a disk that is gone, and its copies are still its own', async () => {
    const backups = await backupsForThisTest({ VIGIE_VAULT_MACHINE: 'vault-1' })
    await report(backups.api, machineWithData('vault-1', [{ serial: 'V1' }], { mountpoints: ['/vault'] }))
    const system = machineWithData('nas', [{ serial: 'S1' }], { mountpoints: ['/'] })
    const { lsblk } = machineWithData('nas-home', [{ device: 'sdb', serial: 'S2' }])
    await report(backups.api, {
      ...system,
      disks: [...system.disks, { device: 'sdb', serial: 'S2' }],
      lsblk: [...system.lsblk, ...lsblk],
    })
    await backups.job({ protects: [{ hostname: 'nas', path: '/home' }] })
    await report(backups.api, { ...system, collectedAt: '2026-11-21T01:30:00Z' })
    const home = async () =>
      (await places(backups)).nodes.find(({ fileSystem }: any) => fileSystem.mountpoint === '/home')
    expect(await home()).toMatchObject({ verdict: 'LOST', disks: [{ serial: 'S2' }], copies: [{ path: '/home' }] })
  })

  test('that is not mounted keeps its copies, and what is mounted in its place takes them over', async () => {
    const backups = await backupsForThisTest({ VIGIE_VAULT_MACHINE: 'vault-1' })
    await report(backups.api, machineWithData('vault-1', [{ serial: 'V1' }], { mountpoints: ['/vault'] }))
    const system = machineWithData('nas', [{ serial: 'S1' }], { mountpoints: ['/'] })
    const disks = [...system.disks, { device: 'sdb', serial: 'S2' }]
    const srv = (name: string) =>
      machineWithData(name, [{ device: 'sdb', serial: 'S2' }], { mountpoints: ['/srv'] }).lsblk
    const bare = { device: 'sdb', serial: 'S2' }
    await report(backups.api, { ...system, disks, lsblk: [...system.lsblk, ...srv('old')] })
    await backups.job({ protects: [{ hostname: 'nas', path: '/srv' }] })
    await nightOf(backups, '2026-11-21')
    const onNas = async () =>
      (await places(backups)).nodes
        .filter(({ machine }: any) => machine.hostname === 'nas')
        .map(({ fileSystem, verdict, doubts }: any) => [fileSystem.mountpoint, verdict, doubts])
        .sort()
    expect(await onNas()).toEqual([
      ['/', 'NONE', []],
      ['/srv', 'SAFE', []],
    ])
    await report(backups.api, { ...system, disks, lsblk: [...system.lsblk, bare], collectedAt: '2026-11-21T02:30:00Z' })
    expect(await onNas()).toEqual([
      ['/', 'NONE', []],
      ['/srv', 'UNKNOWN', ['NOT_THERE']],
    ])
    const renewed = [...system.lsblk, ...srv('new')]
    await report(backups.api, { ...system, disks, lsblk: renewed, collectedAt: '2026-11-21T02:40:00Z' })
    expect(await onNas()).toEqual([
      ['/', 'NONE', []],
      ['/srv', 'SAFE', []],
    ])
  })

  test('is one that holds data: what starts the machine and what is an image is none', async () => {
    const backups = await backupsForThisTest()
    const all = ['/', '/boot', '/boot/efi', '/snap/core/1', '/srv', '/run/media/usb']
    for (const [index, mountpoint] of all.entries())
      await report(backups.api, machineWithData(`m${index}`, [{ serial: `S${index}` }], { mountpoints: [mountpoint] }))
    expect((await places(backups)).nodes.map(({ fileSystem }: any) => fileSystem.mountpoint).sort()).toEqual([
      '/',
      '/srv',
    ])
  })
})

test('Places come the gravest first, page by page, by machine, disk and verdict, and are counted', async () => {
  const backups = await backupsForThisTest({ VIGIE_VAULT_MACHINE: 'c' })
  for (const [hostname, disk] of [
    ['b', {}],
    ['a', {}],
    ['c', FAILING],
  ] as const)
    await report(backups.api, machineWithData(hostname, [{ serial: `S-${hostname}`, ...disk }]))
  const names = ({ nodes }: any) => nodes.map(({ machine }: any) => machine.hostname)
  const first = await places(backups, { first: 2 })
  expect([names(first), first.totalCount, first.pageInfo.hasNextPage]).toEqual([['c', 'a'], 3, true])
  const second = await places(backups, { first: 2, after: first.pageInfo.endCursor })
  expect([names(second), second.pageInfo.hasNextPage]).toEqual([['b'], false])
  expect(names(await places(backups, { filter: { verdict: ['LOST'] } }))).toEqual(['c'])
  const { data } = await backups.api.ask(
    '{ placesByVerdict { verdict count } disks(first: 1) { nodes { id machine { id places { verdict } } places { verdict fileSystem { mountpoint } } } } }',
  )
  expect(data.placesByVerdict.filter(({ count }: any) => count > 0)).toEqual([
    { verdict: 'LOST', count: 1 },
    { verdict: 'NONE', count: 2 },
  ])
  const [disk] = data.disks.nodes
  expect(disk).toMatchObject({
    places: [{ verdict: 'LOST', fileSystem: { mountpoint: '/home' } }],
    machine: { places: [{ verdict: 'LOST' }] },
  })
  expect(names(await places(backups, { filter: { diskId: disk.id } }))).toEqual(['c'])
  expect(names(await places(backups, { filter: { machineId: disk.machine.id } }))).toEqual(['c'])
  expect(names(await places(backups, { filter: { diskId: 'nobody' } }))).toEqual([])
})

test('That no copy is needed is said of one file system, and not of another at the same device', async () => {
  const backups = await backupsForThisTest()
  const tell = (at: string, fstype: string, mountpoint: string) =>
    report(backups.api, {
      machineKey: 'key-of-the-machine-nas',
      hostname: 'nas',
      collectedAt: at,
      disks: [{ serial: 'S1' }],
      lsblk: [
        {
          device: 'sda',
          serial: 'S1',
          children: [
            {
              name: 'sda1',
              kname: 'sda1',
              path: '/dev/sda1',
              type: 'part',
              size: 1000,
              fstype,
              mountpoints: [mountpoint],
            },
          ],
        },
      ],
    })
  const verdicts = async () => (await places(backups)).nodes.map(({ verdict }: any) => verdict)
  await tell('2026-11-21T01:00:00Z', 'ext4', '/scratch')
  const { data } = await backups.api.ask('{ places { nodes { fileSystem { id } } } }')
  const { id } = data.places.nodes[0].fileSystem
  const SAY =
    'mutation ($id: ID!, $reason: String) { setCopyNotNeeded(fileSystemId: $id, reason: $reason) { verdict } }'
  for (const reason of ['\0\0\0', '\u200b\u200b\u200b', 'a cache\nand more', 'only a \u202ecache'])
    expect((await backups.api.ask(SAY, { id, reason })).errors?.[0]?.message).toMatch(
      /reason: must be one line of 3 to 500/,
    )
  await backups.api.ask(SAY, { id, reason: 'only a cache' })
  await tell('2026-11-21T02:00:00Z', 'ext4', '/scratch')
  expect(await verdicts()).toEqual(['UNNEEDED'])
  await tell('2026-11-21T03:00:00Z', 'xfs', '/srv/customers')
  expect(await verdicts()).toEqual(['NONE'])
})

describe('A link between a backup and a place', () => {
  const OFFERS = `query ($id: ID!) { linkOffers(fileSystemId: $id) { path clues job { databaseName } } }`
  const PREVIEW = `query ($job: ID!, $machine: ID!, $path: String!) { previewProtection(jobId: $job, machineId: $machine, path: $path) {
    fileSystem { mountpoint } elsewhere copyBytes heldBytes isLinked lastProven { expectedAt } } }`
  const change = (name: string) =>
    `mutation ($job: ID!, $machine: ID!, $path: String!) { ${name}(jobId: $job, machineId: $machine, path: $path) { protects { path } } }`
  const [LINK, UNLINK] = [change('linkProtection'), change('unlinkProtection')]

  const started = async () => {
    const backups = await backupsForThisTest({ VIGIE_VAULT_MACHINE: 'vault-1' })
    await report(backups.api, machineWithData('vault-1', [{ serial: 'V1' }], { mountpoints: ['/vault'] }))
    const own = machineWithData('lyon-01', [{ serial: 'S1' }], { mountpoints: ['/'] })
    const sizes = { sizeBytes: 1100, usedBytes: 400, availableBytes: 600 }
    const fileSystems = [{ source: '/dev/sda1', fstype: 'ext4', mountpoint: '/', ...sizes }]
    await report(backups.api, { ...own, sections: [section('df', { fileSystems })] })
    const job = await backups.job()
    await backups.job({ agentId: 'paris-01', databaseName: 'erp' })
    const { data } = await backups.api.ask('{ machines { nodes { id hostname fileSystems { id mountpoint } } } }')
    const machine = data.machines.nodes.find(({ hostname }: any) => hostname === 'lyon-01')
    return { backups, job, machine, root: machine.fileSystems[0].id as string, ask: backups.api.ask }
  }

  test('is offered by what a person would try first, looked at before it is said, and said once', async () => {
    const { backups, job, machine, root, ask } = await started()
    const ids = { job: job.id, machine: machine.id }
    const offers = async () => (await ask(OFFERS, { id: root })).data.linkOffers
    expect(await offers()).toEqual([{ path: '/', clues: ['SAME_NAME'], job: { databaseName: 'crm' } }])
    await nightOf(backups, '2026-11-21')
    expect(await offers()).toEqual([
      { path: '/var/lib/mysql', clues: ['DATABASE_FOLDER', 'SAME_NAME'], job: { databaseName: 'crm' } },
    ])
    const preview = async (path: string) => (await ask(PREVIEW, { ...ids, path })).data.previewProtection
    expect(await preview('/var/lib/mysql/')).toEqual({
      fileSystem: { mountpoint: '/' },
      elsewhere: 'OTHER_MACHINE',
      copyBytes: expect.stringMatching(/^[1-9]\d*$/),
      heldBytes: null,
      isLinked: false,
      lastProven: { expectedAt: '2026-11-21T02:00:00.000Z' },
    })
    expect((await preview('/')).heldBytes).toBe('400')
    expect((await places(backups)).nodes.find((place: any) => place.machine.hostname === 'lyon-01').verdict).toBe(
      'NONE',
    )
    for (const path of ['/var/lib/mysql', '/var/lib/mysql/'])
      expect((await ask(LINK, { ...ids, path })).data.linkProtection.protects).toEqual([{ path: '/var/lib/mysql' }])
    expect((await preview('/var/lib/mysql')).isLinked).toBe(true)
    expect(await offers()).toEqual([])
    expect((await places(backups)).nodes.find((place: any) => place.machine.hostname === 'lyon-01')).toMatchObject({
      verdict: 'PARTLY',
      copies: [{ path: '/var/lib/mysql', jobs: [{ databaseName: 'crm' }] }],
    })
    const { data } = await ask('{ events { nodes { type actor } } }')
    expect(data.events.nodes.filter(({ type }: any) => type === 'JOB_CHANGED')).toHaveLength(1)
  })

  test('keeps what else the job protects, and is taken back alone', async () => {
    const { job, machine, ask } = await started()
    const ids = { job: job.id, machine: machine.id }
    const linked = ['/srv', '/home'].map((path) => ask(LINK, { ...ids, path }))
    await Promise.all(linked)
    const { data } = await ask(UNLINK, { ...ids, path: '/srv/' })
    expect(data.unlinkProtection.protects).toEqual([{ path: '/home' }])
  })

  test.each([
    [
      'a path that is not absolute',
      LINK,
      { path: 'srv' },
      'path: must be an absolute path. Write it like /var/lib/mysql.',
    ],
    [
      'a path that the job does not protect',
      UNLINK,
      { path: '/srv' },
      'path: is not protected by this job. Ask protects of the job for its paths.',
    ],
    ['a job that nobody knows', LINK, { job: 'x', path: '/srv' }, 'No expected job has the id x.'],
    ['a machine that nobody knows', LINK, { machine: 'x', path: '/srv' }, 'No machine has the id x.'],
    [
      'a preview of a path that is too long',
      PREVIEW,
      { path: `/${'a'.repeat(5000)}` },
      'path: must be an absolute path. Write it like /var/lib/mysql.',
    ],
  ])('is refused for %s', async (_, question, wrong, message) => {
    const { job, machine, ask } = await started()
    const { errors } = await ask(question, { job: job.id, machine: machine.id, ...wrong })
    expect(errors?.[0]?.message).toContain(message)
  })

  test('with a job that was retired is refused', async () => {
    const { job, machine, ask } = await started()
    await ask('mutation ($id: ID!) { deleteExpectedJob(id: $id) { id } }', { id: job.id })
    const { errors } = await ask(LINK, { job: job.id, machine: machine.id, path: '/srv' })
    expect(errors?.[0]?.message).toContain('jobId: is a retired job')
  })
})
