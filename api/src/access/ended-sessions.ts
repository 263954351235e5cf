import { sql } from 'kysely'
import type { EntityManager } from '../database/database.ts'
import type { Transact } from '../events/outbox.ts'
import { type Clock, DAY } from '../platform/clock.ts'

/** Deletes sessions and links that ended a day ago and more: they open nothing any more. */
export function forgetEnded(em: EntityManager, transact: Transact, clock: Clock): Promise<void> {
  const before = clock().getTime() - DAY
  return transact(em, async ({ em: own }) => {
    await sql`delete from session where expires_at < ${before} or ended_at < ${before}`.execute(own.getKysely())
  })
}
