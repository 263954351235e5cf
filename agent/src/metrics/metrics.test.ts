import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { MachineKind } from '../report/machine-kind.ts'
import { metricsSection } from '../report/metrics.ts'
import { cpuPercent, readCpuTimes, readSample } from './sample.ts'
import { collectMetrics } from './collect.ts'
import { Sampler } from './sampler.ts'

test.each([
  ['cpu  100 20 30 400 50 6 7 8 9 10\ncpu0 1 2 3 4\n', { busy: 171, total: 621 }],
  ['cpu 1 0 0 9\n', { busy: 1, total: 10 }],
  ['intr 5\n', null],
  ['', null],
])('the times of all processors are read from %j', (stat, expected) => {
  expect(readCpuTimes(stat)).toEqual(expected)
})

test.each([
  ['half of the time', { busy: 0, total: 0 }, { busy: 50, total: 100 }, 50],
  ['not at all', { busy: 5, total: 10 }, { busy: 5, total: 20 }, 0],
  ['unknown, for it is the first sample', null, { busy: 5, total: 20 }, null],
  ['unknown, for it was restarted', { busy: 50, total: 100 }, { busy: 5, total: 20 }, null],
  ['unknown, for no time went by', { busy: 5, total: 20 }, { busy: 5, total: 20 }, null],
])('processors work %s', (_what, before, after, expected) => {
  expect(cpuPercent(before, after)).toBe(expected)
})

const MEMINFO =
  'MemTotal:       1000 kB\nMemFree:         100 kB\nMemAvailable:    600 kB\nSwapTotal:       500 kB\nSwapFree:        200 kB\n'

test('memory is what a program could still have, and what is not told is null', () => {
  expect(readSample(MEMINFO, '0.50 1.25 2.00 1/234 5678\n')).toEqual({
    load1: 0.5,
    load5: 1.25,
    memoryBytes: 1_024_000,
    availableBytes: 614_400,
    swapBytes: 512_000,
    swapUsedBytes: 307_200,
  })
  expect(Object.values(readSample('', ''))).toEqual([null, null, null, null, null, null])
  expect(readSample('MemTotal:       1000 kB\nMemFree:         100 kB\n', '').availableBytes).toBeNull()
})

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vigie-metrics-'))
  mkdirSync(join(folder, 'proc'))
  writeFileSync(join(folder, 'proc/meminfo'), MEMINFO)
  writeFileSync(join(folder, 'proc/loadavg'), '0.50 1.25 2.00 1/234 5678\n')
})
afterEach(() => rmSync(folder, { recursive: true }))
const works = (busy: number, idle: number): void =>
  writeFileSync(join(folder, 'proc/stat'), `cpu  ${busy} 0 0 ${idle}\n`)
const sampler = () => new Sampler(join(folder, 'state'), join(folder, 'proc'))

const at = (minute: number): Date => new Date(Date.parse('2026-11-30T12:00:00Z') + minute * 60_000)

test('samples wait until a report takes them, each once', async () => {
  const own = sampler()
  works(0, 0)
  await own.sample(at(0))
  works(50, 50)
  await own.sample(at(1))
  works(150, 50)
  const { samples } = metricsSection.parse(await own.take(at(2)))
  expect(samples.map((each) => each.cpuPercent)).toEqual([null, 50, 100])
  expect((await own.take(at(3))).samples).toHaveLength(1)
})

test('a report within a minute of a sample takes that, and none of a few moments', async () => {
  const own = sampler()
  works(0, 0)
  await own.sample(at(0))
  expect((await own.take(at(0.5))).samples).toHaveLength(1)
})

test('an agent that is started for each report tells how busy it was since the one before', async () => {
  works(10, 90)
  expect((await sampler().take(at(0))).samples).toMatchObject([{ cpuPercent: null }])
  works(40, 160)
  expect((await sampler().take(at(15))).samples).toMatchObject([{ cpuPercent: 30 }])
  // Of a day the percentage says nothing.
  works(50, 200)
  expect((await sampler().take(at(24 * 60))).samples).toMatchObject([{ cpuPercent: null }])
  // Of another run of the machine even less.
  mkdirSync(join(folder, 'proc/sys/kernel/random'), { recursive: true })
  writeFileSync(join(folder, 'proc/sys/kernel/random/boot_id'), 'another\n')
  works(90, 300)
  expect((await sampler().take(at(24 * 60 + 15))).samples).toMatchObject([{ cpuPercent: null }])
})

test('what nobody takes for days is bounded, and the newest stays', async () => {
  const own = sampler()
  works(0, 0)
  for (let minute = 0; minute < 1500; minute += 1) await own.sample(at(minute))
  const { samples } = await own.take(at(1499.5))
  expect(samples).toHaveLength(1440)
  expect(samples[1439]?.at).toBe(at(1499).toISOString())
})

test.each([
  [MachineKind.PHYSICAL, [], 1, 0.5],
  [MachineKind.CONTAINER, ['/proc/meminfo', '/proc/stat'], null, null],
  [MachineKind.LXC, ['/proc/meminfo', '/proc/stat'], 1, null],
  [MachineKind.LXC, ['/proc/meminfo'], null, null],
])(
  'of a machine that is %s, with %j of its own, %s sample is told, with a load of %s',
  async (kind, own, count, load) => {
    works(0, 0)
    const mounts = own.map((mountpoint) => ({ mountpoint }))
    const facts = await collectMetrics(sampler(), kind, mounts)
    expect(facts?.samples.length ?? null).toBe(count)
    expect(facts?.samples[0]?.load1 ?? null).toBe(load)
  },
)
