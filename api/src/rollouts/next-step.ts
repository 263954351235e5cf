import { ExecutionStatus } from '@vigie/agent/actions'
import type { Row } from '../database/rows.ts'
import { type Execution, Verification } from '../executions/execution.entity.ts'
import { isUndone } from '../executions/undone.ts'

export type Member = Pick<Row<Execution>, 'id' | 'status' | 'code' | 'verification' | 'turnAt' | 'position'>

export type Step =
  | { kind: 'WAIT' }
  /** It is the turn of this one. */
  | { kind: 'RELEASE'; id: string }
  /** Too many failed. */
  | { kind: 'STOP' }
  /** Nothing is left. */
  | { kind: 'END' }

const { DRAFT, AWAITING_APPROVAL, QUEUED, CLAIMED, RUNNING, SUCCEEDED, WARNINGS, FAILED, CANCELLED, INTERRUPTED } =
  ExecutionStatus

/**
 * What comes next, one machine after the other, in their order: the next has its turn when the one before has ended and was
 * seen to be done, or nobody can see it. Those that nobody has approved yet hold up none; what was refused or came too late
 * has done nothing, and is no failure. Pure.
 */
export function nextStep(members: readonly Member[], maxFailures: number): Step {
  if (members.filter(hasFailed).length >= maxFailures) return { kind: 'STOP' }
  if (members.some(isActive)) return { kind: 'WAIT' }
  const [next] = members
    .filter(({ status, turnAt }) => status === QUEUED && turnAt === null)
    .sort((a, b) => (a.position ?? 0) - (b.position ?? 0))
  if (next) return { kind: 'RELEASE', id: next.id }
  return members.some(({ status }) => status === DRAFT || status === AWAITING_APPROVAL)
    ? { kind: 'WAIT' }
    : { kind: 'END' }
}

/**
 * Its programs failed, broke off, or a later report shows that it was not done. One that was never begun, for what would
 * happen was another thing by then, is none; nor one that somebody stopped.
 */
export const hasFailed = ({
  status,
  code,
  verification,
}: Pick<Member, 'status' | 'code' | 'verification'>): boolean => {
  if (status === CANCELLED || isUndone(code)) return false
  return status === FAILED || status === INTERRUPTED || verification === Verification.CONTRADICTED
}

/** It has its turn, and has not ended; or it has, and what it did is still to be seen. */
const isActive = ({ status, verification, turnAt }: Member): boolean =>
  status === CLAIMED ||
  status === RUNNING ||
  (status === QUEUED && turnAt !== null) ||
  verification === Verification.PENDING

export const isDone = ({ status, verification }: Pick<Member, 'status' | 'verification'>): boolean =>
  (status === SUCCEEDED || status === WARNINGS) && verification !== Verification.CONTRADICTED
