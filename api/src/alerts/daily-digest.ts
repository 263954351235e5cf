import type { ExpressionBuilder } from 'kysely'
import { FileRoot, FileState } from '../backups/backup-file.entity.ts'
import { RunOutcome } from '../backups/backup-run.entity.ts'
import { isGood } from '../backups/backup-status.ts'
import { Proof } from '../backups/proof.ts'
import type { EntityManager } from '../database/database.ts'
import { literal } from '../database/literal.ts'
import type { Transact } from '../events/outbox.ts'
import { insertRows, saveRows } from '../database/rows.ts'
import { type Tables, tables } from '../database/tables.ts'
import type { Clock } from '../platform/clock.ts'
import { usedShare } from '../storage/forecast.ts'
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
    const jobs = await tables(own)
      .selectFrom('ExpectedJob')
      .select(['id', 'agentId', 'databaseName', 'currentStatus', 'currentProof', 'recipients'])
      .where('archivedAt', 'is', null)
      .where('active', '=', true)
      .orderBy('standing')
      .orderBy('agentId')
      .orderBy('databaseName')
      .execute()
    const digests = new Map<string, DigestFacts>()
    const beside = await besideOf(own)
    for (const { id, agentId, databaseName, currentStatus: status, currentProof: proof, recipients } of jobs) {
      const name = `${agentId}/${databaseName}`
      const own = new Set(recipients)
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

const count = <T extends keyof Tables>(eb: ExpressionBuilder<Tables, T>) => eb.fn.countAll<number>().as('n')

async function besideOf(em: EntityManager): Promise<DigestBeside> {
  const counts = await tables(em)
    .selectNoFrom((eb) => [
      eb
        .selectFrom('ExpectedJob')
        .select(count)
        .where('archivedAt', 'is', null)
        .where('active', '=', false)
        .as('paused'),
      eb.selectFrom('BackupFile').select(count).where('state', '=', literal(FileState.QUARANTINE)).as('quarantined'),
      eb
        .selectFrom('BackupFile')
        .select(count)
        .where('root', '=', FileRoot.VAULT)
        .where((files) =>
          files.or([
            files('state', '=', literal(FileState.LOST)),
            files.and([files('state', '=', literal(FileState.VAULT)), files('intact', '=', false)]),
          ]),
        )
        .as('damaged'),
      eb
        .selectFrom('BackupRun')
        .select(count)
        .where('outcome', '=', literal(RunOutcome.UNDECLARED))
        .where('settledAt', 'is', null)
        .as('undeclared'),
      eb.selectFrom('UnawaitedFile').select(count).as('unawaited'),
      eb
        .selectFrom('UnawaitedFile')
        .select((files) => files.fn.coalesce(files.fn.sum<number>('size'), files.lit(0)).as('bytes'))
        .as('unawaitedBytes'),
    ])
    .$castTo<Omit<DigestBeside, 'rooms'>>()
    .executeTakeFirstOrThrow()
  const rooms = await allRooms(em)
  return {
    ...counts,
    rooms: rooms.map((room) => ({
      path: room.path,
      free: room.free,
      used: Math.floor(usedShare(room) * 100),
      fullOn: room.fullAt?.toISOString().slice(0, 10) ?? null,
    })),
  }
}
