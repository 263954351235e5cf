import type { DiskQuery, EventRowFragment, EventType } from '../gql/graphql.ts'

type Disk = DiskQuery['disk']

/** One thing in a disk's life, at the time when it happened or began. */
export type LifeItem = { key: string; at: string } & (
  | { kind: 'event'; event: EventRowFragment }
  | { kind: 'step'; step: Disk['steps'][number] }
  | { kind: 'stay'; stay: Disk['stays'][number] }
  | { kind: 'first' }
)

/** Of things at one time, what a report brought about stands above what it found. */
const RANK = { event: 0, step: 1, stay: 2, first: 3 } as const

/** What the stays tell already. */
const TOLD_BY_STAYS: readonly EventType[] = ['DISK_ADDED', 'DISK_MOVED']

/**
 * Where a disk was, how it was judged and where its counters rose, as one list, the newest first. While older events were
 * not asked for, nothing older than they is told: a list with holes would say that nothing happened there.
 */
export function lifeOf(
  disk: Pick<Disk, 'stays' | 'steps' | 'firstSeenAt'>,
  { nodes, hasMore }: { nodes: readonly EventRowFragment[]; hasMore: boolean },
): LifeItem[] {
  const items: LifeItem[] = [
    ...nodes
      .filter(({ type }) => !TOLD_BY_STAYS.includes(type))
      .map((event) => ({ kind: 'event' as const, key: `event ${event.id}`, at: event.at, event })),
    ...disk.steps.map((step) => ({
      kind: 'step' as const,
      key: `step ${step.counter} ${step.since} ${step.from}`,
      at: step.until,
      step,
    })),
    ...disk.stays.map((stay) => ({ kind: 'stay' as const, key: `stay ${stay.id}`, at: stay.since, stay })),
    { kind: 'first', key: 'first', at: disk.firstSeenAt },
  ]
  const oldest = hasMore ? Math.min(...nodes.map(({ at }) => Date.parse(at))) : -Infinity
  return items
    .filter(({ at }) => Date.parse(at) >= oldest)
    .sort((a, b) => Date.parse(b.at) - Date.parse(a.at) || RANK[a.kind] - RANK[b.kind])
}

/** Whether it was in a machine all the time from `older` to `newer` (null = now). */
export function isPlaced(stays: Disk['stays'], older: string, newer: string | null): boolean {
  return stays.some(
    ({ since, until }) =>
      Date.parse(since) <= Date.parse(older) &&
      (until === null || (newer !== null && Date.parse(until) >= Date.parse(newer))),
  )
}
