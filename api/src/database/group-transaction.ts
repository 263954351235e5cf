import { setImmediate as nextTurn } from 'node:timers/promises'
import { SECOND } from '../platform/clock.ts'
import type { EntityManager } from './database.ts'
import { DatabaseBusyError, DatabaseFullError, DatabaseUnreachableError } from './database-errors.ts'
import { engineOf } from './engine.ts'
import { forgetSaved } from './rows.ts'
import {
  ATTEMPTS,
  createTransact,
  inTransaction,
  type TransactionOf,
  type TransactionOutbox,
  type TransactOf,
  workIn,
} from './transaction.ts'

/** So many are committed together: who reads waits for them meanwhile. */
const MOST_TOGETHER = 16
/** What is large is not joined by more: who waits for the thread and the database waits for so much at most, in ms, and one. */
const LONGEST_TOGETHER = 250
/** Whoever waits for longer is told so. */
const LONGEST_WAIT = 15 * SECOND

interface Member<Tell> {
  em: EntityManager
  work: (transaction: TransactionOf<Tell>) => Promise<unknown>
  resolve: (answer: unknown) => void
  reject: (error: unknown) => void
  /** Gives up waiting. */
  timer: NodeJS.Timeout
  isLate: boolean
}

/**
 * The same door for what comes in crowds, such as the reports of many machines at once. Alone, work waits for nobody; what
 * comes while another is at work is then done in one transaction, in a savepoint each, so that one wait for the disk does for
 * all. Each is answered and told after the commit; one that fails costs itself alone.
 */
export function createGroupTransact<Tell>(openOutbox: () => TransactionOutbox<Tell>): TransactOf<Tell> {
  const transact = createTransact(openOutbox)
  const waiting: Member<Tell>[] = []
  let isAtWork = false

  const alone = ({ em, work, resolve, reject }: Member<Tell>): Promise<void> => transact(em, work).then(resolve, reject)

  /** Answers with those that were not done: the work before them took too long for more. */
  const together = async (group: readonly Member<Tell>[]): Promise<readonly Member<Tell>[]> => {
    const [first] = group
    if (!first) return []
    if (group.length === 1) {
      await alone(first)
      return []
    }
    const all = async (own: EntityManager): Promise<(() => void)[]> => {
      const done: (() => void)[] = []
      const until = performance.now() + LONGEST_TOGETHER
      for (const member of group) {
        if (done.length > 0 && performance.now() > until) break
        done.push(await inSavepoint(own, openOutbox, member))
      }
      return done
    }
    const outcome = await inTransaction(first.em, all, ATTEMPTS.beside).catch((error: unknown) => ({ error }))
    if (Array.isArray(outcome)) {
      for (const tell of outcome) tell()
      return group.slice(outcome.length)
    }
    const { error } = outcome
    for (const member of group) await (isOfAll(error) ? member.reject(error) : alone(member))
    return []
  }

  const workOff = async (): Promise<void> => {
    isAtWork = true
    while (waiting.length > 0) {
      // SQLite works without ever letting the sockets speak: what has come meanwhile is heard in this one turn.
      await nextTurn()
      const group = waiting.splice(0, MOST_TOGETHER)
      const rest = await together(group)
      for (const member of group) if (!rest.includes(member)) clearTimeout(member.timer)
      for (const member of rest.toReversed()) {
        if (member.isLate) member.reject(tooLate())
        else waiting.unshift(member)
      }
    }
    isAtWork = false
  }

  return <T>(em: EntityManager, work: (transaction: TransactionOf<Tell>) => Promise<T>) =>
    new Promise<T>((resolve, reject) => {
      const timer = setTimeout(() => {
        // One that is just being worked on may still be done.
        member.isLate = true
        const at = waiting.indexOf(member)
        if (at === -1) return
        waiting.splice(at, 1)
        reject(tooLate())
      }, LONGEST_WAIT)
      const member: Member<Tell> = {
        em,
        work,
        resolve: resolve as (answer: unknown) => void,
        reject,
        timer,
        isLate: false,
      }
      waiting.push(member)
      if (!isAtWork) void workOff()
    })
}

const tooLate = (): DatabaseBusyError => new DatabaseBusyError('what was asked before is still at work')

/** A disk that is full is full for each of them, and a database that is away is away. What else it is, each finds out by itself. */
const isOfAll = (error: unknown): boolean =>
  error instanceof DatabaseBusyError || error instanceof DatabaseFullError || error instanceof DatabaseUnreachableError

/** Returns what is to be done once the transaction around it is committed. A conflict is that of the whole. */
async function inSavepoint<Tell>(
  em: EntityManager,
  openOutbox: () => TransactionOutbox<Tell>,
  { work, resolve, reject }: Member<Tell>,
): Promise<() => void> {
  let own: EntityManager | null = null
  try {
    const { outbox, answer } = await em.transactional((fork) => workIn((own = fork), openOutbox, work))
    return () => {
      try {
        outbox.publish()
        resolve(answer)
      } catch (error) {
        // It is kept all the same; as alone, who asked is told. The others are told of theirs.
        reject(error)
      }
    }
  } catch (error) {
    if (own) forgetSaved(own)
    if (engineOf(em).isConflict(error) || isOfAll(error)) throw error
    return () => reject(error)
  }
}
