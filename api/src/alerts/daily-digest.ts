import { sql } from 'kysely'
import { BackupStatus, isGood } from '../backups/backup-status.ts'
import type { EntityManager } from '../database/database.ts'
import type { Recorder } from '../database/record.ts'
import { insertRows, saveRows } from '../database/rows.ts'
import type { Clock } from '../platform/clock.ts'
import { AlertCursor, Channel, Delivery, DeliveryKind, type DigestFacts } from './alert.entity.ts'
import { type Addresses, cursorOf, newDelivery } from './alert-opener.ts'

const MOST_NAMED = 100

/**
 * One mail a day to each recipient, also when all is well: silence must be noticed. The administrator hears of every job,
 * others of their own. The day is marked in the same transaction, so that a second ring sends nothing.
 */
export function writeDailyDigests(
  em: EntityManager,
  record: Recorder,
  clock: Clock,
  addresses: Addresses,
): Promise<void> {
  return record(em, async ({ em: own }) => {
    const now = clock()
    const day = now.toISOString().slice(0, 10)
    const cursor = await cursorOf(own)
    if (!addresses.mailIsOn || cursor.digestDay === day) return
    cursor.digestDay = day
    await saveRows(own, AlertCursor, [cursor])
    const { rows } = await sql<{ id: string; name: string; status: BackupStatus; recipients: string }>`
      select id, agent_id || '/' || database_name as name, current_status as status, recipients from expected_job
      where archived_at is null and active = 1 order by standing, agent_id, database_name`.execute(own.getKysely())
    const digests = new Map<string, DigestFacts>()
    for (const { id, name, status, recipients } of rows) {
      const own = new Set(JSON.parse(recipients) as string[])
      if (addresses.adminRecipient) own.add(addresses.adminRecipient)
      for (const recipient of own) {
        const digest = digests.get(recipient) ?? { total: 0, good: 0, bad: [] }
        digests.set(recipient, digest)
        digest.total += 1
        if (isGood(status)) digest.good += 1
        else if (digest.bad.length < MOST_NAMED) digest.bad.push({ name, status, jobId: id })
      }
    }
    await insertRows(
      own,
      Delivery,
      [...digests].map(([recipient, facts]) => ({
        ...newDelivery(Channel.MAIL, DeliveryKind.DAILY, recipient, [], now),
        facts,
        dedupeKey: `DAILY ${recipient} ${day}`,
      })),
    )
  })
}
