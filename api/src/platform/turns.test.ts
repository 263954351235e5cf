import { expect, test } from 'vitest'
import { Turns } from './turns.ts'

test('So many have their turn at a time, so many of one, and the others come first come first served', async () => {
  const turns = new Turns(3, 2)
  const began: string[] = []
  const done = new Map<string, () => void>()
  const ask = (who: string, name: string): Promise<void> =>
    turns.take(who).then((end) => {
      began.push(name)
      done.set(name, end)
    })
  const asked = [ask('a', 'a1'), ask('a', 'a2'), ask('a', 'a3'), ask('b', 'b1'), ask('c', 'c1')]
  await Promise.all([asked[0], asked[1], asked[3]])
  // Two of a is enough; c waits for a turn of anybody's.
  expect(began).toEqual(['a1', 'a2', 'b1'])
  done.get('b1')?.()
  await asked[4]
  expect(began.at(-1)).toBe('c1')
  done.get('a1')?.()
  done.get('a1')?.()
  await asked[2]
  expect(began.at(-1)).toBe('a3')
})
