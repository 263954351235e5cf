import { expect, test } from 'vitest'
import {
  csvAddress,
  directionOf,
  groupsOf,
  hiddenOf,
  namesOf,
  readConditions,
  readSorting,
  readTags,
  sortedBy,
  viewOf,
  writeConditions,
  writeSorting,
  writeTags,
} from '../list/list-kind.ts'
import { DISKS, filterOf } from './disk-list.ts'

test.each([
  ['', []],
  ['moved', ['moved']],
  ['type.SSD moved health.FAILED', ['health.FAILED', 'moved', 'type.SSD']],
  ['health.FAILED health.FAILED', ['health.FAILED']],
  ['health.GOOD constructor  moved', ['moved']],
])('An address that says "%s" asks for %j', (text, conditions) => {
  expect(readConditions(DISKS, text)).toEqual(conditions)
})

test('What is asked for stands in the address and comes back from it', () => {
  for (const view of namesOf(DISKS.views)) {
    expect(readConditions(DISKS, writeConditions(DISKS, DISKS.views[view]))).toEqual(DISKS.views[view])
    expect(viewOf(DISKS, readConditions(DISKS, writeConditions(DISKS, DISKS.views[view])))).toBe(view)
  }
  expect(viewOf(DISKS, ['health.FAILED'])).toBeNull()
})

test('Conditions of one kind are alternatives, those of different kinds are all asked for', () => {
  const conditions = readConditions(DISKS, 'health.FAILED health.AT_RISK type.SSD moved')
  expect(groupsOf(conditions)).toEqual([['health.FAILED', 'health.AT_RISK'], ['moved'], ['type.SSD']])
  expect(filterOf(conditions, ['Lyon'], ' wd ')).toEqual({
    search: 'wd',
    health: ['FAILED', 'AT_RISK'],
    type: ['SSD'],
    moved: true,
    missing: null,
    archived: null,
    tag: ['Lyon'],
  })
  expect(Object.values(filterOf([], [], ' ')).filter((value) => value !== null)).toEqual([])
})

test.each([
  ['', { column: 'health', isReversed: false }],
  ['-health', { column: 'health', isReversed: true }],
  ['temperature', { column: 'temperature', isReversed: false }],
  ['-temperature', { column: 'temperature', isReversed: true }],
])('A list is sorted by "%s"', (text, sorting) => {
  expect(readSorting(DISKS, text)).toEqual(sorting)
  expect(writeSorting(DISKS, readSorting(DISKS, text))).toBe(text)
})

test.each(['holds', 'constructor', '-nonsense', '--age'])(
  'By "%s" nothing can be sorted: the worst stand first',
  (text) => {
    expect(readSorting(DISKS, text)).toEqual({ column: 'health', isReversed: false })
  },
)

test('A column that is chosen again goes the other way, another begins its own', () => {
  const byAge = sortedBy('age', readSorting(DISKS, ''))
  expect(byAge).toEqual({ column: 'age', isReversed: false })
  expect(sortedBy('age', byAge)).toEqual({ column: 'age', isReversed: true })
  expect(sortedBy('capacity', sortedBy('age', byAge))).toEqual({ column: 'capacity', isReversed: false })
})

test('The address of the CSV asks for what the list shows', () => {
  const filter = filterOf(['health.FAILED', 'health.AT_RISK', 'moved'], ['a b', 'é'], 'a&b')
  expect(csvAddress(DISKS, filter, { orderBy: 'POWER_ON_HOURS', isReversed: true, language: 'fr' })).toBe(
    '/export/disks.csv?search=a%26b&health=FAILED&health=AT_RISK&moved=true&tag=a+b&tag=%C3%A9&orderBy=POWER_ON_HOURS&reverse=true&language=fr',
  )
})

test.each([
  ['', 'health', 'descending'],
  ['-health', 'health', 'ascending'],
  ['machine', 'machine', 'ascending'],
  ['-machine', 'machine', 'descending'],
  ['temperature', 'temperature', 'descending'],
  ['temperature', 'health', null],
] as const)('Sorted by "%s", the column %s is told to be %s', (text, column, direction) => {
  expect(directionOf(DISKS, column, readSorting(DISKS, text))).toBe(direction)
})

test.each([
  [
    ['model', 'age'],
    ['model', 'age'],
  ],
  [['health', 'gone', 'constructor', 3], []],
  [{ includes: 1 }, []],
  [null, []],
])('Of %j that was kept, the columns %j are hidden', (kept, hidden) => {
  expect(hiddenOf(DISKS, kept)).toEqual(hidden)
})

test('Tags stand in the address divided by commas, each once', () => {
  expect(readTags('site de Lyon,prod,prod,')).toEqual(['site de Lyon', 'prod'])
  expect(readTags(writeTags(['a', 'b']))).toEqual(['a', 'b'])
  expect(readTags('')).toEqual([])
})
