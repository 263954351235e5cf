import { sql } from 'kysely'
import type { EntityManager } from '../database/database.ts'
import type { Recorder } from '../database/record.ts'
import { type Clock, DAY } from '../platform/clock.ts'

/** Deletes sessions and links that ended a day ago and more: they open nothing any more. */
export function forgetEnded(em: EntityManager, record: Recorder, clock: Clock): Promise<void> {
  const before = clock().getTime() - DAY
  return record(em, async ({ em: own }) => {
    await sql`delete from session where expires_at < ${before} or ended_at < ${before}`.execute(own.getKysely())
  })
}
