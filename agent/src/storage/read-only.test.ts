import { execFileSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { type Mount, parseMountinfo, readMounts } from '../host/mounts.ts'
import { wentReadOnly } from './read-only.ts'

const ROOT = '21 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw,errors=remount-ro'
/** As a service with ProtectSystem=strict sees it. */
const SHOWN = '21 1 8:1 / / ro,relatime master:1 - ext4 /dev/sda1 rw,errors=remount-ro'
const of = (root: string, line: string): Mount =>
  parseMountinfo(`${root}\n30 21 8:2 / /data ${line}\n`).find(({ mountpoint }) => mountpoint === '/data') as Mount

test.each<[string, string, string, boolean, boolean | null]>([
  ['mounted to be written to', ROOT, 'rw - ext4 /dev/sdb rw', false, false],
  ['mounted read-only', ROOT, 'ro - ext4 /dev/sdb ro', true, false],
  ['one place of it read-only', ROOT, 'ro - ext4 /dev/sdb rw', true, false],
  ['made read-only by its kernel', ROOT, 'rw - ext4 /dev/sdb ro,errors=remount-ro', true, true],
  ['made read-only by a kernel of today', ROOT, 'rw - ext4 /dev/sdb rw,errors=remount-ro,emergency_ro', true, true],
  ['shut down by its kernel', ROOT, 'rw - ext4 /dev/sdb rw,shutdown', true, true],
  ['made read-only by its kernel: btrfs', ROOT, 'rw - btrfs /dev/sdb ro,space_cache=v2', true, true],
  ['made read-only by its kernel: FAT', ROOT, 'rw - vfat /dev/sdb ro,errors=remount-ro', true, true],
  ['read-only by its nature', ROOT, 'rw - squashfs /dev/loop1 ro,errors=continue', true, false],
  ['shown read-only to a service', SHOWN, 'ro - ext4 /dev/sdb rw', false, false],
  ['shown so, and nobody can write', SHOWN, 'ro - ext4 /dev/sdb ro', true, null],
  ['shown so, after errors as a kernel of today tells them', SHOWN, 'ro - ext4 /dev/sdb rw,emergency_ro', true, true],
])('A file system that is %s is told as that', (_, root, line, readOnly, went) => {
  const mount = of(root, line)
  expect([mount.readOnly, mount.wentReadOnly]).toEqual([readOnly, went])
})

test.each<[string, string, string, boolean | null]>([
  ['has met errors', 'ext4', '3\n', true],
  ['has met none', 'ext4', '0\n', false],
  ['does not tell', 'ext4', '', null],
  ['is none of ext', 'btrfs', '3\n', null],
])(
  'Where a service cannot see how it is mounted, a file system that %s says whether errors did it',
  async (_, fstype, count, expected) => {
    const sys = mkdtempSync(join(tmpdir(), 'vigie-sys-'))
    onTestFinished(() => rmSync(sys, { recursive: true }))
    for (const folder of ['dev/block', 'devices/sdb', 'fs/ext4/sdb']) mkdirSync(join(sys, folder), { recursive: true })
    symlinkSync('../../devices/sdb', join(sys, 'dev/block/8:2'))
    if (count) writeFileSync(join(sys, 'fs/ext4/sdb/errors_count'), count)
    expect(await wentReadOnly(of(SHOWN, `ro - ${fstype} /dev/sdb ro`), sys)).toBe(expected)
  },
)

/** A file system of its own in a file, mounted; null = this machine does not let us. */
function mounted(): { point: string; mount: () => Mount; sysfs: string } | null {
  const folder = mkdtempSync(join(tmpdir(), 'vigie-ext4-'))
  const [image, point] = [join(folder, 'image'), join(folder, 'data')]
  mkdirSync(point)
  writeFileSync(image, '')
  truncateSync(image, 16 * 1024 * 1024)
  const isThere = (): Mount | undefined => readMounts().find(({ mountpoint }) => mountpoint === point)
  onTestFinished(() => {
    if (isThere()) execFileSync('umount', ['--lazy', point])
    rmSync(folder, { recursive: true })
  })
  try {
    execFileSync('mkfs.ext4', ['-q', image], { stdio: 'ignore' })
    execFileSync('mount', ['-o', 'loop,errors=remount-ro', image, point], { stdio: 'ignore' })
  } catch {
    return null
  }
  const device = (isThere() as Mount).source.replace('/dev/', '')
  return { point, mount: () => isThere() as Mount, sysfs: `/sys/fs/ext4/${device}/trigger_fs_error` }
}

describe.skipIf(process.getuid?.() !== 0)('A real file system', () => {
  test('is told to have become read-only when its kernel meets an error', async (context) => {
    const own = mounted()
    if (!own || !existsSync(own.sysfs)) return context.skip()
    expect([own.mount().readOnly, await wentReadOnly(own.mount())]).toEqual([false, false])
    writeFileSync(own.sysfs, '1')
    expect(() => writeFileSync(join(own.point, 'file'), 'x')).toThrow(/EROFS/)
    expect([own.mount().readOnly, await wentReadOnly(own.mount())]).toEqual([true, true])
    expect(readFileSync('/proc/self/mountinfo', 'utf8')).toContain(own.point)
  })
})
