import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parseScan } from '../src/disks/smartctl.ts'
import { osOf, parseOsRelease } from '../src/machines/os.ts'
import { parseDf } from '../src/storage/df.ts'
import { isPhysicalDisk, SECTIONS } from '../src/report/index.ts'
import { parseLsblk } from '../src/storage/lsblk.ts'
import { parseLvm } from '../src/storage/lvm.ts'
import { parseMdstat } from '../src/storage/mdraid.ts'
import { parseZpool } from '../src/storage/zpool.ts'

// Real outputs of machines, of mixed licences: read where they lie beside the project, skipped elsewhere.
const CORPUS = resolve(import.meta.dirname, '../../../shared/fixtures')
const read = (path: string): string => readFileSync(resolve(CORPUS, path), 'utf8')
const files = (folder: string): string[] => (existsSync(CORPUS) ? readdirSync(resolve(CORPUS, folder)) : [])

describe.skipIf(!existsSync(CORPUS))('The corpus of real outputs', () => {
  test.each(files('lsblk').filter((file) => !file.includes('expected')))('lsblk: %s is read', (file) => {
    expect(Array.isArray(parseLsblk(read(`lsblk/${file}`)))).toBe(true)
  })
  test('lsblk: only what is a disk is one', () => {
    const disks = (file: string) =>
      parseLsblk(read(`lsblk/${file}`))
        .filter(isPhysicalDisk)
        .map(({ kname }) => kname)
    expect(disks('loop-dm-live-agama.json')).toEqual(['sda', 'vda', 'vdb'])
    expect(disks('own-debian12-vm-virtio-b-O.json')).toEqual(['vda'])
    expect(disks('own-empty.json')).toEqual([])
  })
  test('lvm: pvs, vgs and lvs are read', () => {
    const facts = parseLvm(read('lvm/pvs-simple.json'), read('lvm/vgs-simple.json'), read('lvm/lvs-simple.json'))
    expect(facts.physicalVolumes).toMatchObject([{ device: '/dev/sda1', volumeGroup: 'system', missing: false }])
    expect(facts.logicalVolumes.map(({ name }) => name)).toEqual(['home', 'root', 'swap'])
    expect(parseLvm(read('lvm/own-pvs-empty.json'), '{"report":[]}', '{"report":[]}').physicalVolumes).toEqual([])
  })
  test.each(files('zpool').filter((file) => file.startsWith('status')))('zpool: %s names its devices', (file) => {
    const { pools } = parseZpool('', read(`zpool/${file}`), (path) => path)
    expect(pools.length).toBeGreaterThan(0)
    expect(pools.every(({ devices }) => devices.length > 0)).toBe(true)
  })
  test('zpool: an unavailable device is told', () => {
    expect(parseZpool('', read('zpool/status-degraded-unavail.txt'), () => null).pools[0]?.devices).toMatchObject([
      { path: 'c1t0d0', device: null, state: 'ONLINE' },
      { path: 'c1t1d0', device: null, state: 'UNAVAIL' },
    ])
  })
  test('mdstat, df and the scan of a controller are read', () => {
    expect(parseMdstat(read('mdstat/raid5-spare.txt')).arrays[0]?.devices.filter(({ spare }) => spare)).toHaveLength(1)
    expect(
      parseDf(read('df/ubuntu-18.04-snaps.txt')).fileSystems.find(({ mountpoint }) => mountpoint === '/')?.sizeBytes,
    ).toBe(20_508_240 * 1024)
    expect(parseScan(read('smartctl/scan-megaraid.json'), new Set(['sda'])).length).toBeGreaterThan(1)
    expect(parseScan(read('smartctl/own-scan-no-devices-key.json'), new Set())).toEqual([])
  })
  test('What the tools say is told in the shapes that the API reads, to the last field', () => {
    const lvm = parseLvm(read('lvm/pvs-simple.json'), read('lvm/vgs-simple.json'), read('lvm/lvs-simple.json'))
    expect(SECTIONS.lvm.shape.parse(lvm)).toEqual(lvm)
    for (const file of files('zpool').filter((name) => name.startsWith('status'))) {
      const zpool = parseZpool('', read(`zpool/${file}`), (path) => path)
      expect(SECTIONS.zpool.shape.parse(zpool)).toEqual(zpool)
    }
    for (const file of files('mdstat')) {
      const mdraid = parseMdstat(read(`mdstat/${file}`))
      expect(SECTIONS.mdraid.shape.parse(mdraid)).toEqual(mdraid)
    }
    for (const file of files('df')) {
      const df = parseDf(read(`df/${file}`))
      expect(SECTIONS.df.shape.parse(df)).toEqual(df)
    }
  })
  test.each(files('os-release'))('os-release: %s is a family', (file) => {
    expect(osOf(parseOsRelease(read(`os-release/${file}`)), null, null)).toEqual({
      os: file.split('-')[0],
      osVersion: expect.any(String),
    })
  })
})
