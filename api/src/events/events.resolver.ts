import {
  Arg,
  Args,
  ArgsType,
  Authorized,
  Ctx,
  Field,
  FieldResolver,
  GraphQLISODateTime,
  ID,
  InputType,
  Int,
  Query,
  Resolver,
  Root,
} from 'type-graphql'
import { BackupEntry } from '../backups/backup-entry.entity.ts'
import { ExpectedJob } from '../backups/expected-job.entity.ts'
import { Scope } from '../graphql/scope.ts'
import type { Context } from '../graphql/context.ts'
import type { Row } from '../database/rows.ts'
import { Disk } from '../disks/disk.entity.ts'
import { Reason } from '../reasons/reason.ts'
import { Machine } from '../machines/machine.entity.ts'
import { inOneLine, PackageDifference } from './package-difference.ts'
import { connectionOf, type Page, PageArgs } from '../platform/page.ts'
import { actionName } from '../reasons/action-sentence.ts'
import { diskName, machineName } from '../reasons/names.ts'
import { Language } from '../reasons/reasons.resolver.ts'
import { Event, EventType } from './event.entity.ts'
import { eventSentence } from './event-sentence.ts'

@InputType()
export class EventFilter {
  @Field(() => [EventType], { nullable: true })
  type?: EventType[] | null

  @Field(() => ID, { nullable: true })
  machineId?: string | null

  @Field(() => ID, { nullable: true })
  diskId?: string | null

  @Field(() => ID, { nullable: true })
  jobId?: string | null

  @Field(() => [String], {
    nullable: true,
    description: 'What happened to a machine, disk or job with one of these tags; without case and accents',
  })
  tag?: string[] | null

  @Field(() => GraphQLISODateTime, { nullable: true })
  from?: Date | null

  @Field(() => GraphQLISODateTime, { nullable: true })
  to?: Date | null
}

@ArgsType()
export class EventsArgs extends PageArgs {
  @Field(() => EventFilter, { nullable: true })
  filter?: EventFilter | null
}

export const EventConnection = connectionOf(Event, 'Event')

@Resolver(() => Event)
export class EventsResolver {
  @Authorized(Scope.READ)
  @Query(() => EventConnection, { description: 'What happened, newest first' })
  events(@Args(() => EventsArgs) args: EventsArgs, @Ctx() { events }: Context): Promise<Page<Row<Event>>> {
    return events.list(args)
  }

  @FieldResolver(() => String, { description: 'What happened as a sentence, without a full stop' })
  async sentence(
    @Root() event: Row<Event>,
    @Arg('language', () => Language, { defaultValue: Language.EN }) language: Language,
    @Ctx() context: Context,
  ): Promise<string> {
    const [machine, fromMachine, disk, job] = await Promise.all([
      this.machine(event, context),
      this.fromMachine(event, context),
      this.disk(event, context),
      this.job(event, context),
    ])
    const { name, count, action, about } = event.facts
    const named = {
      machine: machineName(machine),
      fromMachine: machineName(fromMachine),
      disk: diskName(disk),
      // What is about nothing else is about Vigie itself.
      name:
        (action ? actionName({ action, about }, language === Language.FR ? 'fr' : 'en') : name) ??
        (job ? `${job.agentId}/${job.databaseName}` : disk ? diskName(disk) : machine ? machineName(machine) : 'Vigie'),
    }
    const { type, from, to } = event
    const { kind } = event.facts
    const threshold = type === EventType.THRESHOLD_CHANGED && kind ? { threshold: { kind, tag: name ?? null } } : {}
    return eventSentence({ type, from, to, count: count ?? null, ...named, ...threshold }, language)
  }

  @FieldResolver(() => ID, { nullable: true, description: 'The execution that it is about; null = it is about none' })
  execution(@Root() { facts }: Row<Event>): string | null {
    return facts.execution ?? null
  }

  @FieldResolver(() => ID, { nullable: true, description: 'The rollout that it is about; null = it is about none' })
  rollout(@Root() { facts }: Row<Event>): string | null {
    return facts.rollout ?? null
  }

  @FieldResolver(() => Machine, { nullable: true })
  async machine(@Root() event: Row<Event>, @Ctx() { machines }: Context): Promise<Row<Machine> | null> {
    return event.machine ? machines.load(event.machine) : null
  }

  @FieldResolver(() => Disk, { nullable: true })
  async disk(@Root() event: Row<Event>, @Ctx() { disks }: Context): Promise<Row<Disk> | null> {
    return event.disk ? disks.load(event.disk) : null
  }

  @FieldResolver(() => ExpectedJob, { nullable: true })
  async job(@Root() event: Row<Event>, @Ctx() { jobs }: Context): Promise<Row<ExpectedJob> | null> {
    return event.job ? jobs.load(event.job) : null
  }

  @FieldResolver(() => BackupEntry, { nullable: true })
  async entry(@Root() event: Row<Event>, @Ctx() { entries }: Context): Promise<Row<BackupEntry> | null> {
    return event.entry ? entries.load(event.entry) : null
  }

  @FieldResolver(() => String, {
    nullable: true,
    description: 'What went wrong, where, or which packages changed; null = nothing to add',
  })
  detail(@Root() event: Row<Event>): string | null {
    const { detail, path, packages, count } = event.facts
    return detail ?? path ?? (packages ? inOneLine(packages, count ?? packages.length) : null)
  }

  @FieldResolver(() => [PackageDifference], {
    nullable: true,
    description:
      'Of packages that changed: the first of them by name, as many as an event keeps (32 KiB); null = it is about none',
  })
  packages(@Root() { facts }: Row<Event>): PackageDifference[] | null {
    return facts.packages ?? null
  }

  @FieldResolver(() => Machine, {
    nullable: true,
    description: 'For a move or a conflict: the machine that it came from',
  })
  async fromMachine(@Root() event: Row<Event>, @Ctx() { machines }: Context): Promise<Row<Machine> | null> {
    const placed = event.type === EventType.DISK_MOVED || event.type === EventType.DISK_IN_CONFLICT
    return placed && event.from ? machines.load(event.from) : null
  }

  @FieldResolver(() => [Reason], { description: 'For a change of health or of a backup: why; else []' })
  reasons(@Root() event: Row<Event>): Reason[] {
    return (event.facts.reasons ?? []) as Reason[]
  }

  @FieldResolver(() => String, {
    nullable: true,
    description: 'What it speaks of by name, such as a token; null = see disk and machine',
  })
  subject(@Root() event: Row<Event>): string | null {
    return event.facts.name ?? null
  }

  @FieldResolver(() => Int, {
    nullable: true,
    description:
      'How many disks, packages, updates or machines it is about, as its sentence says; null = that is not counted',
  })
  count(@Root() event: Row<Event>): number | null {
    return event.facts.count ?? null
  }
}
