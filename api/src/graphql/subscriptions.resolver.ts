import {
  Args,
  ArgsType,
  Authorized,
  type ClassType,
  Field,
  ID,
  ObjectType,
  Resolver,
  Root,
  Subscription,
} from 'type-graphql'
import { Scope } from './scope.ts'
import { Alert } from '../alerts/alert.entity.ts'
import { BackupEntry } from '../backups/backup-entry.entity.ts'
import { ExpectedJob } from '../backups/expected-job.entity.ts'
import { Scan } from '../deposit/scan.entity.ts'
import { Disk } from '../disks/disk.entity.ts'
import { Execution } from '../executions/execution.entity.ts'
import { Machine } from '../machines/machine.entity.ts'
import type { Batch, Topic } from '../platform/changes.ts'
import { Event, EventType } from '../events/event.entity.ts'

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
export const ExecutionsChanged = batchOf(Execution, 'ExecutionsChanged')
export const AlertsChanged = batchOf(Alert, 'AlertsChanged')
export const EventsAdded = batchOf(Event, 'EventsAdded')

/** What a subscriber wants to hear of: each list that is given narrows it; null = all. */
@ArgsType()
class Wanted {
  @Field(() => [ID], { nullable: true, description: 'Only these; null = all' })
  ids?: string[] | null
}

@ArgsType()
class WantedDisks extends Wanted {
  @Field(() => [ID], { nullable: true, description: 'Only those that are in these machines now; null = all' })
  machineIds?: string[] | null
}

@ArgsType()
class WantedExecutions extends Wanted {
  @Field(() => [ID], { nullable: true, description: 'Only those of these machines; null = all' })
  machineIds?: string[] | null
}

@ArgsType()
class WantedEntries extends Wanted {
  @Field(() => [ID], { nullable: true, description: 'Only those of these jobs; null = all' })
  jobIds?: string[] | null
}

@ArgsType()
class WantedEvents {
  @Field(() => ID, { nullable: true, description: 'Only what happened to this machine; null = all' })
  machineId?: string | null

  @Field(() => ID, { nullable: true, description: 'Only what happened to this disk; null = all' })
  diskId?: string | null

  @Field(() => ID, { nullable: true, description: 'Only what happened to this job; null = all' })
  jobId?: string | null

  @Field(() => [EventType], { nullable: true, description: 'Only what is of these kinds; null = all' })
  types?: EventType[] | null
}

type Args = WantedDisks & WantedEntries & WantedEvents
/** A row as it is loaded: what it belongs to stands in it by id. */
type Changed = Batch['changed'][number] & { machine?: string; disk?: string; job?: string; type?: unknown }

const isWanted = (row: Changed, { ids, machineIds, jobIds, machineId, diskId, jobId, types }: Args): boolean =>
  (!ids || ids.includes(String(row.id))) &&
  (!machineIds || machineIds.includes(String(row.machine))) &&
  (!jobIds || jobIds.includes(String(row.job))) &&
  (!machineId || row.machine === machineId) &&
  (!diskId || row.disk === diskId) &&
  (!jobId || row.job === jobId) &&
  (!types || types.includes(row.type as EventType))

/** Who has left cannot be asked where it belonged: who watches a machine or a job hears of all that left. */
const wantedOf = (batch: Batch, args: Args): Batch => ({
  changed: batch.changed.filter((row) => isWanted(row, args)),
  removedIds: batch.removedIds.filter((id) => !args.ids || args.ids.includes(id)),
})

const concerns = ({ payload, args }: { payload: Batch; args: Args }): boolean => {
  const { changed, removedIds } = wantedOf(payload, args)
  return changed.length + removedIds.length > 0
}

const on = (topic: Topic) => ({ topics: topic, filter: concerns as never })

@Resolver()
export class SubscriptionsResolver {
  @Authorized(Scope.READ)
  @Subscription(() => MachinesChanged, { ...on('machines'), description: 'Machines that reported, or were changed' })
  machinesChanged(@Root() batch: Batch, @Args(() => Wanted) args: Wanted): InstanceType<typeof MachinesChanged> {
    return wantedOf(batch, args) as never
  }

  @Authorized(Scope.READ)
  @Subscription(() => DisksChanged, {
    ...on('disks'),
    description: 'Disks of which more changed than temperature and time',
  })
  disksChanged(@Root() batch: Batch, @Args(() => WantedDisks) args: WantedDisks): InstanceType<typeof DisksChanged> {
    return wantedOf(batch, args) as never
  }

  @Authorized(Scope.READ)
  @Subscription(() => ExpectedJobsChanged, { ...on('jobs'), description: 'Jobs that were made, changed or judged' })
  expectedJobsChanged(
    @Root() batch: Batch,
    @Args(() => Wanted) args: Wanted,
  ): InstanceType<typeof ExpectedJobsChanged> {
    return wantedOf(batch, args) as never
  }

  @Authorized(Scope.READ)
  @Subscription(() => BackupEntriesChanged, {
    ...on('entries'),
    description: 'Expected backups that came due, or of which more is known',
  })
  backupEntriesChanged(
    @Root() batch: Batch,
    @Args(() => WantedEntries) args: WantedEntries,
  ): InstanceType<typeof BackupEntriesChanged> {
    return wantedOf(batch, args) as never
  }

  @Authorized(Scope.READ)
  @Subscription(() => ScansChanged, { ...on('scans'), description: 'Scans that began or ended' })
  scansChanged(@Root() batch: Batch, @Args(() => Wanted) args: Wanted): InstanceType<typeof ScansChanged> {
    return wantedOf(batch, args) as never
  }

  @Authorized(Scope.READ)
  @Subscription(() => ExecutionsChanged, {
    ...on('executions'),
    description: 'What was asked of machines, as it goes; where logSize has grown, executionLog has more',
  })
  executionsChanged(
    @Root() batch: Batch,
    @Args(() => WantedExecutions) args: WantedExecutions,
  ): InstanceType<typeof ExecutionsChanged> {
    return wantedOf(batch, args) as never
  }

  @Authorized(Scope.READ)
  @Subscription(() => AlertsChanged, {
    ...on('alerts'),
    description: 'Alerts that were opened, changed, told or resolved',
  })
  alertsChanged(@Root() batch: Batch, @Args(() => Wanted) args: Wanted): InstanceType<typeof AlertsChanged> {
    return wantedOf(batch, args) as never
  }

  @Authorized(Scope.READ)
  @Subscription(() => EventsAdded, { ...on('events'), description: 'What has just happened' })
  eventsAdded(@Root() batch: Batch, @Args(() => WantedEvents) args: WantedEvents): InstanceType<typeof EventsAdded> {
    return wantedOf(batch, args) as never
  }
}
