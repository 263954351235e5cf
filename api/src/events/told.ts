import type { Row } from '../database/rows.ts'
import type { Event } from './event.entity.ts'

export type NewEvent = Pick<Row<Event>, 'type' | 'severity' | 'at'> & Partial<Row<Event>>

/** What a record has to tell: events, which are stored with it, and the entities that subscribers want to see again. */
export class Told {
  readonly events: NewEvent[] = []
  readonly machines = new Set<string>()
  readonly disks = new Set<string>()
  readonly jobs = new Set<string>()
  readonly entries = new Set<string>()
  readonly alerts = new Set<string>()
  readonly scans = new Set<string>()
}

export type Tell = Omit<Told, 'events'> & { event(event: NewEvent): void }
