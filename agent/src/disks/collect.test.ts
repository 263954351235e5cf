import { describe, expect, test } from 'vitest'
import { CommandUnavailable, type Run } from '../platform/command.ts'
import type { BlockDevice } from '../storage/lsblk.ts'
import { collectDisks, type DeviceSetting } from './collect.ts'
import { whyUnread } from './smartctl.ts'

const disk = (kname: string, more: Partial<BlockDevice> = {}): BlockDevice => ({
  kname,
  type: 'disk',
  rotational: true,
  sizeBytes: 4e12,
  fstype: null,
  removable: false,
  ...more,
})
type Scanned = { name: string; type: string }
const smartctl =
  (scan: Scanned[] | string | Error): Run =>
  async (_command, args) => {
    if (!args.includes('--scan')) return { stdout: '{"smartctl":{"exit_status":0}}', stderr: '', status: 0 }
    if (scan instanceof Error) throw scan
    return { stdout: typeof scan === 'string' ? scan : JSON.stringify({ devices: scan }), stderr: '', status: 0 }
  }
const subjects = async (
  scan: Scanned[] | string | Error,
  devices: BlockDevice[],
  settings: DeviceSetting[] = [],
): Promise<string[]> =>
  (await collectDisks(smartctl(scan), devices, settings, true))
    .map(({ subject, unavailable }) => `${subject ?? 'all'}${unavailable ? ` ${unavailable.code}` : ''}`)
    .sort()
const bus = (number: number, place: number): Scanned => ({ name: `/dev/bus/${number}`, type: `megaraid,${place}` })

describe('Disks are asked', () => {
  test.each<[string, Scanned[], BlockDevice[], DeviceSetting[], string[]]>([
    ['that the kernel shows', [{ name: '/dev/sda', type: 'scsi' }], [disk('sda')], [], ['sda']],
    ['behind a controller', [bus(0, 1)], [disk('sda')], [], ['bus/0:megaraid,1', 'sda']],
    [
      'once, where a place is named by hand on another device of the one controller',
      [bus(0, 0), bus(0, 1)],
      [disk('sda')],
      [{ device: '/dev/sda', types: ['megaraid,0', 'megaraid,1'] }],
      ['sda', 'sda:megaraid,0', 'sda:megaraid,1'],
    ],
    [
      'of every controller, where one of two is named by hand',
      [bus(0, 0), bus(1, 0)],
      [disk('sda')],
      [{ device: '/dev/sda', types: ['megaraid,0'] }],
      ['bus/0:megaraid,0', 'bus/1:megaraid,0', 'sda', 'sda:megaraid,0'],
    ],
    [
      'each of a box on USB that holds several',
      [],
      [disk('sda')],
      [{ device: 'sda', types: ['jmb39x-q,0', 'jmb39x-q,1', 'jms56x,0'] }],
      ['sda', 'sda:jmb39x-q,0', 'sda:jmb39x-q,1', 'sda:jms56x,0'],
    ],
    [
      'but no empty slot of a card reader',
      [{ name: '/dev/sdb', type: 'scsi' }],
      [disk('sda'), disk('sdb', { sizeBytes: 0, removable: true })],
      [],
      ['sda'],
    ],
    [
      'also where a disk has lost all of its room',
      [{ name: '/dev/sdb', type: 'sat' }],
      [disk('sdb', { sizeBytes: 0 })],
      [],
      ['sdb'],
    ],
  ])('%s', async (_, scan, devices, settings, expected) => {
    expect(await subjects(scan, devices, settings)).toEqual(expected)
  })

  test.each([
    ['hangs', new CommandUnavailable('TIMEOUT', 'smartctl gave no answer within 15 s')],
    ['prints no JSON', 'smartctl 6.6'],
  ])('and that not all were looked for is said where the scan %s', async (_, scan) => {
    expect(await subjects(scan, [disk('sda')])).toEqual(['all SCAN_FAILED', 'sda'])
  })
})

test.each([
  ['that was read', 0, [], null],
  ['that is failing', 8 + 64, [], null],
  ['that sleeps', 2, ['Device is in STANDBY mode, exit(2)'], null],
  [
    'that may not be opened',
    2,
    ['Smartctl open device: /dev/sda failed: Permission denied'],
    'Smartctl open device: /dev/sda failed: Permission denied',
  ],
  ['of which smartctl says nothing', 2, [], 'it could not be opened'],
])('Why a disk was not read: one %s', (_, exitStatus, messages, why) => {
  const payload = { smartctl: { exit_status: exitStatus, messages: messages.map((string) => ({ string })) } }
  expect(whyUnread(JSON.stringify(payload))).toBe(why)
})
