import { expect, test } from 'vitest'
import { readWritten, standingOf, tagTrouble } from './tag-change.ts'

test.each([
  ['', []],
  [' , ;', []],
  ['Lyon, prod', ['Lyon', 'prod']],
  ['site   de Lyon;b', ['site de Lyon', 'b']],
])('"%s" is read as the tags %j', (text, tags) => {
  expect(readWritten(text)).toEqual(tags)
})

test('Too long and too many tags are told before anything is sent', () => {
  expect(tagTrouble(['x'.repeat(40)])).toBeNull()
  expect(tagTrouble(['x'.repeat(41)])).toBe('long')
  expect(tagTrouble(Array.from({ length: 20 }, (_, index) => `t${index}`))).toBeNull()
  expect(tagTrouble(Array.from({ length: 21 }, (_, index) => `t${index}`))).toBe('many')
})

test('A tag stands on all, on some or on none of what is chosen', () => {
  const carriers = [{ tags: ['a', 'b'] }, { tags: ['a'] }]
  expect(['a', 'b', 'c'].map((tag) => standingOf(tag, carriers))).toEqual(['all', 'some', 'none'])
})
