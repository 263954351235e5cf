import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { expect, test } from 'vitest'
import { isControllerType, isPhysicalDisk, readSubject } from '../src/report/index.ts'
import { subjectOf } from '../src/report/subject.ts'
import { writeShapes } from './write-shapes.ts'

test('docs/report.md lists the shapes of all sections (npm test -- -u agent/test/report.test.ts)', async () => {
  const file = resolve(import.meta.dirname, '../../docs/report.md')
  const [begin, end] = ['<!-- shapes -->\n', '\n<!-- /shapes -->']
  const text = readFileSync(file, 'utf8')
  const [before, after] = [text.split(begin)[0], text.split(end)[1]]
  await expect([before, begin, '\n', writeShapes(), '\n', end, after].join('')).toMatchFileSnapshot(file)
})

test.each([
  ['sda', null, 'sda'],
  ['sda', 'sat', 'sda'],
  ['sda', 'megaraid,0', 'sda:megaraid,0'],
  ['sda', 'sat+megaraid,11', 'sda:sat+megaraid,11'],
  ['sg0', '3ware,2', 'sg0:3ware,2'],
  ['bus/0', 'sssraid,1,2', 'bus/0:sssraid,1,2'],
])('%s asked as %s is %s', (kname, type, subject) => {
  expect(subjectOf(kname, type)).toBe(subject)
  expect(readSubject(subject)).toEqual({ kname, address: subject === kname ? null : type })
})

test.each([
  ['megaraid', true],
  ['sat+megaraid,0', true],
  ['cciss,1', true],
  ['sat', false],
  ['usbjmicron,0', false],
  ['nvme', false],
  ['notmegaraid', false],
])('%s reaches through a RAID controller: %s', (type, expected) => {
  expect(isControllerType(type)).toBe(expected)
})

test.each([
  ['sda', 'disk', 4_000_787_030_016, true],
  ['nvme0n1', 'disk', null, true],
  ['sdb', 'disk', 0, false],
  ['sda1', 'part', 1_000_000, false],
  ['mmcblk0', 'disk', 1_000_000, true],
  ['mmcblk0boot0', 'disk', 1_000_000, false],
  ['zram0', 'disk', 1_000_000, false],
  ['dm-0', 'lvm', 1_000_000, false],
])('%s, a %s of %s bytes, is a disk of its own: %s', (kname, type, sizeBytes, expected) => {
  expect(isPhysicalDisk({ kname, type, sizeBytes })).toBe(expected)
})
