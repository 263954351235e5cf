import { expect, test } from 'vitest'
import { readValue, type Rule, unitOf } from './thresholds.ts'

const PERCENT: Rule = { kind: 'FILE_SYSTEM_PERCENT', usual: 90, least: 1, most: 99, isWhole: true }
const LOAD: Rule = { kind: 'LOAD_PER_CPU', usual: 3, least: 0.1, most: 1000, isWhole: false }

test.each<[string, Rule, number | undefined]>([
  ['', PERCENT, undefined],
  ['  ', PERCENT, undefined],
  ['90', PERCENT, 90],
  [' 1 ', PERCENT, 1],
  ['0', PERCENT, undefined],
  ['99', PERCENT, 99],
  ['100', PERCENT, undefined],
  ['90 %', PERCENT, undefined],
  ['90.5', PERCENT, undefined],
  ['-3', PERCENT, undefined],
  ['1e1', PERCENT, undefined],
  ['1,5', LOAD, 1.5],
  ['0.1', LOAD, 0.1],
  ['0.09', LOAD, undefined],
  ['1000', LOAD, 1000],
  ['1000.1', LOAD, undefined],
])('"%s" is read as a threshold', (written, rule, value) => {
  expect(readValue(written, rule)).toBe(value)
})

test('Percent, days and plain numbers are told apart', () => {
  expect([unitOf('MEMORY_PERCENT'), unitOf('REBOOT_DAYS'), unitOf('LOAD_PER_CPU')]).toEqual(['percent', 'days', null])
})
