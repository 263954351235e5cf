import type { EntityManager } from '../database/database.ts'
import { tables } from '../database/tables.ts'
import { DAY } from '../platform/clock.ts'

/** How much of a report is kept as it was sent: what is longer shows nobody anything. */
const LONGEST_KEPT = 64 * 1024
/** What was read out of a report stays; the report itself answers questions of the last weeks. */
const KEPT_FOR = 90 * DAY
const AT_ONCE = 1000

/** The beginning of a report, with a mark where it was cut. */
export const shortened = (raw: string): string =>
  raw.length > LONGEST_KEPT ? `${raw.slice(0, LONGEST_KEPT)}\n… (cut: ${raw.length} characters were sent)` : raw

/** Forgets what was sent longer ago, some at a time: others may write between two. */
export async function forgetReports(em: EntityManager, now: Date, isStopping: () => boolean): Promise<void> {
  const before = new Date(now.getTime() - KEPT_FOR)
  for (;;) {
    const { numUpdatedRows } = await tables(em)
      .updateTable('BackupRun')
      .set({ raw: null })
      .where('id', 'in', (eb) =>
        eb
          .selectFrom('BackupRun')
          .select('id')
          .where('raw', 'is not', null)
          .where('receivedAt', '<', before)
          .limit(AT_ONCE),
      )
      .executeTakeFirstOrThrow()
    if (numUpdatedRows < AT_ONCE || isStopping()) return
  }
}
