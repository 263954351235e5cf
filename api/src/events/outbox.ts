import type { EntityManager } from '../database/database.ts'
import { engineOf } from '../database/engine.ts'
import { insertNumbered, type Row } from '../database/rows.ts'
import { createGroupTransact } from '../database/group-transaction.ts'
import { createTransact, type TransactionOf, type TransactionOutbox, type TransactOf } from '../database/transaction.ts'
import type { ChangeFeed } from '../platform/changes.ts'
import { Event } from './event.entity.ts'

export type NewEvent = Pick<Row<Event>, 'type' | 'severity' | 'at'> & Partial<Row<Event>>

/** The entities that subscribers want to see again after the commit, and the events that are stored with it. */
export interface Tell {
  readonly machines: Set<string>
  readonly disks: Set<string>
  readonly jobs: Set<string>
  readonly entries: Set<string>
  readonly alerts: Set<string>
  readonly scans: Set<string>
  readonly executions: Set<string>
  event(event: NewEvent): void
}

export type Transaction = TransactionOf<Tell>
export type Transact = TransactOf<Tell>

/** Transactions whose events become rows, and whose changes reach the subscribers. */
export const transactAndTell = (changes: ChangeFeed): Transact => createTransact(() => new Outbox(changes))

/** The same for what comes in crowds: see `createGroupTransact`. */
export const transactTogether = (changes: ChangeFeed): Transact => createGroupTransact(() => new Outbox(changes))

class Outbox implements TransactionOutbox<Tell> {
  private readonly events: NewEvent[] = []
  private eventIds: number[] = []
  readonly tell: Tell = {
    machines: new Set(),
    disks: new Set(),
    jobs: new Set(),
    entries: new Set(),
    alerts: new Set(),
    scans: new Set(),
    executions: new Set(),
    event: (event) => void this.events.push(event),
  }

  constructor(private readonly changes: ChangeFeed) {}

  async store(em: EntityManager): Promise<void> {
    if (this.events.length === 0) return
    await engineOf(em).enterLog(em)
    const rows = this.events.map((event) => ({
      actor: null,
      machine: null,
      disk: null,
      job: null,
      entry: null,
      from: null,
      to: null,
      facts: {},
      ...event,
    }))
    this.eventIds = [...(await insertNumbered(em, Event, rows, 'id')).values()]
  }

  publish(): void {
    const { machines, disks, jobs, entries, alerts, scans, executions } = this.tell
    this.changes.note({ machines, disks, jobs, entries, alerts, scans, executions, events: this.eventIds })
  }
}
