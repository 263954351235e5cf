import { expect, test } from 'vitest'
import { Scope } from '../src/graphql/scope.ts'
import { noticeBusy } from '../src/metrics/notice-busy.ts'
import { noticeOverdue } from '../src/state/notice-overdue.ts'
import { minutes, report, section } from './builders.ts'
import { apiForThisTest, type TestApi } from './start-api.ts'

const GIB = 1024 ** 3
const DAYS = 24 * 60
const THRESHOLD = 'kind tag value saidBy'
const set = (api: TestApi, kind: string, value: number | null, tag: string | null = null) =>
  api.ask(
    `mutation ($kind: ThresholdKind!, $tag: String, $value: Float) {
      setThreshold(kind: $kind, tag: $tag, value: $value) { ${THRESHOLD} } }`,
    { kind, tag, value },
  )
const eventsOf = async (api: TestApi, ...type: string[]) =>
  (
    await api.ask(
      'query ($type: [EventType!]) { events(filter: { type: $type }) { nodes { type severity from to cause subject reasons { code sentence } } } }',
      { type },
    )
  ).data.events.nodes.reverse()
const typesOf = async (api: TestApi, ...type: string[]) =>
  (await eventsOf(api, ...type)).map((each: { type: string }) => each.type)
const causesOf = async (api: TestApi) => {
  await api.app.opener.run()
  return (await api.ask('{ causes { nodes { sentence } } }')).data.causes.nodes.map(
    (each: { sentence: string }) => each.sentence,
  )
}

/** Mounted file systems as lsblk and df tell them: each of 100 GB, so that gigabytes in use are percent. */
const mounted = (used: Record<string, number>, fstype = 'ext4') => ({
  disks: [],
  lsblk: Object.keys(used).map((mountpoint, index) => ({
    device: `vd${'abc'[index]}`,
    size: 100e9,
    fstype,
    uuid: `uuid-of-${mountpoint}`,
    mountpoints: [mountpoint],
  })),
  sections: [
    section('df', {
      fileSystems: Object.entries(used).map(([mountpoint, gigabytes], index) => ({
        source: `/dev/vd${'abc'[index]}`,
        fstype,
        sizeBytes: 100e9,
        usedBytes: gigabytes * 1e9,
        availableBytes: (100 - gigabytes) * 1e9,
        mountpoint,
      })),
    }),
  ],
})
const fileSystems = async (api: TestApi) =>
  (await api.ask('{ machine(hostname: "atlas") { fileSystems { mountpoint level fullAt } } }')).data.machine.fileSystems

test('A file system that fills up is told once, when it is almost full as worse, and when there is room again', async () => {
  const api = await apiForThisTest()
  let at = 0
  const tell = (used: Record<string, number>) => report(api, { collectedAt: minutes((at += 15)), ...mounted(used) })
  await tell({ '/': 89, '/var': 20 })
  expect(await fileSystems(api)).toEqual([
    { mountpoint: '/', level: 'ENOUGH', fullAt: null },
    { mountpoint: '/var', level: 'ENOUGH', fullAt: null },
  ])
  await tell({ '/': 90, '/var': 20 })
  await tell({ '/': 91, '/var': 20 })
  expect(await causesOf(api)).toEqual(['/ of atlas fills up'])
  await tell({ '/': 95, '/var': 20 })
  expect(await causesOf(api)).toEqual(['/ of atlas is almost full'])
  await tell({ '/': 89, '/var': 20 })
  await tell({ '/': 87, '/var': 20 })
  expect(await causesOf(api)).toEqual([])
  expect(await eventsOf(api, 'FILE_SYSTEM_LOW', 'FILE_SYSTEM_ENOUGH')).toMatchObject([
    { type: 'FILE_SYSTEM_LOW', severity: 'WARNING', from: 'ENOUGH', to: 'LOW' },
    { severity: 'AT_RISK', to: 'SCARCE', reasons: [{ sentence: '/ is 95 % full; 5.0 GB are free.' }] },
    { type: 'FILE_SYSTEM_LOW', to: 'LOW' },
    { type: 'FILE_SYSTEM_ENOUGH', severity: 'INFO', to: 'ENOUGH' },
  ])
})

test('One that will be full soon is told with the day, before it is', async () => {
  const api = await apiForThisTest()
  for (let day = 0; day < 6; day++)
    await report(api, { collectedAt: minutes(day * DAYS), ...mounted({ '/srv': 30 + 6 * day }) })
  const full = minutes((5 + 40 / 6) * DAYS)
    .toISOString()
    .slice(0, 10)
  expect(await fileSystems(api)).toEqual([{ mountpoint: '/srv', level: 'LOW', fullAt: `${full}T12:00:00.000Z` }])
  const [told] = await eventsOf(api, 'FILE_SYSTEM_LOW')
  expect(told.reasons[1].sentence).toContain(`At the pace of the last month it is full on ${full}`)
})

test('What was not told this time is as it was; what is mounted no more is told to nobody', async () => {
  const api = await apiForThisTest()
  await report(api, { ...mounted({ '/': 92 }) })
  await report(api, { collectedAt: minutes(15), ...mounted({ '/': 92 }), sections: [] })
  expect(await fileSystems(api)).toMatchObject([{ level: 'LOW' }])
  expect(await causesOf(api)).toEqual(['/ of atlas fills up'])
  await report(api, { collectedAt: minutes(30), ...mounted({ '/other': 10 }) })
  expect(await causesOf(api)).toEqual([])
  expect(await typesOf(api, 'FILE_SYSTEM_LOW', 'FILE_SYSTEM_LEFT', 'FILE_SYSTEM_ENOUGH')).toEqual([
    'FILE_SYSTEM_LOW',
    'FILE_SYSTEM_LEFT',
  ])
  // A machine that is retired needs nobody.
  await report(api, { collectedAt: minutes(45), ...mounted({ '/other': 99 }) })
  expect(await causesOf(api)).toEqual(['/other of atlas is almost full'])
  const { data } = await api.ask('{ machine(hostname: "atlas") { id } }')
  await api.ask('mutation ($id: ID!) { archiveMachine(id: $id) { id } }', { id: data.machine.id })
  expect(await causesOf(api)).toEqual([])
  // What still stands when it comes back is told anew.
  await report(api, { collectedAt: minutes(60), ...mounted({ '/other': 99 }) })
  expect(await causesOf(api)).toEqual(['/other of atlas is almost full'])
})

test('An image that is written once is always full, and nobody is told', async () => {
  const api = await apiForThisTest()
  await report(api, { ...mounted({ '/snap/core': 100 }, 'squashfs') })
  expect(await fileSystems(api)).toMatchObject([{ level: null }])
  expect(await causesOf(api)).toEqual([])
})

test('What is mounted so that nobody can write stays as full as it is, and nobody is told', async () => {
  const api = await apiForThisTest()
  const told = mounted({ '/usr': 99 })
  const [df] = told.sections
  const payload = (df?.payload ?? '').replace('"mountpoint"', '"readOnly":true,"mountpoint"')
  await report(api, { ...told, sections: [{ ...df, payload }] })
  expect(await fileSystems(api)).toMatchObject([{ level: null }])
})

test('A threshold that moves is judged by at once, without the margin of the former', async () => {
  const api = await apiForThisTest()
  await report(api, mounted({ '/': 92 }))
  await set(api, 'FILE_SYSTEM_PERCENT', 93)
  await report(api, { collectedAt: minutes(15), ...mounted({ '/': 92 }) })
  expect(await causesOf(api)).toEqual([])
  await set(api, 'FILE_SYSTEM_PERCENT', 80)
  await report(api, { collectedAt: minutes(30), ...mounted({ '/': 92 }) })
  expect(await causesOf(api)).toEqual(['/ of atlas is almost full'])
})

test('Data sets of one pool fill up together, and are told once', async () => {
  const api = await apiForThisTest()
  const dataset = (source: string) => ({
    source,
    fstype: 'zfs',
    sizeBytes: 10e9,
    usedBytes: 1e9,
    availableBytes: 9e9,
    mountpoint: `/${source}`,
  })
  const pool = { name: 'tank', state: 'ONLINE', sizeBytes: 100e9, allocatedBytes: 91e9, freeBytes: 9e9, devices: [] }
  const df = section('df', { fileSystems: [dataset('tank/home'), dataset('tank'), dataset('tank/srv')] })
  await report(api, { disks: [], sections: [df, section('zpool', { pools: [pool] })] })
  expect(await causesOf(api)).toEqual(['tank of atlas fills up'])
  // Which of them stands for it changes nothing: it is the pool that fills up.
  const more = section('df', { fileSystems: [dataset('tank/home'), dataset('tank/srv')] })
  await report(api, { collectedAt: minutes(5), disks: [], sections: [more, section('zpool', { pools: [pool] })] })
  await report(api, { collectedAt: minutes(10), disks: [], sections: [df, section('zpool', { pools: [pool] })] })
  expect(await typesOf(api, 'FILE_SYSTEM_LOW', 'FILE_SYSTEM_LEFT')).toEqual(['FILE_SYSTEM_LOW'])
  // How full the pool is was not told: it is as it was.
  await report(api, { collectedAt: minutes(15), disks: [], sections: [df] })
  expect(await causesOf(api)).toEqual(['tank of atlas fills up'])
})

test('Machines with a tag have thresholds of their own, which hold from their next report on', async () => {
  const api = await apiForThisTest()
  const { machine } = await report(api, { ...mounted({ '/': 92 }) })
  await api.ask('mutation ($ids: [ID!]!) { tagMachines(ids: $ids, add: ["scratch"]) { id } }', { ids: [machine.id] })
  expect((await set(api, 'FILE_SYSTEM_PERCENT', 97, 'Scratch')).data.setThreshold).toContainEqual({
    kind: 'FILE_SYSTEM_PERCENT',
    tag: 'scratch',
    value: 97,
    saidBy: expect.any(String),
  })
  await report(api, { collectedAt: minutes(15), ...mounted({ '/': 92 }) })
  expect(await causesOf(api)).toEqual([])
  // Nothing became good: nobody is told that it did.
  expect(await eventsOf(api, 'FILE_SYSTEM_ENOUGH')).toMatchObject([{ cause: 'USER' }])
  const removed = await api.ask(
    `mutation { removeThreshold(kind: FILE_SYSTEM_PERCENT, tag: "SCRATCH") { ${THRESHOLD} } }`,
  )
  expect(removed.data.removeThreshold).toHaveLength(6)
  await report(api, { collectedAt: minutes(30), ...mounted({ '/': 92 }) })
  expect(await causesOf(api)).toEqual(['/ of atlas fills up'])
  expect(await eventsOf(api, 'THRESHOLD_CHANGED')).toMatchObject([
    { from: null, to: '97', subject: 'scratch' },
    { from: '97', to: null },
  ])
})

test('What cannot be is refused with the field and the cure, and nothing is said', async () => {
  const api = await apiForThisTest()
  const errorOf = async (...of: Parameters<typeof set> extends [unknown, ...infer Rest] ? Rest : never) =>
    (await set(api, ...of)).errors?.[0]?.message
  expect(await errorOf('FILE_SYSTEM_PERCENT', 100)).toBe(
    'value: must be a whole number from 1 to 99. Leave it out for “never”.',
  )
  expect(await errorOf('SECURITY_DAYS', 1.5)).toContain('whole number')
  expect(await errorOf('SECURITY_DAYS', 3, ' ')).toContain('tag: is empty')
  expect(await errorOf('SECURITY_DAYS', 3, 'a;b')).toContain('must be without')
  const { data } = await api.ask(`{ thresholds { ${THRESHOLD} } }`)
  expect(data.thresholds.every((each: { saidBy: unknown }) => each.saidBy === null)).toBe(true)
  const reader = await api.token([Scope.READ])
  const read = await api.ask('mutation { setThreshold(kind: REBOOT_DAYS, value: 3) { kind } }', {}, reader)
  expect(read.errors?.[0]?.extensions.code).toBe('FORBIDDEN')
})

test('Who may wait longer is called off: nothing became good, and nobody is told that it did', async () => {
  const api = await apiForThisTest()
  const notice = () => noticeOverdue(api.orm.em, api.app.transact, () => api.clock.now)
  const waiting = section('reboot', {
    reasons: [{ code: 'ASKED', detail: 'libc6', since: minutes(0).toISOString() }],
    kernelChecked: true,
    runningKernel: '6.1.0',
    bootedAt: '2026-11-01T00:00:00Z',
  })
  const { machine } = await report(api, { sections: [waiting] })
  api.clock.now = minutes(14 * DAYS)
  await report(api, { collectedAt: minutes(14 * DAYS), sections: [waiting] })
  await notice()
  expect(await causesOf(api)).toEqual(['atlas should be restarted'])
  await api.ask('mutation ($ids: [ID!]!) { tagMachines(ids: $ids, add: ["router"]) { id } }', { ids: [machine.id] })
  await set(api, 'REBOOT_DAYS', null, 'router')
  await notice()
  expect(await causesOf(api)).toEqual([])
  expect(await typesOf(api, 'REBOOT_OVERDUE', 'REBOOT_TOLERATED', 'REBOOTED')).toEqual([
    'REBOOT_OVERDUE',
    'REBOOT_TOLERATED',
  ])
  // It was called off, not forgotten.
  await set(api, 'REBOOT_DAYS', 3, 'router')
  await notice()
  expect(await causesOf(api)).toEqual(['atlas should be restarted'])
})

const hardware = (threads: number | null) =>
  section('hardware', {
    cpuModel: null,
    sockets: 1,
    cores: threads,
    threads,
    memoryBytes: 8 * GIB,
    system: null,
    board: null,
    firmware: null,
    bootMode: null,
    networkCards: [],
    gpus: [],
  })
const busyFor = (from: number, to: number, load: number, availableBytes = 6 * GIB) =>
  section('metrics', {
    samples: Array.from({ length: to - from }, (_, index) => ({
      at: minutes(from + index).toISOString(),
      load1: load,
      load5: load,
      cpuPercent: 50,
      memoryBytes: 8 * GIB,
      availableBytes,
      swapBytes: 0,
      swapUsedBytes: 0,
    })),
  })

test('A machine that is overloaded, or short of memory, for an hour is told, and that it is over', async () => {
  const api = await apiForThisTest()
  const types = ['LOAD_HIGH', 'LOAD_NORMAL', 'MEMORY_HIGH', 'MEMORY_NORMAL', 'METRICS_LOST']
  const notice = async (at: number) => {
    api.clock.now = minutes(at)
    await noticeBusy(api.orm.em, api.app.transact, () => api.clock.now)
  }
  await report(api, { collectedAt: minutes(50), sections: [hardware(4), busyFor(0, 50, 13, GIB / 8)] })
  await notice(50)
  expect(await typesOf(api, ...types)).toEqual([])
  await report(api, { collectedAt: minutes(60), sections: [busyFor(50, 60, 13, GIB / 8)] })
  await notice(60)
  await notice(70)
  expect(await causesOf(api)).toEqual(['atlas is overloaded and short of memory'])
  const [load, memory] = await eventsOf(api, 'LOAD_HIGH', 'MEMORY_HIGH')
  expect(load.reasons[0].sentence).toBe(
    'Over the last hour 3.3 processes ran or waited for each of its processors (4), on average; the limit is 3.',
  )
  expect(memory.reasons[0].sentence).toBe(
    'Over the last hour 98.4 % of its memory was in use, on average; the limit is 95 %.',
  )
  await report(api, { collectedAt: minutes(100), sections: [busyFor(60, 100, 2, GIB / 8)] })
  await notice(100)
  expect(await causesOf(api)).toEqual(['atlas is short of memory'])
  // One that reports seldom is as it was; of one that fell silent nothing is known, and that is no recovery.
  await report(api, { collectedAt: minutes(100 + 5 * 60) })
  await notice(100 + 5 * 60)
  expect(await causesOf(api)).toEqual(['atlas is short of memory'])
  await notice(100 + 5 * 60 + 3 * DAYS)
  expect(await causesOf(api)).toEqual([])
  expect(await typesOf(api, ...types)).toEqual(['LOAD_HIGH', 'MEMORY_HIGH', 'LOAD_NORMAL', 'METRICS_LOST'])
})

test('A load that may be higher by now is called off; one that is still too high goes on without being told again', async () => {
  const api = await apiForThisTest()
  const notice = () => noticeBusy(api.orm.em, api.app.transact, () => api.clock.now)
  await report(api, { collectedAt: minutes(60), sections: [hardware(1), busyFor(0, 60, 5)] })
  await notice()
  await set(api, 'LOAD_PER_CPU', 4)
  await notice()
  expect(await causesOf(api)).toEqual(['atlas is overloaded'])
  await set(api, 'LOAD_PER_CPU', 10)
  await notice()
  expect(await causesOf(api)).toEqual([])
  expect(await eventsOf(api, 'LOAD_HIGH', 'LOAD_NORMAL')).toMatchObject([
    { type: 'LOAD_HIGH' },
    { type: 'LOAD_NORMAL', cause: 'USER' },
  ])
})

test('A moved threshold is judged by when an hour was told: less says nothing', async () => {
  const api = await apiForThisTest()
  const notice = () => noticeBusy(api.orm.em, api.app.transact, () => api.clock.now)
  await report(api, { collectedAt: minutes(60), sections: [hardware(1), busyFor(0, 60, 5)] })
  await notice()
  // Of the last three hours half an hour is known.
  api.clock.now = minutes(210)
  await set(api, 'LOAD_PER_CPU', 4)
  await notice()
  expect(await causesOf(api)).toEqual(['atlas is overloaded'])
  await set(api, 'LOAD_PER_CPU', null)
  await notice()
  expect(await causesOf(api)).toEqual([])
})

test('Of how many processors a load is nobody knows where they were not told', async () => {
  const api = await apiForThisTest()
  await report(api, { collectedAt: minutes(60), sections: [hardware(null), busyFor(0, 60, 500)] })
  api.clock.now = minutes(60)
  await noticeBusy(api.orm.em, api.app.transact, () => api.clock.now)
  expect(await typesOf(api, 'LOAD_HIGH')).toEqual([])
})

test('A hundred machines and more are all looked at', async () => {
  const api = await apiForThisTest()
  for (let n = 0; n < 101; n++)
    await report(api, {
      hostname: `node-${n}`,
      collectedAt: minutes(60),
      machineKey: `key-of-the-machine-${n}`,
      disks: [],
      sections: [hardware(1), ...(n % 100 === 0 ? [busyFor(0, 60, 9)] : [])],
    })
  api.clock.now = minutes(60)
  await noticeBusy(api.orm.em, api.app.transact, () => api.clock.now)
  expect(await typesOf(api, 'LOAD_HIGH')).toEqual(['LOAD_HIGH', 'LOAD_HIGH'])
})
