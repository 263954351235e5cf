import { hostname } from 'node:os'
import { sql } from 'kysely'
import type { EntityManager } from '../database/database.ts'
import { newId } from '../platform/id.ts'

// Agenda only rings: this row in Vigie's own database decides which scan works. It is taken by one conditional UPDATE,
// and every write of a scan renews it: a scan whose lease was taken over writes nothing any more.

export const LEASE_MS = 60_000
const ROW = 'scanner'

/** Who holds it: machine, process, and a word that tells this process from an earlier one with the same number. */
const OWNER = `${hostname()} ${process.pid} ${newId()}`

export class LeaseLostError extends Error {
  constructor() {
    super('Another scan has taken over the lease')
  }
}

/** Ends the lease of whoever held it: only for the one process that holds the lock of the database. */
export async function endLease(em: EntityManager): Promise<void> {
  await sql`update scanner set lease_owner = null, lease_token = null, lease_expires_at = null where id = ${ROW}`.execute(
    em.getKysely(),
  )
}

/** Takes the lease and answers with its token; null = another scan holds it. */
export async function takeLease(em: EntityManager, now: Date): Promise<string | null> {
  const kysely = em.getKysely()
  await sql`insert into scanner (id) values (${ROW}) on conflict do nothing`.execute(kysely)
  const { rows } = await sql<{ owner: string | null; token: string | null }>`
    select lease_owner as owner, lease_token as token from scanner where id = ${ROW}`.execute(kysely)
  const held = rows[0]
  const token = newId()
  const free = held?.token && isDead(held.owner) ? sql`lease_token = ${held.token}` : sql`false`
  const taken = await sql`update scanner set lease_owner = ${OWNER}, lease_token = ${token},
      lease_expires_at = ${now.getTime() + LEASE_MS}
    where id = ${ROW} and (lease_token is null or lease_expires_at <= ${now.getTime()}
      or lease_expires_at > ${now.getTime() + 2 * LEASE_MS} or ${free}) returning id`.execute(kysely)
  return taken.rows.length === 1 ? token : null
}

/** Renews the lease within a scan's transaction, or ends it: what it was about to write is rolled back. */
export async function holdLease(em: EntityManager, token: string, now: Date): Promise<void> {
  const held = await sql`update scanner set lease_expires_at = ${now.getTime() + LEASE_MS}
    where id = ${ROW} and lease_token = ${token} returning id`.execute(em.getKysely())
  if (held.rows.length !== 1) throw new LeaseLostError()
}

export async function releaseLease(em: EntityManager, token: string): Promise<void> {
  await sql`update scanner set lease_owner = null, lease_token = null, lease_expires_at = null
    where id = ${ROW} and lease_token = ${token}`.execute(em.getKysely())
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
