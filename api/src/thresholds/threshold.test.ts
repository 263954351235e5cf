import { expect, test } from 'vitest'
import { readThreshold, THRESHOLD_RULES, type ThresholdFacts, ThresholdKind, Thresholds } from './threshold.ts'

const { FILE_SYSTEM_DAYS, FILE_SYSTEM_PERCENT, LOAD_PER_CPU, SECURITY_DAYS } = ThresholdKind
const said = (tag: string | null, value: number | null, kind = SECURITY_DAYS): ThresholdFacts => ({ kind, tag, value })

test.each<[string, ThresholdFacts[], string[], number | null]>([
  ['has the default where nobody said anything', [], ['lab'], 7],
  ['has what was said for every machine', [said(null, 3)], ['lab'], 3],
  ['is never told where that was said for every machine', [said(null, null)], [], null],
  ['has what was said for its tag, whatever its case and accents', [said(null, 3), said('Élan', 30)], ['elan'], 30],
  ['is never told where its only tag with a word says so', [said(null, 3), said('lab', null)], ['lab', 'lyon'], null],
  ['has the strictest word of its tags', [said('lab', 30), said('lyon', 5), said('x', null)], ['x', 'lab', 'lyon'], 5],
  ['has nothing of the tags of others', [said('lab', 30)], ['lyon'], 7],
  ['has nothing that was said of something else', [said(null, 50, FILE_SYSTEM_PERCENT)], [], 7],
])('A machine %s', (_, words, tags, value) => {
  expect(new Thresholds(words).of(SECURITY_DAYS, tags)).toBe(value)
})

test('Of days until a file system is full the most are the strictest', () => {
  const words = [said('a', 3, FILE_SYSTEM_DAYS), said('b', 30, FILE_SYSTEM_DAYS)]
  expect(new Thresholds(words).of(FILE_SYSTEM_DAYS, ['a', 'b'])).toBe(30)
})

test.each<[ThresholdFacts[], number | null]>([
  [[], 7],
  [[said(null, 30)], 30],
  [[said(null, 30), said('lab', 2)], 2],
  [[said('lab', 30)], 7],
  [[said(null, null), said('lab', null)], null],
  [[said(null, null), said('lab', 9)], 9],
])('The least that any machine may have, where %j was said, is %j', (words, least) => {
  expect(new Thresholds(words).least(SECURITY_DAYS)).toBe(least)
})

test.each(Object.values(ThresholdKind))('%s is taken between its bounds, both included, and its default is', (kind) => {
  const { least, most, isWhole, usual } = THRESHOLD_RULES[kind]
  for (const value of [least, most, usual, null]) expect(readThreshold(kind, value)).toBe(value)
  for (const value of [least - 0.001, most + 0.001, 0, -1, NaN, Infinity])
    expect(() => readThreshold(kind, value)).toThrow('value: must be')
  if (isWhole) expect(() => readThreshold(kind, least + 0.5)).toThrow('whole number')
})

test('A load may be a fraction', () => {
  expect(readThreshold(LOAD_PER_CPU, 1.5)).toBe(1.5)
})
