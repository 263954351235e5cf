import type { EntityManager } from '../database/database.ts'
import { tables } from '../database/tables.ts'
import type { Transact } from '../events/outbox.ts'
import { type Clock, DAY } from '../platform/clock.ts'

/** Deletes sessions and links that ended a day ago and more: they open nothing any more. */
export function forgetEnded(em: EntityManager, transact: Transact, clock: Clock): Promise<void> {
  const before = new Date(clock().getTime() - DAY)
  return transact(em, async ({ em: own }) => {
    await tables(own)
      .deleteFrom('Session')
      .where((eb) => eb.or([eb('expiresAt', '<', before), eb('endedAt', '<', before)]))
      .execute()
  })
}
