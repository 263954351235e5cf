import { createHash } from 'node:crypto'
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { LogWriter } from './log-writer.ts'

let folder: string
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'vigie-log-'))))
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const written = (work: (log: LogWriter) => void, most?: number) => {
  const path = join(folder, 'out.log')
  const log = new LogWriter(path, most)
  work(log)
  const { size, sha256 } = log.end()
  const bytes = readFileSync(path)
  expect(size).toBe(bytes.length)
  expect(sha256).toBe(createHash('sha256').update(bytes).digest('hex'))
  return bytes.toString('utf8')
}

test('Pieces become whole lines, each stream its own', () => {
  expect(
    written((log) => {
      log.write('stdout', Buffer.from('one\ntw'))
      log.write('stderr', Buffer.from('E: broken\n'))
      log.write('stdout', Buffer.from('o\nthree'))
    }),
  ).toBe('one\nE: broken\ntwo\nthree\n')
})

test('A letter that comes in two pieces is one letter', () => {
  const euro = Buffer.from('€\n')
  expect(written((log) => [euro.subarray(0, 1), euro.subarray(1)].forEach((part) => log.write('stdout', part)))).toBe(
    '€\n',
  )
})

test('A secret that comes in two pieces is found', () => {
  expect(
    written((log) => ['pass', 'word=hun', 'ter2\n'].forEach((part) => log.write('stdout', Buffer.from(part)))),
  ).toBe('password=[redacted]\n')
})

test('A bar that is drawn anew is a line each time, and what would move a cursor goes', () => {
  expect(written((log) => log.write('stdout', Buffer.from('10%\r20%\r\nbell\x07\x00 \x1b[1mbold\n')))).toBe(
    '10%\n20%\nbell \x1b[1mbold\n',
  )
})

test('A line without an end is broken, and nothing of it is lost', () => {
  const text = written((log) => log.write('stdout', Buffer.from('x'.repeat(40_000))))
  expect(text.replaceAll('\n', '')).toHaveLength(40_000)
})

test('No line is longer than a piece of a log, wherever it comes from, and no secret is cut in two', () => {
  const secret = `password=${'x'.repeat(40)}`
  const text = written((log) => {
    log.line('y'.repeat(100_000))
    log.write('stdout', Buffer.from('z'.repeat(12_000)))
    log.write('stdout', Buffer.from(`${'z'.repeat(60_000)}\n`))
    log.write('stdout', Buffer.from(`${'word '.repeat(2455)}${secret} ${'word '.repeat(3000)}\n`))
  })
  expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThan(60_000)
  expect(text).not.toContain('xxxx')
})

test('What a program says is heard line by line, in whatever pieces it comes', () => {
  const heard: string[] = []
  written((log) =>
    ['E', ': ', 'Unable to fetch\nW: old'].forEach((part) =>
      log.write('stderr', Buffer.from(part), (line) => heard.push(line)),
    ),
  )
  expect(heard).toEqual(['E: Unable to fetch'])
})

test.skipIf(process.getuid?.() !== 0)('A disk that is full costs the end of the log, and nothing else', () => {
  const disk = join(folder, 'disk')
  mkdirSync(disk)
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', disk])
  try {
    const path = join(disk, 'out.log')
    const log = new LogWriter(path)
    for (let count = 0; count < 20; count += 1) log.line(`${count} ${'x'.repeat(9000)}`)
    const { size, sha256 } = log.end()
    const bytes = readFileSync(path)
    expect([bytes.length, bytes.at(-1), bytes.toString().startsWith('0 x')]).toEqual([size, 0x0a, true])
    expect(sha256).toBe(createHash('sha256').update(bytes).digest('hex'))
  } finally {
    execFileSync('umount', [disk])
  }
})

test('Of what is too long the beginning and the end stay, and how much is left out', () => {
  const most = 200_000
  const text = written((log) => {
    for (let count = 0; count < 50_000; count += 1) log.line(`line ${count}`)
  }, most)
  expect(text.length).toBeLessThanOrEqual(most)
  expect(text).toMatch(/^line 0\n/)
  expect(text).toMatch(/line 49999\n$/)
  const [, left] = /\[(\d+) bytes are left out here/.exec(text) ?? []
  const whole = Array.from({ length: 50_000 }, (_, count) => `line ${count}\n`).join('').length
  const note = /\[\d+ bytes are left out here: the log is too long\]\n/.exec(text)?.[0].length ?? 0
  expect(text.length - note + Number(left)).toBe(whole)
})
