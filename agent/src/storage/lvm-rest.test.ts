import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { askWhenAwake } from './lvm-rest.ts'
import { withKernelStatus } from './dm-status.ts'

const HOUR = 3_600_000
const facts = { physicalVolumes: [], volumeGroups: [], logicalVolumes: [] }
const member = (kname: string, rotational = true) => ({
  kname,
  type: 'part',
  rotational,
  sizeBytes: 1000,
  fstype: 'LVM2_member',
  removable: false,
})

let folder: string
let asked: number
let clock: number
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vigie-lvm-'))
  ;[asked, clock] = [0, 0]
  for (const kname of ['sda1', 'sdb1']) does(kname, 10)
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** So many reads has the device completed. */
function does(kname: string, reads: number): void {
  mkdirSync(join(folder, 'sys', kname), { recursive: true })
  writeFileSync(join(folder, 'sys', kname, 'stat'), `  ${reads} 0 0 0 5 0 0 0\n`)
}
const ask = (devices = [member('sda1'), member('sdb1')], stateDir = join(folder, 'state')) =>
  askWhenAwake(async () => ((asked += 1), facts), devices, stateDir, { now: () => clock, sysfs: join(folder, 'sys') })

test('LVM is asked once while a disk below it rests, and anew when all of them have worked', async () => {
  expect(await ask()).toEqual(facts)
  expect(await ask()).toEqual(facts)
  does('sda1', 11)
  await ask()
  expect(asked, 'sdb rests').toBe(1)
  does('sdb1', 11)
  await ask()
  expect(asked).toBe(2)
})

test('It is asked anew when a device came or went, and after a day', async () => {
  await ask()
  await ask([member('sda1')])
  expect(asked).toBe(2)
  clock = 23 * HOUR
  await ask([member('sda1')])
  expect(asked).toBe(2)
  clock = 24 * HOUR
  await ask([member('sda1')])
  expect(asked).toBe(3)
})

test('Solid state needs no rest, and what cannot be kept or read is asked anew', async () => {
  for (let round = 0; round < 2; round += 1) await ask([member('sda1', false)])
  expect(asked).toBe(2)
  for (let round = 0; round < 2; round += 1) await ask(undefined, join(folder, 'sys/sda1/stat'))
  expect(asked).toBe(4)
  mkdirSync(join(folder, 'state'), { recursive: true })
  writeFileSync(join(folder, 'state/lvm.json'), '{"activity":null}')
  await ask()
  expect(asked).toBe(5)
  for (let round = 0; round < 2; round += 1) await ask([member('gone')])
  expect(asked, 'counters that cannot be read prove no rest').toBe(7)
})

test('A thin pool is told as full as the kernel says, though LVM itself is not asked', async () => {
  const volume = (name: string, type: string, dataPercent: number | null) => ({
    name,
    volumeGroup: 'vg-data',
    path: null,
    sizeBytes: 1000,
    devices: [],
    tags: [],
    health: null,
    type,
    dataPercent,
    metadataPercent: null,
  })
  const told = { ...facts, logicalVolumes: [volume('pool', 'thin-pool', 50), volume('root', 'linear', null)] }
  const lines = [
    'vg--data-pool-tpool: 0 204800 thin-pool 1 12/1024 1599/1600 - rw no_discard_passdown queue_if_no_space - 1024',
    'vg--data-root: 0 8192 linear',
    'vg--x-pool-tpool: 0 204800 thin-pool 1 Fail',
  ]
  const run = async () => ({ stdout: lines.join('\n'), stderr: '', status: 0 })
  expect((await withKernelStatus(told, run)).logicalVolumes).toMatchObject([
    { name: 'pool', dataPercent: 99.94, metadataPercent: 1.17 },
    { name: 'root', dataPercent: null },
  ])
  const missing = async () => Promise.reject(new Error('not installed'))
  expect(await withKernelStatus(told, missing)).toEqual(told)
})

test('A raid with a dead leg is told by the kernel, though LVM itself is not asked', async () => {
  const volume = (name: string, health: string | null = null) => ({
    name,
    volumeGroup: 'vg-data',
    path: null,
    sizeBytes: 1000,
    devices: [],
    tags: [],
    health,
    type: 'raid1',
    dataPercent: null,
    metadataPercent: null,
  })
  const told = { ...facts, logicalVolumes: [volume('dead'), volume('well'), volume('part', 'partial')] }
  const lines = [
    'vg--data-dead: 0 204800 raid raid1 2 AD 204800/204800 idle 0 0 -',
    'vg--data-well: 0 204800 raid raid1 2 Aa 1024/204800 recover 0 0 -',
    'vg--data-part: 0 204800 raid raid1 2 AD 204800/204800 idle 0 0 -',
    'vg--data-odd: 0 204800 raid',
  ]
  const asked: string[] = []
  const run = async (_command: string, args: readonly string[]) => {
    asked.push(args.join(' '))
    return { stdout: lines.join('\n'), stderr: '', status: 0 }
  }
  const healths = (await withKernelStatus(told, run)).logicalVolumes.map(({ health }) => health)
  expect(healths).toEqual(['refresh needed', null, 'partial'])
  expect(asked).toEqual(['status --target raid'])
})
