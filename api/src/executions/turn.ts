import { ExecutionStatus } from '@vigie/agent/actions'
import type { Row } from '../database/rows.ts'
import type { Execution } from './execution.entity.ts'

/** It is approved as one of several, and those before it have not ended: its machine is not handed it yet. */
export const isAwaitingTurn = ({
  status,
  rollout,
  turnAt,
}: Pick<Row<Execution>, 'status' | 'rollout' | 'turnAt'>): boolean =>
  status === ExecutionStatus.QUEUED && rollout !== null && turnAt === null
