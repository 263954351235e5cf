import type { EntityManager } from '../database/database.ts'
import { type Row, selectRows } from '../database/rows.ts'
import { inOrder, seekPage } from '../database/seek.ts'
import { tables } from '../database/tables.ts'
import type { Page, PageArgs } from '../platform/page.ts'
import { withTag } from '../tags/tagged.ts'
import { Event, type EventType } from './event.entity.ts'

export interface EventQuery extends PageArgs {
  filter?: {
    type?: EventType[] | null
    machineId?: string | null
    diskId?: string | null
    jobId?: string | null
    tag?: string[] | null
    from?: Date | null
    to?: Date | null
  } | null
}

export class EventsService {
  constructor(private readonly em: EntityManager) {}

  /** Newest first, in the order in which they were recorded. */
  list({ filter, ...page }: EventQuery): Promise<Page<Row<Event>>> {
    let query = tables(this.em).selectFrom('Event')
    if (filter?.type?.length) query = query.where('type', 'in', filter.type)
    if (filter?.machineId) query = query.where('machine', '=', filter.machineId)
    if (filter?.diskId) query = query.where('disk', '=', filter.diskId)
    if (filter?.jobId) query = query.where('job', '=', filter.jobId)
    const tag = filter?.tag
    if (tag?.length)
      query = query.where((eb) =>
        eb.or([
          eb('machine', 'in', withTag(this.em, 'Machine', tag)),
          eb('disk', 'in', withTag(this.em, 'Disk', tag)),
          eb('job', 'in', withTag(this.em, 'ExpectedJob', tag)),
        ]),
      )
    if (filter?.from) query = query.where('at', '>=', filter.from)
    if (filter?.to) query = query.where('at', '<=', filter.to)
    return seekPage(this.em, { query, order: ['id'], direction: 'desc' }, page, (ids: number[]) => this.loadAll(ids))
  }

  async loadAll(ids: readonly number[]): Promise<Row<Event>[]> {
    return inOrder(ids, await selectRows(this.em, Event, 'id', ids))
  }
}
