import { hostname } from 'node:os'
import type { EntityManager } from '../database/database.ts'
import { tables } from '../database/tables.ts'
import { newId } from '../platform/id.ts'
import { makeScannerRow, SCANNER_ROW } from './scanner-row.ts'

// Agenda only rings: this row in Vigie's own database decides which scan works. It is taken by one conditional UPDATE,
// and every write of a scan renews it: a scan whose lease was taken over writes nothing any more.

export const LEASE_MS = 60_000

/** Who holds it: machine, process, and a word that tells this process from an earlier one with the same number. */
const OWNER = `${hostname()} ${process.pid} ${newId()}`

export class LeaseLostError extends Error {
  constructor() {
    super('Another scan has taken over the lease')
  }
}

const FREE = { leaseOwner: null, leaseToken: null, leaseExpiresAt: null }

/** Ends the lease of whoever held it: only for the one process that holds the lock of the database. */
export async function endLease(em: EntityManager): Promise<void> {
  await tables(em).updateTable('Scanner').set(FREE).where('id', '=', SCANNER_ROW).execute()
}

/** Takes the lease and answers with its token; null = another scan holds it. */
export async function takeLease(em: EntityManager, now: Date): Promise<string | null> {
  await makeScannerRow(em)
  const held = await tables(em)
    .selectFrom('Scanner')
    .select(['leaseOwner', 'leaseToken'])
    .where('id', '=', SCANNER_ROW)
    .executeTakeFirst()
  const left = held?.leaseToken && isDead(held.leaseOwner) ? held.leaseToken : null
  const token = newId()
  const taken = await tables(em)
    .updateTable('Scanner')
    .set({ leaseOwner: OWNER, leaseToken: token, leaseExpiresAt: new Date(now.getTime() + LEASE_MS) })
    .where('id', '=', SCANNER_ROW)
    .where((eb) => {
      const isFree = eb.or([
        eb('leaseToken', 'is', null),
        eb('leaseExpiresAt', '<=', now),
        eb('leaseExpiresAt', '>', new Date(now.getTime() + 2 * LEASE_MS)),
      ])
      return left === null ? isFree : isFree.or('leaseToken', '=', left)
    })
    .returning('id')
    .execute()
  return taken.length === 1 ? token : null
}

/** Renews the lease within a scan's transaction, or ends it: what it was about to write is rolled back. */
export async function holdLease(em: EntityManager, token: string, now: Date): Promise<void> {
  const held = await tables(em)
    .updateTable('Scanner')
    .set({ leaseExpiresAt: new Date(now.getTime() + LEASE_MS) })
    .where('id', '=', SCANNER_ROW)
    .where('leaseToken', '=', token)
    .returning('id')
    .execute()
  if (held.length !== 1) throw new LeaseLostError()
}

export async function releaseLease(em: EntityManager, token: string): Promise<void> {
  await tables(em)
    .updateTable('Scanner')
    .set(FREE)
    .where('id', '=', SCANNER_ROW)
    .where('leaseToken', '=', token)
    .execute()
}

/** A process of this machine that is no more cannot be scanning: its lease need not run out first. */
function isDead(owner: string | null): boolean {
  const [host, pid] = owner?.split(' ') ?? []
  if (host !== hostname() || !pid || owner === OWNER) return false
  if (Number(pid) === process.pid) return true
  try {
    process.kill(Number(pid), 0)
    return false
  } catch (cause) {
    return (cause as NodeJS.ErrnoException).code === 'ESRCH'
  }
}
