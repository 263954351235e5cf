import { expect, test } from 'vitest'
import { givenOf, isEmpty, readRules, rulesOf, troublesOf, writeRules } from './keep-rules.ts'

const rules = (over: Partial<ReturnType<typeof readRules>> = {}) => ({ ...readRules(''), ...over })

test.each([
  ['', {}],
  ['7', { keepLast: '7' }],
  [',7,4,12', { keepDaily: '7', keepWeekly: '4', keepMonthly: '12' }],
  [',,,,3', { keepYearly: '3' }],
])('The address "%s" tries these rules, and they lead back to it', (text, over) => {
  expect(readRules(text)).toEqual(rules(over))
  expect(writeRules(rules(over))).toBe(text)
})

test('A comma in a field stays in that field', () => {
  expect(readRules(writeRules(rules({ keepDaily: '7,5', keepWeekly: '4' })))).toEqual(
    rules({ keepDaily: '7.5', keepWeekly: '4' }),
  )
})

test.each([
  [{}, {}],
  [{ keepDaily: '7' }, {}],
  [{ keepDaily: '0', keepLast: '1' }, {}],
  [{ keepDaily: '7 j' }, { keepDaily: 'number' }],
  [{ keepDaily: '-1' }, { keepDaily: 'number' }],
  [{ keepDaily: '1.5' }, { keepDaily: 'number' }],
  [{ keepDaily: '10000' }, {}],
  [{ keepDaily: '10001' }, { keepDaily: 'number' }],
  [{ keepDaily: '0', keepWeekly: '0' }, { keepLast: 'nothing' }],
])('The rules %j have the troubles %j', (over, troubles) => {
  expect(troublesOf(rules(over))).toEqual(troubles)
})

test('An empty field is no rule, and 0 is one', () => {
  expect(rulesOf(rules({ keepDaily: ' 7 ', keepWeekly: '0' }))).toEqual({
    keepLast: null,
    keepDaily: 7,
    keepWeekly: 0,
    keepMonthly: null,
    keepYearly: null,
  })
  expect(isEmpty(rules({ keepDaily: ' ' }))).toBe(true)
  expect(isEmpty(rules({ keepDaily: '0' }))).toBe(false)
  expect(givenOf({ keepLast: null, keepDaily: 7, keepWeekly: 0 })).toEqual([
    { name: 'keepDaily', n: 7 },
    { name: 'keepWeekly', n: 0 },
  ])
})
