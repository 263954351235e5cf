import { sql } from 'kysely'
import type { EntityManager } from '../database/database.ts'
import { type Row, selectRows } from '../database/rows.ts'
import { inOrder, seekPage } from '../database/seek.ts'
import type { Page, PageArgs } from '../platform/page.ts'
import { Event, type EventType } from './event.entity.ts'

export interface EventQuery extends PageArgs {
  filter?: {
    type?: EventType[] | null
    machineId?: string | null
    diskId?: string | null
    jobId?: string | null
    from?: Date | null
    to?: Date | null
  } | null
}

export class EventsService {
  constructor(private readonly em: EntityManager) {}

  /** Newest first, in the order in which they were recorded. */
  list({ filter, ...page }: EventQuery): Promise<Page<Row<Event>>> {
    const where = []
    if (filter?.type?.length) where.push(sql`type in (${sql.join(filter.type)})`)
    if (filter?.machineId) where.push(sql`machine_id = ${filter.machineId}`)
    if (filter?.diskId) where.push(sql`disk_id = ${filter.diskId}`)
    if (filter?.jobId) where.push(sql`job_id = ${filter.jobId}`)
    if (filter?.from) where.push(sql`at >= ${filter.from.getTime()}`)
    if (filter?.to) where.push(sql`at <= ${filter.to.getTime()}`)
    return seekPage<number, Row<Event>>(
      this.em,
      { from: sql`event`, where, order: [sql`id`], direction: 'desc' },
      page,
      (ids) => this.loadAll(ids),
    )
  }

  async loadAll(ids: readonly number[]): Promise<Row<Event>[]> {
    return inOrder(ids, await selectRows(this.em, Event, 'id', ids))
  }
}
