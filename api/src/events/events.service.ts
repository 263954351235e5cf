import { sql } from 'kysely'
import type { EntityManager } from '../database/database.ts'
import { inOrder, seekPage } from '../database/seek.ts'
import type { Page, PageArgs } from '../platform/page.ts'
import { Event, type EventType } from './event.entity.ts'

export interface EventQuery extends PageArgs {
  filter?: {
    type?: EventType[] | null
    machineId?: string | null
    diskId?: string | null
    from?: Date | null
    to?: Date | null
  } | null
}

export class EventsService {
  constructor(private readonly em: EntityManager) {}

  /** Newest first, in the order in which they were recorded. */
  list({ filter, ...page }: EventQuery): Promise<Page<Event>> {
    const where = []
    if (filter?.type?.length) where.push(sql`type in (${sql.join(filter.type)})`)
    if (filter?.machineId) where.push(sql`machine_id = ${filter.machineId}`)
    if (filter?.diskId) where.push(sql`disk_id = ${filter.diskId}`)
    if (filter?.from) where.push(sql`at >= ${filter.from.getTime()}`)
    if (filter?.to) where.push(sql`at <= ${filter.to.getTime()}`)
    return seekPage<number, Event>(
      this.em,
      { from: sql`event`, where, order: [sql`id`], direction: 'desc' },
      page,
      (ids) => this.loadAll(ids),
    )
  }

  async loadAll(ids: readonly number[]): Promise<Event[]> {
    return ids.length ? inOrder(ids, await this.em.find(Event, { id: { $in: [...ids] } })) : []
  }
}
