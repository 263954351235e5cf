import { ExecutionStatus, ResultCode } from '@vigie/agent/actions'
import { expect, test } from 'vitest'
import { Verification } from '../executions/execution.entity.ts'
import { type Member, nextStep } from './next-step.ts'

const S = ExecutionStatus
const V = Verification
let position = 0
const member = (status: ExecutionStatus, more: Partial<Member> = {}): Member => ({
  id: `${status} ${position}`,
  status,
  code: null,
  verification: V.NONE,
  turnAt: null,
  position: position++,
  ...more,
})
const TURN = { turnAt: new Date('2026-12-01T12:00:00Z') }
const ended = (status: ExecutionStatus, verification = V.CONFIRMED): Member => member(status, { ...TURN, verification })

test.each<[string, Member[], number, string]>([
  ['nobody has approved anything', [member(S.DRAFT), member(S.AWAITING_APPROVAL)], 1, 'WAIT'],
  ['one is approved, and others are not', [member(S.AWAITING_APPROVAL), member(S.QUEUED, { id: 'B' })], 1, 'B'],
  ['one has its turn and is not taken yet', [member(S.QUEUED, TURN), member(S.QUEUED)], 1, 'WAIT'],
  ['one is taken', [member(S.CLAIMED, TURN), member(S.QUEUED)], 1, 'WAIT'],
  ['one runs', [member(S.RUNNING, TURN), member(S.QUEUED)], 1, 'WAIT'],
  [
    'one has ended, and nobody has seen whether it was done',
    [ended(S.SUCCEEDED, V.PENDING), member(S.QUEUED)],
    1,
    'WAIT',
  ],
  ['one was seen to be done', [ended(S.SUCCEEDED), member(S.QUEUED, { id: 'B' })], 1, 'B'],
  ['one warned and was done', [ended(S.WARNINGS), member(S.QUEUED, { id: 'B' })], 1, 'B'],
  ['nobody can see whether it was done', [ended(S.SUCCEEDED, V.INCONCLUSIVE), member(S.QUEUED, { id: 'B' })], 1, 'B'],
  ['one was not done, as seen', [ended(S.SUCCEEDED, V.CONTRADICTED), member(S.QUEUED)], 1, 'STOP'],
  ['one failed and may not', [ended(S.FAILED, V.NONE), member(S.QUEUED)], 1, 'STOP'],
  ['one failed and one may', [ended(S.FAILED, V.NONE), member(S.QUEUED, { id: 'B' })], 2, 'B'],
  ['one failed, and what it did is still to be seen', [ended(S.FAILED, V.PENDING), member(S.QUEUED)], 2, 'WAIT'],
  ['two failed where one may', [ended(S.FAILED), ended(S.INTERRUPTED), member(S.QUEUED)], 2, 'STOP'],
  [
    'one did nothing, for what would happen was another thing by then',
    [member(S.FAILED, { ...TURN, code: ResultCode.CONTENT_CHANGED }), member(S.QUEUED, { id: 'B' })],
    1,
    'B',
  ],
  [
    'somebody stopped one, and not all of it was done',
    [ended(S.CANCELLED, V.CONTRADICTED), member(S.QUEUED, { id: 'B' })],
    1,
    'B',
  ],
  [
    'one was refused, one came too late, one was called off',
    [member(S.REJECTED), member(S.EXPIRED), member(S.CANCELLED), member(S.QUEUED, { id: 'B' })],
    1,
    'B',
  ],
  ['all have ended', [ended(S.SUCCEEDED), member(S.REJECTED)], 1, 'END'],
  ['the last one failed where it may', [ended(S.SUCCEEDED), ended(S.FAILED, V.NONE)], 2, 'END'],
  [
    'the order is another than that of the rows',
    [member(S.QUEUED, { id: 'B', position: 9 }), member(S.QUEUED, { id: 'A', position: 3 })],
    1,
    'A',
  ],
])('Where %s, a rollout goes on as it must', (_, members, maxFailures, expected) => {
  const step = nextStep(members, maxFailures)
  expect(step.kind === 'RELEASE' ? step.id : step.kind).toBe(expected)
})
