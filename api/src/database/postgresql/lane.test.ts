import { expect, test } from 'vitest'
import { Lane } from './lane.ts'

test('Transactions go side by side; one that goes alone waits for them, and those behind it wait for it', async () => {
  const lane = new Lane()
  const begun: string[] = []
  const begin = (name: string, alone: boolean) =>
    lane.enter(alone).then((end) => {
      begun.push(name)
      return end
    })
  const [first, second] = await Promise.all([begin('first', false), begin('second', false)])
  const alone = begin('alone', true)
  const behind = [begin('behind', false), begin('also behind', false)]
  const last = begin('last', true)
  await Promise.resolve()
  expect(begun).toEqual(['first', 'second'])
  first()
  second()
  const end = await alone
  expect(begun).toEqual(['first', 'second', 'alone'])
  end()
  const ends = await Promise.all(behind)
  expect(begun.slice(3)).toEqual(['behind', 'also behind'])
  for (const each of ends) each()
  ;(await last)()
  expect(begun.at(-1)).toBe('last')
})
