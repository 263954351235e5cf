import { expect, test } from 'vitest'
import { isDone, isPlain } from './rollouts.ts'

test.each([
  ['SUCCEEDED', 'CONFIRMED', true],
  ['SUCCEEDED', 'INCONCLUSIVE', true],
  ['WARNINGS', 'NONE', true],
  ['SUCCEEDED', 'CONTRADICTED', false],
  ['FAILED', 'NONE', false],
  ['RUNNING', 'NONE', false],
] as const)('What is %s and %s is done: %s', (status, verification, expected) => {
  expect(isDone({ status, verification })).toBe(expected)
})

test.each([
  [false, null, true],
  [true, null, false],
  [false, '["vigie-order-1"]', false],
])(
  'What needs a reason (%s) or a signature (%s) is not approved beside others',
  (needsReason, textToSign, expected) => {
    expect(isPlain({ needsReason, textToSign })).toBe(expected)
  },
)
