import { expect, test } from 'vitest'
import { asSpelled, MOST_TAGS, readAskedTags, readTags, retagged } from './tag.ts'

test.each([
  [
    [' prod ', 'Lyon'],
    ['Lyon', 'prod'],
  ],
  [['Évry', 'evry', 'EVRY'], ['Évry']],
  [['site   de  Lyon'], ['site de Lyon']],
  [['', '  '], []],
  [['x'.repeat(40)], ['x'.repeat(40)]],
  [
    ['数据', '🖥 rack 3'],
    ['🖥 rack 3', '数据'],
  ],
])('The tags %j are read as %j', (written, read) => {
  expect(readTags('tags', written).toSorted()).toEqual(read.toSorted())
})

test.each([
  ['a comma', ['a,b'], /without , ; \|/],
  ['a semicolon', ['a;b'], /without , ; \|/],
  ['a line break', ['a\u0007b'], /control characters/],
  ['a Greek question mark, which is kept as a semicolon', ['a\u037Eb'], /without , ; \|/],
  ['a bar', ['a|b'], /without , ; \|/],
  ['half a character', ['x\ud800y'], /control characters/],
  ['what nobody can see', ['\u200b'], /can be seen/],
  ['41 characters', ['x'.repeat(41)], /at most 40 characters/],
  ['a million blanks', [' '.repeat(1_000_000)], /at most 40 characters/],
  ['more than twenty', Array.from({ length: MOST_TAGS + 1 }, (_, index) => `t${index}`), /are more than 20/],
])('%s is refused, and the field is named', (_name, written, message) => {
  expect(() => readTags('add', written)).toThrow(message)
  expect(() => readTags('add', written)).toThrow(/add/)
})

test('A change takes away and gives, whatever the case and the accents, and keeps the spelling that is there', () => {
  expect(retagged(['Évry', 'prod'], { add: ['EVRY', 'new'], remove: ['PROD'] })).toEqual(['Évry', 'new'])
  expect(retagged(['a'], { add: ['a'], remove: ['A'] })).toEqual(['a'])
  expect(retagged([], { add: [], remove: ['never there'] })).toEqual([])
})

test('No change leaves more than twenty on one thing', () => {
  const full = Array.from({ length: MOST_TAGS }, (_, index) => `t${index}`)
  expect(retagged(full, { add: ['T1'], remove: [] })).toHaveLength(MOST_TAGS)
  expect(retagged(full, { add: ['one more'], remove: ['t1'] })).toHaveLength(MOST_TAGS)
  expect(() => retagged(full, { add: ['one more'], remove: [] })).toThrow(/more than 20/)
})

test('A tag is written as it is already written elsewhere', () => {
  expect(asSpelled(['LYON', 'neu'], ['Lyon', 'prod'])).toEqual(['Lyon', 'neu'])
})

test('A list is asked for few and short tags, whatever their case', () => {
  expect(readAskedTags(['LYON', 'a,b'])).toEqual(['lyon', 'a,b'])
  expect(() => readAskedTags(Array.from({ length: 21 }, () => 'a'))).toThrow(/more than 20/)
  expect(() => readAskedTags(['x'.repeat(161)])).toThrow(/at most 40/)
})
