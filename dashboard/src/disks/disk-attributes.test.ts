import { expect, test } from 'vitest'
import { partAttributes } from './disk-attributes.ts'

const attribute = (code: string, more: { whenFailed?: string; prefailure?: boolean } = {}) => ({
  code,
  whenFailed: more.whenFailed ?? null,
  prefailure: more.prefailure ?? false,
})
const codes = (attributes: { code: string }[]) => attributes.map(({ code }) => code)

test('Attributes of a finding come first, then those that failed or announce a failure; the rest is folded', () => {
  const { shown, folded } = partAttributes(
    [
      attribute('1', { prefailure: true }),
      attribute('5'),
      attribute('9'),
      attribute('194', { whenFailed: 'past' }),
      attribute('197'),
      attribute('199'),
      attribute('190'),
    ],
    new Set(['197', '199']),
  )
  expect(codes(shown)).toEqual(['197', '199', '1', '5', '194'])
  expect(codes(folded)).toEqual(['9', '190'])
})

test('Of an NVMe or SCSI disk every value is shown', () => {
  const { shown, folded } = partAttributes([attribute('media_errors'), attribute('percentage_used')], new Set())
  expect(codes(shown)).toEqual(['media_errors', 'percentage_used'])
  expect(folded).toEqual([])
})
