import { expect, test } from 'vitest'
import {
  csvAddress,
  directionOf,
  filterOf,
  groupsOf,
  hiddenOf,
  readConditions,
  readSorting,
  sortedBy,
  viewOf,
  VIEWS,
  VIEW_NAMES,
  writeConditions,
  writeSorting,
} from './disk-list.ts'

test.each([
  ['', []],
  ['moved', ['moved']],
  ['type.SSD moved health.FAILED', ['health.FAILED', 'moved', 'type.SSD']],
  ['health.FAILED health.FAILED', ['health.FAILED']],
  ['health.GOOD constructor  moved', ['moved']],
])('An address that says "%s" asks for %j', (text, conditions) => {
  expect(readConditions(text)).toEqual(conditions)
})

test('What is asked for stands in the address and comes back from it', () => {
  for (const view of VIEW_NAMES) {
    expect(readConditions(writeConditions(VIEWS[view]))).toEqual(VIEWS[view])
    expect(viewOf(readConditions(writeConditions(VIEWS[view])))).toBe(view)
  }
  expect(viewOf(['health.FAILED'])).toBeNull()
})

test('Conditions of one kind are alternatives, those of different kinds are all asked for', () => {
  const conditions = readConditions('health.FAILED health.AT_RISK type.SSD moved')
  expect(groupsOf(conditions)).toEqual([['health.FAILED', 'health.AT_RISK'], ['moved'], ['type.SSD']])
  expect(filterOf(conditions, ' wd ')).toEqual({
    search: 'wd',
    health: ['FAILED', 'AT_RISK'],
    type: ['SSD'],
    moved: true,
    missing: null,
  })
  expect(filterOf([], ' ')).toEqual({ search: null, health: null, type: null, moved: null, missing: null })
})

test.each([
  ['', { column: 'health', isReversed: false }],
  ['-health', { column: 'health', isReversed: true }],
  ['temperature', { column: 'temperature', isReversed: false }],
  ['-temperature', { column: 'temperature', isReversed: true }],
])('A list is sorted by "%s"', (text, sorting) => {
  expect(readSorting(text)).toEqual(sorting)
  expect(writeSorting(readSorting(text))).toBe(text)
})

test.each(['holds', 'constructor', '-nonsense', '--age'])(
  'By "%s" nothing can be sorted: the worst stand first',
  (text) => {
    expect(readSorting(text)).toEqual({ column: 'health', isReversed: false })
  },
)

test('A column that is chosen again goes the other way, another begins its own', () => {
  const byAge = sortedBy('age', readSorting(''))
  expect(byAge).toEqual({ column: 'age', isReversed: false })
  expect(sortedBy('age', byAge)).toEqual({ column: 'age', isReversed: true })
  expect(sortedBy('capacity', sortedBy('age', byAge))).toEqual({ column: 'capacity', isReversed: false })
})

test('The address of the CSV asks for what the list shows', () => {
  expect(csvAddress(filterOf(['health.FAILED', 'health.AT_RISK', 'moved'], 'a&b'), readSorting('-age'), 'fr')).toBe(
    '/export/disks.csv?search=a%26b&health=FAILED&health=AT_RISK&moved=true&orderBy=POWER_ON_HOURS&reverse=true&language=fr',
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
  expect(directionOf(column, readSorting(text))).toBe(direction)
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
  expect(hiddenOf(kept)).toEqual(hidden)
})
