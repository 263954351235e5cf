import { type Order, machineMark } from '@vigie/agent/actions'
import type { Row } from '../database/rows.ts'
import type { Machine } from '../machines/machine.entity.ts'
import type { Execution } from './execution.entity.ts'

/** The order that an execution is, as its machine gets it, and as an operator signs it. */
export const orderOf = (
  execution: Pick<Row<Execution>, 'id' | 'action' | 'params' | 'effect' | 'notBefore' | 'expiresAt' | 'nonce'>,
  machineKey: NonNullable<Row<Machine>['machineKey']>,
): Order => ({
  id: execution.id,
  machine: machineMark(machineKey),
  action: execution.action,
  params: paramsText(execution.params),
  effect: execution.effect,
  notBefore: execution.notBefore?.toISOString() ?? null,
  expiresAt: execution.expiresAt.toISOString(),
  nonce: execution.nonce,
})

/** Always the same text of the same parameters, whatever order a database keeps their names in. */
const paramsText = ({ scope, unit, hook }: Row<Execution>['params']): string => JSON.stringify({ scope, unit, hook })
