import { parse } from 'graphql'
import { expect, test } from 'vitest'
import { parsedQuestions } from './parsed-questions.ts'

test('Fifty questions are kept, those that were asked last, and none that is long', async () => {
  const store = parsedQuestions()
  const question = (n: number, length = 0) => parse(`{ a${n} ${'b '.repeat(length)} }`)
  for (let n = 0; n < 50; n += 1) await store.set(String(n), question(n))
  await store.get('0')
  await store.set('50', question(50))
  await store.set('long', question(51, 5000))
  const has = async (key: string) => (await store.get(key)) !== undefined
  expect([await has('0'), await has('1'), await has('50'), await has('long')]).toEqual([true, false, true, false])
})
