import { sql } from 'kysely'
import { BackupStatus, isGood } from '../backups/backup-status.ts'
import { Proof } from '../backups/proof.ts'
import type { EntityManager } from '../database/database.ts'
import type { Transact } from '../events/outbox.ts'
import { insertRows, saveRows } from '../database/rows.ts'
import type { Clock } from '../platform/clock.ts'
import { usedShare } from '../room/forecast.ts'
import { allRooms } from '../room/measure-rooms.ts'
import { AlertCursor, Channel, Delivery, DeliveryKind, type DigestBeside, type DigestFacts } from './alert.entity.ts'
import { type Addresses, cursorOf, newDelivery } from './alert-opener.ts'

const MOST_NAMED = 100

/**
 * One mail a day to each recipient, also when all is well: silence must be noticed. The administrator hears of every job,
 * others of their own. The day is marked in the same transaction, so that a second ring sends nothing.
 */
export function writeDailyDigests(
  em: EntityManager,
  transact: Transact,
  clock: Clock,
  addresses: Addresses,
): Promise<void> {
  return transact(em, async ({ em: own }) => {
    const now = clock()
    const day = now.toISOString().slice(0, 10)
    const cursor = await cursorOf(own)
    if (!addresses.mailIsOn || cursor.digestDay === day) return
    cursor.digestDay = day
    await saveRows(own, AlertCursor, [cursor])
    const { rows } = await sql<{
      id: string
      name: string
      status: BackupStatus
      proof: Proof | null
      recipients: string
    }>`select id, agent_id || '/' || database_name as name, current_status as status, current_proof as proof, recipients
      from expected_job
      where archived_at is null and active = 1 order by standing, agent_id, database_name`.execute(own.getKysely())
    const digests = new Map<string, DigestFacts>()
    const beside = await besideOf(own)
    for (const { id, name, status, proof, recipients } of rows) {
      const own = new Set(JSON.parse(recipients) as string[])
      if (addresses.adminRecipient) own.add(addresses.adminRecipient)
      for (const recipient of own) {
        const digest = digests.get(recipient) ?? {
          total: 0,
          good: 0,
          unproven: 0,
          bad: [],
          ...(recipient === addresses.adminRecipient ? { beside } : {}),
        }
        digests.set(recipient, digest)
        digest.total += 1
        if (isGood(status) && (proof === Proof.SAID || proof === Proof.ARRIVED))
          digest.unproven = (digest.unproven ?? 0) + 1
        else if (isGood(status)) digest.good += 1
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

async function besideOf(em: EntityManager): Promise<DigestBeside> {
  const { rows } = await sql<Omit<DigestBeside, 'rooms'>>`select
    (select count(*) from expected_job where archived_at is null and active = 0) as paused,
    (select count(*) from backup_file where state = 'QUARANTINE') as quarantined,
    (select count(*) from backup_file where root = 'VAULT' and (state = 'LOST' or (state = 'VAULT' and intact = 0))) as damaged,
    (select count(*) from backup_run where outcome = 'UNDECLARED' and settled_at is null) as undeclared,
    (select count(*) from unawaited_file) as unawaited,
    (select coalesce(sum(size), 0) from unawaited_file) as unawaitedBytes`.execute(em.getKysely())
  const rooms = await allRooms(em)
  return {
    paused: 0,
    quarantined: 0,
    damaged: 0,
    undeclared: 0,
    unawaited: 0,
    unawaitedBytes: 0,
    ...rows[0],
    rooms: rooms.map((room) => ({
      path: room.path,
      free: room.free,
      used: Math.floor(usedShare(room) * 100),
      fullOn: room.fullAt?.toISOString().slice(0, 10) ?? null,
    })),
  }
}
