import { describe, expect, test } from 'vitest'
import { FileWork, nextOf, type Work } from './file-work.ts'

const item = (owner: string, size: number, askedAt = 0, begunAt: number | null = null) => ({
  owner,
  size,
  askedAt,
  begunAt,
})
const NOW = 1_000_000
const justBegun = (owner: string) => item(owner, 1, 0, NOW - 19_999)
const long = (owner: string) => item(owner, 1, 0, NOW - 20_000)

describe('The next file to be read', () => {
  test.each([
    ['is none where none waits', [justBegun('a')], null],
    ['is the smallest', [item('a', 3, NOW), item('b', 2, NOW), item('c', 4, NOW)], 'b'],
    ['is, of equals, the one that waits longest', [item('a', 2, NOW), item('b', 2, NOW - 1)], 'b'],
    ['is the largest where it has waited for ten minutes', [item('a', 9, NOW - 600_000), item('b', 1, NOW)], 'a'],
    ['is not the largest a moment before', [item('a', 9, NOW - 599_999), item('b', 1, NOW)], 'b'],
    ['is that of another job while one is read', [justBegun('a'), item('a', 1, NOW), item('b', 2, NOW)], 'b'],
    ['is none while two are read', [justBegun('a'), justBegun('b'), item('c', 1, NOW)], null],
    ['takes the place of one that is long', [long('a'), justBegun('b'), item('c', 1, NOW)], 'c'],
    [
      'waits where four are long and two are read',
      ['a', 'b', 'c', 'd'].map(long).concat(justBegun('e'), justBegun('f'), item('g', 1, NOW)),
      null,
    ],
    ['waits where six are long', ['a', 'b', 'c', 'd', 'e', 'f'].map(long).concat(item('g', 1, NOW)), null],
    ['is taken where five are long', ['a', 'b', 'c', 'd', 'e'].map(long).concat(item('g', 1, NOW)), 'g'],
  ])('%s', (_, open, owner) => {
    expect(nextOf(open, NOW)?.owner ?? null).toBe(owner)
  })
})

describe('Work on files', () => {
  const gated = (key: string, owner = key) => {
    const gate = Promise.withResolvers<string>()
    let begun = 0
    const work: Work<string> = {
      key,
      kind: 'READING',
      owner,
      path: key,
      size: 1,
      isKept: () => false,
      run: () => {
        begun += 1
        return gate.promise
      },
    }
    return { work, gate, begun: () => begun }
  }
  const fileWork = () => new FileWork(new URL('../deposit/worker.ts', import.meta.url))

  test('is not waited for longer than wanted, and is begun once', async () => {
    const files = fileWork()
    const { work, gate, begun } = gated('a')
    expect(await files.take(work, performance.now() + 5)).toBeNull()
    expect(files.list()).toMatchObject([{ path: 'a', kind: 'READING' }])
    gate.resolve('found')
    expect(await files.take(work, Infinity)).toEqual({ value: 'found', isNew: true })
    expect([begun(), files.list()]).toEqual([1, []])
  })

  test('rings when it is ready and nobody waits for it', async () => {
    const files = fileWork()
    const rang = Promise.withResolvers<null>()
    files.onReady = () => rang.resolve(null)
    const { work: plain, gate } = gated('a')
    const work = { ...plain, isKept: () => true }
    await files.take(work, 0)
    gate.resolve('found')
    await rang.promise
    expect(await files.take(work, 0)).toEqual({ value: 'found', isNew: true })
  })

  test('that failed tells so to all who ask, and is not begun anew at once', async () => {
    const files = fileWork()
    let begun = 0
    const failing = {
      ...gated('a').work,
      run: () => {
        begun += 1
        return Promise.reject(new Error('no memory'))
      },
    }
    for (let scan = 0; scan < 3; scan += 1) {
      await expect(files.take(failing, Infinity)).rejects.toThrow('no memory')
      files.sweep()
    }
    expect(begun).toBe(1)
  })

  test('that is not kept answers all who ask in one scan, and is begun anew in the next', async () => {
    const files = fileWork()
    const { work, gate, begun } = gated('a')
    gate.resolve('it changes')
    expect(await files.take(work, Infinity)).toMatchObject({ isNew: true })
    expect(await files.take(work, Infinity)).toMatchObject({ isNew: false })
    files.sweep()
    await files.take(work, Infinity)
    expect(begun()).toBe(2)
  })

  test('that tells nothing lasting does not ring', async () => {
    const files = fileWork()
    let rang = 0
    files.onReady = () => (rang += 1)
    const { work, gate } = gated('a')
    await files.take(work, 0)
    gate.resolve('it changes')
    await files.take(work, Infinity)
    await files.take({ ...gated('b').work, run: async () => 'x' }, 0)
    await files.take({ ...gated('c').work, run: async () => 'x' }, Infinity)
    expect(rang).toBe(0)
  })

  test('of one asker is begun anew for the next, whatever came of it', async () => {
    const files = fileWork()
    const { work, gate, begun } = gated('a')
    const { isKept: _isKept, ...own } = work
    gate.resolve('found')
    for (let asked = 0; asked < 2; asked += 1)
      expect(await files.take(own, Infinity)).toEqual({ value: 'found', isNew: true })
    expect(begun()).toBe(2)
  })

  test('is refused once Vigie stops', async () => {
    const files = fileWork()
    await files.stop()
    await expect(files.take(gated('a').work, Infinity)).rejects.toThrow('Vigie stops')
  })

  test('that is kept answers whoever asks as well, until nobody has asked between two scans', async () => {
    const files = fileWork()
    const { work, gate, begun } = gated('a')
    const kept = { ...work, isKept: () => true }
    gate.resolve('found')
    expect(await files.take(kept, Infinity)).toMatchObject({ isNew: true })
    files.sweep()
    expect(await files.take(kept, 0)).toMatchObject({ isNew: false })
    files.sweep()
    files.sweep()
    await files.take(kept, Infinity)
    expect(begun()).toBe(2)
  })

  test('that nobody wants any more is not begun', async () => {
    const files = fileWork()
    const [one, two, three] = [gated('a'), gated('b'), gated('c')]
    for (const { work } of [one, two, three]) files.begin(work)
    files.sweep()
    files.sweep()
    one.gate.resolve('found')
    two.gate.resolve('found')
    await Promise.all([files.take(one.work, Infinity), files.take(two.work, Infinity)])
    expect(three.begun()).toBe(0)
  })

  test('that has not begun is not waited for when Vigie stops', async () => {
    const files = fileWork()
    const [one, two, three] = [gated('a'), gated('b'), gated('c')]
    for (const { work } of [one, two]) files.begin(work)
    const refused = expect(files.take(three.work, Infinity)).rejects.toThrow('Vigie stops')
    one.gate.resolve('found')
    two.gate.resolve('found')
    await files.stop()
    await refused
  })
})
