import { type Row, selectRows, updateRow } from '../database/rows.ts'
import { ForbiddenError } from '../platform/errors.ts'
import { EventCause, EventType } from '../events/event.entity.ts'
import type { NewEvent, Transaction } from '../events/outbox.ts'
import type { Machine } from '../machines/machine.entity.ts'
import { Severity } from '../reasons/reason.ts'
import { ApiClient } from './api-client.entity.ts'
import type { Caller } from './caller.ts'

interface Reported {
  machine: Row<Machine>
  /** Whether the report knows the machine's own key. */
  knowsKey: boolean
  at: Date
}

/**
 * A report token speaks for the first machine that it reports for, and no other. That must be one that no other token
 * speaks for, unless the report knows the machine's own key, as an agent that was installed anew does: who only has a
 * token of one's own takes no machine over.
 * @throws FORBIDDEN
 */
export async function bindByReport(
  { em, tell }: Transaction,
  caller: Caller,
  { machine, knowsKey, at }: Reported,
): Promise<void> {
  if (caller.kind !== 'TOKEN' || caller.anyMachine) return
  const client = (await selectRows(em, ApiClient, 'id', [caller.id]))[0]
  if (!client) return
  if (client.refused !== null) await updateRow(em, ApiClient, client.id, { refused: null })
  if (client.machine === machine.id) return
  if (client.machine !== null) {
    throw new ForbiddenError(
      `The token "${client.name}" reports for another machine. Make one for this machine, or one with --any-machine.`,
    )
  }
  const others = await selectRows(em, ApiClient, 'machine', [machine.id])
  const other = others.find(({ revokedAt }) => revokedAt === null)
  if (other && !knowsKey) {
    throw new ForbiddenError(
      `The token "${other.name}" reports for the machine ${machine.hostname ?? machine.ip}. Revoke it, or say by bindToken that "${client.name}" reports for it too.`,
    )
  }
  await updateRow(em, ApiClient, client.id, { machine: machine.id })
  tell.event(tokenBound(client, machine, { at, cause: EventCause.READING, actor: null }))
}

export const tokenBound = (
  client: Row<ApiClient>,
  machine: Row<Machine>,
  by: { at: Date; cause: EventCause; actor: string | null },
): NewEvent => ({
  ...by,
  type: EventType.TOKEN_BOUND,
  severity: Severity.INFO,
  machine: machine.id,
  facts: { name: client.name, hostname: machine.hostname ?? machine.ip },
})
