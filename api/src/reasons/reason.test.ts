import { expect, test } from 'vitest'
import { type Reason, sameReasons, Severity } from './reason.ts'

const reason = (changes: Partial<Reason> = {}): Reason => ({
  code: 'PENDING_SECTORS',
  severity: Severity.WARNING,
  value: 3,
  limit: null,
  subject: null,
  ...changes,
})

test.each<[string, Reason[], Reason[], boolean]>([
  [
    'fields in another order',
    [reason()],
    [{ subject: null, limit: null, value: 3, severity: Severity.WARNING, code: 'PENDING_SECTORS' }],
    true,
  ],
  [
    'a field that is absent and one without a value',
    [reason()],
    [{ ...reason(), attribute: undefined } as unknown as Reason],
    true,
  ],
  ['another value', [reason()], [reason({ value: 4 })], false],
  ['zero and null', [reason({ value: 0 })], [reason({ value: null })], false],
  ['one more', [reason()], [reason(), reason()], false],
  ['nothing', [], [], true],
])('Two lists of reasons with %s are compared by what they say', (_, some, others, expected) => {
  expect(sameReasons(some, others)).toBe(expected)
})
