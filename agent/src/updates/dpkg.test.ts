import { mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Run } from '../platform/command.ts'
import { holderOfLock, readInstalled, wasInterrupted } from './dpkg.ts'

let folder: string
let lock: string
let proc: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vigie-dpkg-'))
  lock = join(folder, 'lock')
  proc = join(folder, 'proc')
  mkdirSync(join(proc, '123/fd'), { recursive: true })
  writeFileSync(lock, '')
  writeFileSync(join(proc, '123/comm'), 'unattended-upgr\n')
})
afterEach(() => rmSync(folder, { recursive: true }))

/** As the kernel numbers devices: eight bits of each, which is all that there are here. */
const device = (): string => {
  const { dev } = statSync(lock)
  return [(dev >> 8) & 0xfff, (dev & 0xff) | ((dev >> 12) & 0xfff00)]
    .map((part) => part.toString(16).padStart(2, '0'))
    .join(':')
}
const holds = (line: string): void => writeFileSync(join(proc, 'locks'), line)
const holder = (): Promise<string | null> => holderOfLock([lock], proc)

test('who holds a lock of dpkg is told by the device and inode of the file', async () => {
  holds(`1: POSIX  ADVISORY  WRITE 123 ${device()}:${statSync(lock).ino} 0 EOF\n`)
  expect(await holder()).toBe('unattended-upgr (123)')
})

test('where the file system tells another device, the open file of the process says which it is', async () => {
  holds(`1: POSIX  ADVISORY  WRITE 123 ff:fe:${statSync(lock).ino} 0 EOF\n`)
  expect(await holder()).toBeNull()
  symlinkSync(lock, join(proc, '123/fd/4'))
  expect(await holder()).toBe('unattended-upgr (123)')
})

test.each([
  ['of another file', () => `1: POSIX  ADVISORY  WRITE 123 ${device()}:1 0 EOF\n`],
  ['for reading', () => `1: POSIX  ADVISORY  READ 123 ${device()}:${statSync(lock).ino} 0 EOF\n`],
  ['that is waited for', () => `1: -> POSIX  ADVISORY  WRITE 123 ${device()}:${statSync(lock).ino} 0 EOF\n`],
  ['that nobody holds', () => ''],
])('a lock %s is none', async (_what, line) => {
  holds(line())
  expect(await holder()).toBeNull()
})

test('a journal that holds anything was interrupted; one that cannot be read says nothing', async () => {
  expect(await wasInterrupted(join(folder, 'gone'))).toBeNull()
  expect(await wasInterrupted(proc)).toBe(true)
  mkdirSync(join(folder, 'updates'))
  expect(await wasInterrupted(join(folder, 'updates'))).toBe(false)
})

test('what is installed is read by its states, and a failing dpkg-query is no empty system', async () => {
  const lines = [
    'bash\tamd64\t5.2\tbash\tinstall\tinstalled\tok',
    'held\tamd64\t1\theld\thold\tinstalled\tok',
    'gone\tamd64\t1\tgone\tdeinstall\tconfig-files\tok',
    'half\tamd64\t1\thalf\tinstall\thalf-configured\tok',
    'again\tall\t1\tagain\tinstall\tinstalled\treinstreq',
    'waits\tamd64\t1\twaits\tinstall\ttriggers-pending\tok',
  ]
  const run: Run = async () => ({ stdout: `${lines.join('\n')}\n`, stderr: '', status: 0 })
  expect((await readInstalled(run))?.map(({ name, isHeld, broken }) => [name, isHeld, broken])).toEqual([
    ['bash', false, null],
    ['held', true, null],
    ['half', false, 'half-configured'],
    ['again', false, 'reinst-required'],
    ['waits', false, null],
  ])
  expect(await readInstalled(async () => ({ stdout: '', stderr: 'error', status: 2 }))).toBeNull()
})
