import type { InstalledPackageFacts } from '@vigie/agent/report'
import { expect, test } from 'vitest'
import { inOneLine, keptIn, type PackageDifference } from '../events/package-difference.ts'
import { differencesOf, installedOf, packageOf } from './package-changes.ts'

const AT = new Date('2026-11-30T12:00:00Z')
const told = (name: string, version = '1', more: Partial<InstalledPackageFacts> = {}): InstalledPackageFacts => ({
  name,
  architecture: 'amd64',
  version,
  source: null,
  held: false,
  installedAt: null,
  ...more,
})
const of = (...all: InstalledPackageFacts[]) => all.map(packageOf)
const i386 = { architecture: 'i386' }

test('A package is the same for all that tell the same of it, and another where anything is another', () => {
  const id = (each: InstalledPackageFacts): string => packageOf(each).id
  expect(id(told('libssl3', '1', { held: true, installedAt: AT.toISOString() }))).toBe(id(told('libssl3')))
  expect(id(told('openssl', '1', { source: 'openssl' }))).toBe(id(told('openssl')))
  const others = [told('a', '2'), told('b'), told('a', '1', i386), told('a', '1', { source: 'b' })]
  expect(new Set([told('a'), ...others].map(id)).size).toBe(5)
})

test.each<[string, InstalledPackageFacts[], InstalledPackageFacts[], [string, string | null, string | null][]]>([
  ['came', [], [told('curl', '8')], [['curl', null, '8']]],
  ['went', [told('nano', '7')], [], [['nano', '7', null]]],
  ['is another version', [told('ssl', '3.0')], [told('ssl', '3.1')], [['ssl', '3.0', '3.1']]],
  [
    'is another version for two architectures',
    [told('c', '1'), told('c', '1', i386)],
    [told('c', '2'), told('c', '2', i386)],
    [['c', '1', '2']],
  ],
  ['came for another architecture', [], [told('c', '2', i386)], [['c', null, '2']]],
  ['is there in two versions, one of them new', [], [told('kernel', '2')], [['kernel', null, '2']]],
  ['is built for all from now on', [told('c', '1')], [told('c', '2', { architecture: 'all' })], [['c', '1', '2']]],
  ['is the same from another source', [told('c', '1', { source: 'a' })], [told('c', '1', { source: 'b' })], []],
  [
    'is another of several',
    [told('b', '1'), told('a', '1')],
    [told('b', '2')],
    [
      ['a', '1', null],
      ['b', '1', '2'],
    ],
  ],
])('What %s is told by its versions, by name', (_, gone, come, expected) => {
  expect(differencesOf(of(...gone), of(...come)).map(({ name, from, to }) => [name, from, to])).toEqual(expected)
})

test('Since when a package is known stays while it is the same; a day that has not come is none', () => {
  const [known] = installedOf('M', [told('bash', '5.2')], [], AT)
  const later = new Date(AT.getTime() + 3_600_000)
  const rows = installedOf(
    'M',
    [
      told('bash', '5.2', { held: true }),
      told('bash', '5.2', { held: true }),
      told('curl', '8', { installedAt: '2027-01-01T00:00:00Z' }),
    ],
    known ? [known] : [],
    later,
  )
  expect(rows).toMatchObject([
    { since: AT, held: true },
    { since: later, installedAt: null },
  ])
})

test('One line names the first eight of what changed, and how many more there are', () => {
  const all = Array.from({ length: 11 }, (_, at): PackageDifference => ({ name: `p${at}`, from: null, to: '1' }))
  expect(inOneLine(all.slice(0, 8), 8)).toMatch(/^\+ p0 1, .*\+ p7 1$/)
  expect(inOneLine(all, 600)).toMatch(/\+ p7 1 … \(\+592\)$/)
  expect(inOneLine([{ name: 'a', from: '1', to: null }], 1)).toBe('− a 1')
})

test('However much changed, it is told apart in a moment, and an event keeps some of it', () => {
  const many = (version: string) =>
    Array.from({ length: 50_000 }, (_, at) => packageOf(told('same', `${version}.${at}`, { source: 's'.repeat(255) })))
  const differences = differencesOf(many('1'), many('2'))
  expect(differences).toHaveLength(50_000)
  expect(JSON.stringify(keptIn(differences)).length).toBeLessThan(33 * 1024)
  expect(keptIn(differences.slice(0, 3))).toHaveLength(3)
})
