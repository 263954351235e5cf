import type { Row } from '../database/rows.ts'
import { selectRows } from '../database/rows.ts'
import { EventCause, type EventFacts, EventType } from '../events/event.entity.ts'
import type { Transaction } from '../events/outbox.ts'
import { Machine } from '../machines/machine.entity.ts'
import { Severity } from '../reasons/reason.ts'
import type { Execution } from './execution.entity.ts'

interface Happening {
  type: EventType
  at: Date
  severity?: Severity
  /** Who did it; null = the machine, or Vigie itself. */
  actor?: string | null
  facts?: EventFacts
  to?: string | null
}

/** Notes what became of an execution, in its transaction. */
export async function tellExecution(
  { em, tell }: Transaction,
  { id, machine, action, params }: Pick<Row<Execution>, 'id' | 'machine' | 'action' | 'params'>,
  { type, at, severity = Severity.INFO, actor = null, facts = {}, to = null }: Happening,
): Promise<void> {
  const [row] = await selectRows(em, Machine, 'id', [machine])
  const about = params.unit ?? params.hook
  tell.executions.add(id)
  tell.event({
    type,
    severity,
    at,
    cause: actor === null ? EventCause.READING : EventCause.USER,
    actor,
    machine,
    to,
    facts: {
      hostname: row?.hostname ?? row?.ip ?? null,
      execution: id,
      name: about === undefined ? action : `${action} ${about}`,
      action,
      ...(about === undefined ? {} : { about }),
      ...facts,
    },
  })
}
