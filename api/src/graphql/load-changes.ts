import type { Services } from '../services.ts'
import type { Batch, Topic } from '../platform/changes.ts'

/** Loads what changed, once for all subscribers. What was retired is told by its id alone. */
export async function loadChanges(services: Services, topic: Topic, ids: (string | number)[]): Promise<Batch> {
  const { machines, disks, jobs, entries, deposit, events } = services
  const keys = ids as string[]
  switch (topic) {
    case 'events':
      return all(await events.loadAll(ids as number[]))
    case 'entries':
      return all(await entries.loadAll(keys))
    case 'scans':
      return all(await deposit.loadScans(keys))
    case 'executions':
      return all(await services.executions.loadAll(keys))
    case 'alerts':
      return all(await services.alerts.loadAll(keys))
    case 'machines':
      return inService(await machines.loadAll(keys))
    case 'disks':
      return inService(await disks.loadAll(keys))
    case 'jobs':
      return inService(await jobs.loadAll(keys))
  }
}

const all = (changed: Batch['changed']): Batch => ({ changed, removedIds: [] })

const inService = (found: { id: string; archivedAt: Date | null }[]): Batch => ({
  changed: found.filter((entity) => entity.archivedAt === null),
  removedIds: found.filter((entity) => entity.archivedAt !== null).map((entity) => entity.id),
})
