import type { ExecutionStatus } from '@vigie/agent/actions'
import { type Row, updateRow } from '../database/rows.ts'
import { tables } from '../database/tables.ts'
import type { Transaction } from '../events/outbox.ts'
import { Execution } from './execution.entity.ts'

/**
 * Takes an execution from one of some states to another, if it is in one of them: false = somebody else was first. Its row
 * is the only truth, and this the only way that it changes its state.
 */
export async function move(
  { em, tell }: Transaction,
  id: string,
  { from, ...to }: { from: readonly ExecutionStatus[] } & Partial<Row<Execution>> & { status: ExecutionStatus },
): Promise<boolean> {
  const { numUpdatedRows } = await tables(em)
    .updateTable('Execution')
    .set({ status: to.status })
    .where('id', '=', id)
    .where('status', 'in', [...from])
    .executeTakeFirstOrThrow()
  if (numUpdatedRows !== 1n) return false
  await updateRow(em, Execution, id, to)
  tell.executions.add(id)
  return true
}
