import { expect, test } from 'vitest'
import { isSayable, lacksReason, NO_COPY, UNDECIDED } from './declare.ts'

test.each([
  [UNDECIDED, false, false],
  [{ ...UNDECIDED, choice: 'job-1', path: '/srv' }, true, false],
  [{ ...UNDECIDED, choice: NO_COPY }, false, true],
  [{ ...UNDECIDED, choice: NO_COPY, reason: '  ab  ' }, false, true],
  [{ ...UNDECIDED, choice: NO_COPY, reason: 'abc' }, true, false],
  [{ ...UNDECIDED, choice: NO_COPY, reason: 'x'.repeat(500) }, true, false],
  [{ ...UNDECIDED, choice: NO_COPY, reason: 'x'.repeat(501) }, false, true],
])('%j can be said: %s, and lacks its reason: %s', (answer, sayable, lacking) => {
  expect([isSayable(answer), lacksReason(answer)]).toEqual([sayable, lacking])
})
