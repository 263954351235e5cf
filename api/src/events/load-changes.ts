import type { Services } from '../context.ts'
import type { Batch, Topic } from '../platform/changes.ts'

/** Loads what changed, once for all subscribers. What was retired is told by its id alone. */
export async function loadChanges(
  { machines, disks, events }: Services,
  topic: Topic,
  ids: (string | number)[],
): Promise<Batch> {
  if (topic === 'events') return { changed: await events.loadAll(ids as number[]), removedIds: [] }
  const found = topic === 'machines' ? await machines.loadAll(ids as string[]) : await disks.loadAll(ids as string[])
  return {
    changed: found.filter((entity) => entity.archivedAt === null),
    removedIds: found.filter((entity) => entity.archivedAt !== null).map((entity) => entity.id),
  }
}
