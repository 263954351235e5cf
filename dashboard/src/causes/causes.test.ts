import { expect, test } from 'vitest'
import type { CauseKind, PlaceVerdict } from '../gql/graphql.ts'
import { folded } from './causes.ts'

const now = new Date('2026-11-29T12:00:00Z')
const cause = (id: string, kind: CauseKind, since: string, ...verdicts: PlaceVerdict[]) => ({
  id,
  kind,
  since,
  endangers: verdicts.map((verdict) => ({ place: { verdict } })) as never,
})
const OLD = '2026-11-01T00:00:00Z'
const many = (count: number, ...rest: Parameters<typeof cause> extends [string, ...infer R] ? R : never) =>
  Array.from({ length: count }, (_, index) => cause(`${rest[0]}-${index}`, ...rest))
const told = (causes: Parameters<typeof folded>[0]) => {
  const { whole, groups } = folded(causes, now)
  return { whole: whole.map(({ id }) => id), groups: groups.map(({ kind, causes: own }) => [kind, own.length]) }
}

test('Few causes are all told whole', () => {
  expect(told(many(6, 'ROOM', OLD))).toMatchObject({ whole: { length: 6 }, groups: [] })
})

test('Of many, what endangers data and what is new is told whole, and the rest in groups; none is left out', () => {
  const causes = [
    cause('lost', 'DISK', OLD, 'COVERED', 'LOST'),
    cause('new', 'BACKUP', '2026-11-29T02:00:00Z'),
    cause('covered', 'DISK', OLD, 'COVERED'),
    ...many(5, 'MACHINE_SILENT', OLD),
  ]
  expect(told(causes)).toEqual({
    whole: ['lost', 'new'],
    groups: [
      ['DISK', 1],
      ['MACHINE_SILENT', 5],
    ],
  })
})

test('However many endanger data, six are told whole and the others counted', () => {
  const { whole, groups } = told(many(40, 'DISK', OLD, 'LOST'))
  expect([whole.length, groups]).toEqual([6, [['DISK', 34]]])
})

test('A cause is new for a day, to the moment', () => {
  const causes = (since: string) => [cause('x', 'ROOM', since), ...many(9, 'DISK', OLD)]
  expect(told(causes('2026-11-28T12:00:00.001Z')).whole).toEqual(['x'])
  expect(told(causes('2026-11-28T12:00:00.000Z')).whole).toEqual([])
})
