import { expect, test } from 'vitest'
import { type Company, doubtsOf } from './doubts.ts'

const DUE = new Date('2026-01-15T02:00:00Z')
const ALONE: Company = { sameAsOlder: null, sameAsOther: null, before: [] }
const nights = (...sizes: number[]): Company => ({
  ...ALONE,
  before: sizes.map((size, index) => ({ size, expectedAt: new Date(DUE.getTime() - (index + 1) * 86_400_000) })),
})
const codes = (company: Company, file: { size?: number; dumpedOn?: string | null } = {}): string =>
  doubtsOf({ size: 1_000_000, dumpedOn: null, startedAt: DUE, expectedAt: DUE, ...file }, company)
    .map(({ code }) => code)
    .join()
const WEEK = [1_500_000, 1_510_000, 1_490_000, 1_505_000, 1_480_000, 1_520_000, 1_500_000]

test.each<[string, string, string]>([
  ['alone', codes(ALONE), ''],
  ['with the content of an older one', codes({ ...ALONE, sameAsOlder: new Date(0) }), 'SAME_AS_OLDER'],
  ['with the content of another job', codes({ ...ALONE, sameAsOther: 'paris-01/crm' }), 'SAME_AS_OTHER'],
  ['dumped on its day', codes(ALONE, { dumpedOn: '2026-01-15' }), ''],
  ['dumped a day before, by its own clock', codes(ALONE, { dumpedOn: '2026-01-14' }), ''],
  ['dumped two days before', codes(ALONE, { dumpedOn: '2026-01-12' }), 'DUMP_DATE_OFF'],
  ['dumped years before', codes(ALONE, { dumpedOn: '2019-03-03' }), 'DUMP_DATE_OFF'],
  ['of 490 bytes after a week of 1.5 MB', codes(nights(...WEEK), { size: 490 }), 'SIZE_UNUSUAL'],
  ['of half the usual size', codes(nights(...WEEK), { size: 750_000 }), ''],
  ['of a little less than half', codes(nights(...WEEK), { size: 749_999 }), 'SIZE_UNUSUAL'],
  ['after too few to know', codes(nights(...WEEK.slice(1)), { size: 490 }), ''],
  ['where sizes go up and down', codes(nights(1e6, 2e5, 9e5, 3e5, 1e6, 2e5, 8e5), { size: 150_000 }), ''],
  ['where all are small', codes(nights(900, 910, 905, 900, 902, 903, 900), { size: 100 }), ''],
  [
    'of a Sunday, where Sundays are small',
    codes(
      {
        ...ALONE,
        before: Array.from({ length: 28 }, (_, index) => ({
          size: index % 7 === 6 ? 5000 : 1_500_000,
          expectedAt: new Date(DUE.getTime() - (index + 1) * 86_400_000),
        })),
      },
      { size: 5000 },
    ),
    '',
  ],
])('A good backup %s', (_, found, expected) => {
  expect(found).toBe(expected)
})
