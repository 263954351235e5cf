import { setTimeout as delay } from 'node:timers/promises'
import type { EntityManager } from './database.ts'
import { engineOf } from './engine.ts'
import { forgetSaved } from './rows.ts'

/** What a transaction tells the world: stored with its change, published once it is committed. */
export interface TransactionOutbox<Tell> {
  readonly tell: Tell
  /** Inside of the transaction: what must not be lost. */
  store(em: EntityManager): Promise<void>
  /** After the commit. */
  publish(): void
}

/** What the work of a transaction gets: it reads what it decides about and writes by this `em` alone. */
export interface TransactionOf<Tell> {
  em: EntityManager
  tell: Tell
}

export type TransactOf<Tell> = <T>(
  em: EntityManager,
  work: (transaction: TransactionOf<Tell>) => Promise<T>,
) => Promise<T>

/** So often a transaction that met others is begun anew: first beside them, then alone. */
export const ATTEMPTS = { beside: 3, all: 12 }

/**
 * Runs `work` in a transaction: all of it is kept, or nothing. Where the database finds that another transaction wrote
 * what this one had read, its work is done once more: it changes nothing but what its `em` keeps.
 */
export async function inTransaction<T>(
  em: EntityManager,
  work: (em: EntityManager) => Promise<T>,
  attempts = ATTEMPTS.all,
): Promise<T> {
  const engine = engineOf(em)
  for (let attempt = 1; ; attempt += 1) {
    let own: EntityManager | null = null
    const leave = await engine.enter(attempt > ATTEMPTS.beside)
    try {
      return await em.fork().transactional((fork) => work((own = fork)))
    } catch (error) {
      if (own) forgetSaved(own)
      if (attempt === attempts || !engine.isConflict(error)) throw error
    } finally {
      leave()
    }
    // Another process may be in the way, such as a command.
    await delay(Math.random() * 5 * attempt)
  }
}

export async function workIn<Tell, T>(
  em: EntityManager,
  openOutbox: () => TransactionOutbox<Tell>,
  work: (transaction: TransactionOf<Tell>) => Promise<T>,
): Promise<{ outbox: TransactionOutbox<Tell>; answer: T }> {
  const outbox = openOutbox()
  const answer = await work({ em, tell: outbox.tell })
  await outbox.store(em)
  return { outbox, answer }
}

/**
 * The only door to a transaction whose changes are told. Inside of it: no other `em`, file, network, timer or worker,
 * for SQLite has one connection and another fork would wait for ever.
 */
export function createTransact<Tell>(openOutbox: () => TransactionOutbox<Tell>): TransactOf<Tell> {
  return async (em, work) => {
    const { outbox, answer } = await inTransaction(em, (own) => workIn(own, openOutbox, work))
    outbox.publish()
    return answer
  }
}
