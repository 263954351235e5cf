import { Arg, Authorized, type ClassType, Field, ID, ObjectType, Resolver, Root, Subscription } from 'type-graphql'
import { Scope } from './scope.ts'
import { Alert } from '../alerts/alert.entity.ts'
import { BackupEntry } from '../backups/backup-entry.entity.ts'
import { ExpectedJob } from '../backups/expected-job.entity.ts'
import { Scan } from '../deposit/scan.entity.ts'
import { Disk } from '../disks/disk.entity.ts'
import { Machine } from '../machines/machine.entity.ts'
import type { Batch, Topic } from '../platform/changes.ts'
import { Event } from '../events/event.entity.ts'

function batchOf<T extends object>(type: ClassType<T>, name: string) {
  @ObjectType(name, {
    description: 'What changed since the message before: the first change at once, later ones every 250 ms',
  })
  class Changed {
    @Field(() => [type], { description: 'As they are now' })
    changed!: T[]

    @Field(() => [ID], { description: 'Those that have left the lists, because they were retired' })
    removedIds!: string[]
  }
  return Changed
}

export const MachinesChanged = batchOf(Machine, 'MachinesChanged')
export const DisksChanged = batchOf(Disk, 'DisksChanged')
export const ExpectedJobsChanged = batchOf(ExpectedJob, 'ExpectedJobsChanged')
export const BackupEntriesChanged = batchOf(BackupEntry, 'BackupEntriesChanged')
export const ScansChanged = batchOf(Scan, 'ScansChanged')
export const AlertsChanged = batchOf(Alert, 'AlertsChanged')
export const EventsAdded = batchOf(Event, 'EventsAdded')

interface Wanted {
  ids?: string[] | null
}

const concerns = ({ payload, args }: { payload: Batch; args: Wanted }): boolean =>
  !args.ids ||
  payload.changed.some(({ id }) => args.ids?.includes(String(id))) ||
  payload.removedIds.some((id) => args.ids?.includes(id))

const narrowed = <T>(batch: Batch, ids: string[] | undefined | null): T =>
  (ids
    ? {
        changed: batch.changed.filter(({ id }) => ids.includes(String(id))),
        removedIds: batch.removedIds.filter((id) => ids.includes(id)),
      }
    : batch) as T

const on = (topic: Topic) => ({ topics: topic, filter: concerns as never })

@Resolver()
export class SubscriptionsResolver {
  @Authorized(Scope.READ)
  @Subscription(() => MachinesChanged, { ...on('machines'), description: 'Machines that reported, or were changed' })
  machinesChanged(
    @Root() batch: Batch,
    @Arg('ids', () => [ID], { nullable: true, description: 'Only these; null = all' }) ids?: string[],
  ): InstanceType<typeof MachinesChanged> {
    return narrowed(batch, ids)
  }

  @Authorized(Scope.READ)
  @Subscription(() => DisksChanged, {
    ...on('disks'),
    description: 'Disks of which more changed than temperature and time',
  })
  disksChanged(
    @Root() batch: Batch,
    @Arg('ids', () => [ID], { nullable: true, description: 'Only these; null = all' }) ids?: string[],
  ): InstanceType<typeof DisksChanged> {
    return narrowed(batch, ids)
  }

  @Authorized(Scope.READ)
  @Subscription(() => ExpectedJobsChanged, { ...on('jobs'), description: 'Jobs that were made, changed or judged' })
  expectedJobsChanged(
    @Root() batch: Batch,
    @Arg('ids', () => [ID], { nullable: true, description: 'Only these; null = all' }) ids?: string[],
  ): InstanceType<typeof ExpectedJobsChanged> {
    return narrowed(batch, ids)
  }

  @Authorized(Scope.READ)
  @Subscription(() => BackupEntriesChanged, {
    ...on('entries'),
    description: 'Expected backups that came due, or of which more is known',
  })
  backupEntriesChanged(
    @Root() batch: Batch,
    @Arg('ids', () => [ID], { nullable: true, description: 'Only these; null = all' }) ids?: string[],
  ): InstanceType<typeof BackupEntriesChanged> {
    return narrowed(batch, ids)
  }

  @Authorized(Scope.READ)
  @Subscription(() => ScansChanged, { ...on('scans'), description: 'Scans that began or ended' })
  scansChanged(
    @Root() batch: Batch,
    @Arg('ids', () => [ID], { nullable: true, description: 'Only these; null = all' }) ids?: string[],
  ): InstanceType<typeof ScansChanged> {
    return narrowed(batch, ids)
  }

  @Authorized(Scope.READ)
  @Subscription(() => AlertsChanged, {
    ...on('alerts'),
    description: 'Alerts that were opened, changed, told or resolved',
  })
  alertsChanged(
    @Root() batch: Batch,
    @Arg('ids', () => [ID], { nullable: true, description: 'Only these; null = all' }) ids?: string[],
  ): InstanceType<typeof AlertsChanged> {
    return narrowed(batch, ids)
  }

  @Authorized(Scope.READ)
  @Subscription(() => EventsAdded, { ...on('events'), description: 'What has just happened' })
  eventsAdded(@Root() batch: Batch): InstanceType<typeof EventsAdded> {
    return narrowed(batch, null)
  }
}
