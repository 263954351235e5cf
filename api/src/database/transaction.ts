import type { EntityManager } from './database.ts'

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

/**
 * The only door to a transaction. Inside of it: no other `em`, file, network, timer or worker, for SQLite has one
 * connection and another fork would wait for ever.
 */
export function createTransact<Tell>(openOutbox: () => TransactionOutbox<Tell>): TransactOf<Tell> {
  return async (em, work) => {
    const outbox = openOutbox()
    const result = await em.fork().transactional(async (fork) => {
      const own = fork as EntityManager
      const answer = await work({ em: own, tell: outbox.tell })
      await outbox.store(own)
      return answer
    })
    outbox.publish()
    return result
  }
}
