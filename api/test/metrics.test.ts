import { expect, test } from 'vitest'
import { forgetMetrics } from '../src/metrics/metrics.service.ts'
import { minutes, report, section } from './builders.ts'
import { apiForThisTest, type TestApi } from './start-api.ts'

const GIB = 1024 ** 3
const sample = (at: Date, more: Record<string, unknown> = {}) => ({
  at: at.toISOString(),
  load1: 1,
  load5: 1,
  cpuPercent: 20,
  memoryBytes: 8 * GIB,
  availableBytes: 6 * GIB,
  swapBytes: 0,
  swapUsedBytes: 0,
  ...more,
})
const metrics = (...samples: unknown[]) => section('metrics', { samples })
const curve = async (api: TestApi, machine: string, range = 'HOUR') =>
  (
    await api.ask(
      `query ($machine: ID!, $range: MetricRange!) { metrics(machine: $machine, range: $range) {
        at load cpuPercent cpuMostPercent memoryUsedBytes memoryMostBytes memoryBytes swapUsedBytes } }`,
      { machine, range },
    )
  ).data.metrics

test('What was sampled each minute is told with the next report, and read minute by minute or in larger spans', async () => {
  const api = await apiForThisTest()
  const samples = Array.from({ length: 15 }, (_, minute) => sample(minutes(minute), { cpuPercent: minute }))
  const { machine } = await report(api, { collectedAt: minutes(15), sections: [metrics(...samples)] })
  const byMinute = await curve(api, machine.id)
  expect(byMinute).toHaveLength(15)
  expect(byMinute[3]).toEqual({
    at: minutes(3).toISOString(),
    load: 1,
    cpuPercent: 3,
    cpuMostPercent: 3,
    memoryUsedBytes: String(2 * GIB),
    memoryMostBytes: String(2 * GIB),
    memoryBytes: String(8 * GIB),
    swapUsedBytes: '0',
  })
  expect(await curve(api, machine.id, 'HALF_DAY')).toMatchObject([
    { at: minutes(0).toISOString(), cpuPercent: 4.5, cpuMostPercent: 9 },
    { at: minutes(10).toISOString(), cpuPercent: 12, cpuMostPercent: 14 },
  ])
  // The next report adds to what is known of the span that is not over.
  await report(api, { collectedAt: minutes(16), sections: [metrics(sample(minutes(16), { cpuPercent: 42 }))] })
  expect(await curve(api, machine.id, 'MONTH')).toMatchObject([{ cpuPercent: 9.2, cpuMostPercent: 42 }])
})

test('A report that comes twice is counted once; one that waited on disk is of its own time', async () => {
  const api = await apiForThisTest()
  const told = { id: 'one-report-of-metrics', collectedAt: minutes(0), sections: [metrics(sample(minutes(0)))] }
  const { machine } = await report(api, told)
  await report(api, told)
  await report(api, { collectedAt: minutes(60) })
  await report(api, { collectedAt: minutes(30), sections: [metrics(sample(minutes(30), { cpuPercent: 80 }))] })
  expect(await curve(api, machine.id, 'MONTH')).toMatchObject([{ cpuPercent: 50, cpuMostPercent: 80 }])
})

test('A clock that is wrong moves its samples to when they were taken; what lies ahead, or is too old, is left out', async () => {
  const api = await apiForThisTest()
  api.clock.now = minutes(0)
  const wrong = new Date('2015-01-01T00:00:00Z')
  const { data } = await api.ask(
    'mutation ($report: InventoryReportInput!) { reportInventory(report: $report) { machine { id } } }',
    {
      report: {
        id: 'report-of-a-dead-battery',
        machineKey: 'key-of-the-first-machine',
        hostname: 'atlas',
        collectedAt: wrong.toISOString(),
        sentAt: wrong.toISOString(),
        agentVersion: '0.2.0',
        sections: [
          metrics(
            sample(new Date(wrong.getTime() - 60_000)),
            sample(new Date(wrong.getTime() + 3_600_000)),
            sample(new Date(wrong.getTime() - 40 * 86_400_000)),
          ),
        ],
      },
    },
  )
  expect(await curve(api, data.reportInventory.machine.id)).toMatchObject([{ at: minutes(-1).toISOString() }])
})

test('What is not told is null, and no zero', async () => {
  const api = await apiForThisTest()
  const unknown = { load1: null, cpuPercent: null, memoryBytes: null, availableBytes: null, swapUsedBytes: null }
  const { machine } = await report(api, { sections: [metrics(sample(minutes(0), unknown))] })
  const [point] = await curve(api, machine.id)
  expect(Object.entries(point).filter(([, value]) => value !== null)).toEqual([['at', minutes(0).toISOString()]])
})

test('Each range forgets what it no longer shows', async () => {
  const api = await apiForThisTest()
  const { machine } = await report(api, { sections: [metrics(sample(minutes(0)))] })
  api.clock.now = minutes(26 * 60)
  await forgetMetrics(api.orm.em.fork(), () => api.clock.now)
  const left = async () =>
    (await api.orm.em.getConnection().execute('select distinct "range" from metric_bucket')) as { range: string }[]
  expect((await left()).map(({ range }) => range).sort()).toEqual(['MONTH', 'WEEK'])
  expect(await curve(api, machine.id, 'WEEK')).toHaveLength(1)
})

test.each([
  ['a percentage above 100', sample(minutes(0), { cpuPercent: 101 }), 'payload.samples.0.cpuPercent'],
  ['bytes below zero', sample(minutes(0), { memoryBytes: -1 }), 'payload.samples.0.memoryBytes'],
  ['no time', { ...sample(minutes(0)), at: 'now' }, 'payload.samples.0.at'],
])('%s is refused by name, and costs the rest of the report nothing', async (_what, bad, field) => {
  const api = await apiForThisTest()
  const { sections } = await report(api, { sections: [metrics(bad)] })
  expect(sections.at(-1)).toMatchObject({ outcome: 'REFUSED', refusals: [{ field }] })
})

test('What a machine is made of is told once, and then by its hash', async () => {
  const api = await apiForThisTest()
  const hardware = {
    cpuModel: 'AMD EPYC 7302P',
    sockets: 1,
    cores: 16,
    threads: 32,
    memoryBytes: 128 * GIB,
    system: 'Supermicro',
    board: null,
    firmware: null,
    bootMode: 'UEFI',
    networkCards: [{ name: 'eno1', address: '0c:c4:7a:00:00:01', driver: 'igb', speedMbit: 1000 }],
    gpus: [],
  }
  const { machine } = await report(api, { sections: [section('hardware', hardware)] })
  const { data } = await api.ask(
    `query ($id: ID!) { machineState(machine: $id) { hardwareAt hardware { cpuModel sockets cores threads memoryBytes system board
      firmware bootMode networkCards { name address driver speedMbit } gpus { name driver } } } }`,
    { id: machine.id },
  )
  expect(data.machineState).toEqual({
    hardwareAt: minutes(0).toISOString(),
    hardware: { ...hardware, memoryBytes: String(hardware.memoryBytes) },
  })
})
