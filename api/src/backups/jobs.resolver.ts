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
  Mutation,
  ObjectType,
  Query,
  registerEnumType,
  Resolver,
  Root,
} from 'type-graphql'
import { LARGE } from '../graphql/cost.ts'
import { BigIntScalar } from '../graphql/scalars.ts'
import { Scope } from '../graphql/scope.ts'
import type { Context } from '../graphql/context.ts'
import type { Row } from '../database/rows.ts'
import { InvalidInputError } from '../platform/errors.ts'
import { Machine } from '../machines/machine.entity.ts'
import { connectionOf, type Page, PageArgs } from '../platform/page.ts'
import { FileSystem } from '../storage/file-system.entity.ts'
import { BackupEntry } from './backup-entry.entity.ts'
import { Proof } from './proof.ts'
import { BackupStatus } from './backup-status.ts'
import { EntriesArgs, EntryConnection } from './entries.resolver.ts'
import { ExpectedJob, Protection } from './expected-job.entity.ts'
import { ExpectedJobChange, ExpectedJobInput } from './expected-job.input.ts'
import { ExchangeFormat } from './job-columns.ts'
import { ImportOutcome } from './job-exchange.ts'
import type { JobPreview as Preview } from './job-preview.ts'
import { type JobConditions, JobOrder } from './job-list.ts'
import { TagArgs } from '../tags/tags.resolver.ts'
import { duesUntil, readZone } from './schedule.ts'

registerEnumType(JobOrder, {
  name: 'JobOrder',
  description:
    'WORST_FIRST: what is not good first, paused jobs last. NAME: by company, city, agent and database, those without a company first. AGENT: by agent and database. NEXT_DUE: what is due next first; that of which nothing is due stands last, whichever way the list goes. LAST_GOOD: what was never good first, then what was good longest ago.',
})

@InputType()
export class ExpectedJobFilter implements JobConditions {
  @Field(() => [BackupStatus], { nullable: true })
  status?: BackupStatus[] | null

  @Field(() => String, { nullable: true })
  companyName?: string | null

  @Field(() => String, { nullable: true })
  city?: string | null

  @Field(() => String, { nullable: true })
  agentId?: string | null

  @Field(() => Boolean, { nullable: true, description: 'False: only paused ones' })
  active?: boolean | null

  @Field(() => Boolean, { nullable: true, description: 'True: only retired ones; false: only those in service' })
  archived?: boolean | null

  @Field(() => [String], { nullable: true, description: 'One of these tags; without case and accents' })
  tag?: string[] | null

  @Field(() => String, { nullable: true, description: 'Part of agent, database, company, city or neighborhood' })
  search?: string | null

  @Field(() => GraphQLISODateTime, { nullable: true, description: 'Only those whose next backup is due until then' })
  dueBefore?: Date | null
}

@ArgsType()
export class ExpectedJobsArgs extends PageArgs {
  @Field(() => ExpectedJobFilter, { nullable: true })
  filter?: ExpectedJobFilter | null

  @Field(() => JobOrder, { defaultValue: JobOrder.WORST_FIRST })
  orderBy: JobOrder = JobOrder.WORST_FIRST

  @Field(() => Boolean, { defaultValue: false, description: 'The other way round; what is not known stays last' })
  reverse: boolean = false

  @Field(() => Boolean, { defaultValue: false })
  includeArchived: boolean = false
}

@ObjectType({ simpleResolvers: true, description: 'One due time of a job that may not exist yet' })
export class DuePreview {
  @Field(() => GraphQLISODateTime)
  expectedAt!: Date

  @Field(() => GraphQLISODateTime)
  windowEndsAt!: Date

  @Field(() => String, { description: 'Where the file is awaited, below the deposit folder, if the agent calls it so' })
  depositPath!: string

  @Field(() => String, { description: 'Where it would go, below the vault' })
  storagePath!: string
}

@ObjectType({ simpleResolvers: true, description: 'What a job would mean; nothing is stored' })
export class JobPreview {
  @Field(() => String)
  cron!: string

  @Field(() => String)
  timeZone!: string

  @Field(() => Int)
  periodMinutes!: number

  @Field(() => Int)
  graceMinutes!: number

  @Field(() => Boolean, {
    description:
      'True: of the next five, backups of one name have the same path, so only the latest stays there, and older ones go to versions/ beside it',
  })
  keepsOnlyLatest!: boolean

  @Field(() => String, { description: 'Where reports are awaited, below the deposit folder' })
  logFolder!: string

  @Field(() => [DuePreview], { description: 'The next five' })
  dues!: DuePreview[]
}

@ObjectType({ simpleResolvers: true, description: 'How many jobs in service have a status; paused ones do not count' })
export class JobsOfStatus {
  @Field(() => BackupStatus)
  status!: BackupStatus

  @Field(() => Int)
  count!: number

  @Field(() => Int, { description: 'Those of them that arrived and could not be proven INTACT' })
  unproven!: number
}

export const ExpectedJobConnection = connectionOf(ExpectedJob, 'ExpectedJob')

@ObjectType('Protection', { simpleResolvers: true, description: 'What a job protects' })
export class ProtectionView {
  @Field(() => ID)
  id!: string

  @Field(() => String)
  path!: string
}

@Resolver(() => ProtectionView)
export class ProtectionsResolver {
  @FieldResolver(() => Machine)
  machine(@Root() protection: Row<Protection>, @Ctx() { machines }: Context): Promise<Row<Machine>> {
    return machines.load(protection.machine)
  }

  @FieldResolver(() => FileSystem, {
    nullable: true,
    description: 'Where the path lies now: the longest mountpoint that it begins with; null = none is known',
  })
  fileSystem(@Root() protection: Row<Protection>, @Ctx() { storage }: Context): Promise<Row<FileSystem> | null> {
    return storage.holding(protection.machine, protection.path)
  }
}

@ArgsType()
class LastDaysArgs {
  @Field(() => Int, { defaultValue: 30, description: '1 to 90' })
  last: number = 30

  @Field(() => String, { defaultValue: 'UTC', description: 'IANA time zone whose days are meant' })
  timeZone: string = 'UTC'
}

/** A day of a job that is due each half an hour. */
const MOST_DUES = 48

function readDays(last: number): number {
  if (last >= 1 && last <= 90) return last
  throw new InvalidInputError('last', 'must be 1 to 90', 'Ask for fewer days.')
}

@Resolver(() => ExpectedJob)
export class JobsResolver {
  @Authorized(Scope.READ)
  @Query(() => ExpectedJobConnection, { description: 'Every backup that must come' })
  expectedJobs(
    @Args(() => ExpectedJobsArgs) args: ExpectedJobsArgs,
    @Ctx() { jobs }: Context,
  ): Promise<Page<Row<ExpectedJob>>> {
    return jobs.list(args)
  }

  @Authorized(Scope.READ)
  @Query(() => ExpectedJob, { description: 'One job. Errors: NOT_FOUND' })
  expectedJob(@Arg('id', () => ID) id: string, @Ctx() { jobs }: Context): Promise<Row<ExpectedJob>> {
    return jobs.load(id)
  }

  @Authorized(Scope.READ)
  @Query(() => JobPreview, {
    description: 'The next five due times and paths of a job before it is saved. Errors: BAD_USER_INPUT',
  })
  previewExpectedJob(
    @Arg('input', () => ExpectedJobInput) input: ExpectedJobInput,
    @Ctx() { jobs }: Context,
  ): Promise<Preview> {
    return jobs.preview(input)
  }

  @Authorized(Scope.READ)
  @Query(() => [JobsOfStatus], { description: 'Every status in the order of its enum, zeros included' })
  jobsByStatus(@Ctx() { jobs }: Context): Promise<JobsOfStatus[]> {
    return jobs.counts()
  }

  @Authorized(Scope.READ)
  @Query(() => String, { description: 'Every job in service as text that importExpectedJobs takes' })
  exportExpectedJobs(
    @Arg('format', () => ExchangeFormat) format: ExchangeFormat,
    @Ctx() { exchange }: Context,
  ): Promise<string> {
    return exchange.export(format)
  }

  @Authorized(Scope.OPERATE)
  @Mutation(() => ImportOutcome, {
    description: 'Makes and changes jobs, known by agent and database: all of them, or none where one is refused',
  })
  importExpectedJobs(
    @Arg('format', () => ExchangeFormat) format: ExchangeFormat,
    @Arg('content', () => String) content: string,
    @Arg('dryRun', () => Boolean, { defaultValue: false, description: 'True: only tells what would be done' })
    dryRun: boolean,
    @Ctx() { exchange, caller }: Context,
  ): Promise<ImportOutcome> {
    return exchange.import(format, content, { dryRun, actor: caller.name })
  }

  @Authorized(Scope.OPERATE)
  @Mutation(() => ExpectedJob, { description: 'Errors: BAD_USER_INPUT with field, rule and cure' })
  async createExpectedJob(
    @Arg('input', () => ExpectedJobInput) input: ExpectedJobInput,
    @Ctx() { jobs, caller, scanner }: Context,
  ): Promise<Row<ExpectedJob>> {
    const job = await jobs.create(input, caller.name)
    scanner.soon()
    return job
  }

  @Authorized(Scope.OPERATE)
  @Mutation(() => ExpectedJob, { description: 'Omitted = kept, null = cleared. Errors: NOT_FOUND, BAD_USER_INPUT' })
  updateExpectedJob(
    @Arg('id', () => ID) id: string,
    @Arg('input', () => ExpectedJobChange) input: ExpectedJobChange,
    @Ctx() { jobs, caller }: Context,
  ): Promise<Row<ExpectedJob>> {
    return jobs.update(id, input, caller.name)
  }

  @Authorized(Scope.OPERATE)
  @Mutation(() => ExpectedJob, { description: 'Retires a job: its history and its files stay. Errors: NOT_FOUND' })
  async deleteExpectedJob(
    @Arg('id', () => ID) id: string,
    @Ctx() { jobs, caller }: Context,
  ): Promise<Row<ExpectedJob>> {
    const [job] = await jobs.archive([id], caller.name)
    return job as Row<ExpectedJob>
  }

  @Authorized(Scope.OPERATE)
  @Mutation(() => [ExpectedJob], {
    description:
      'Retires several jobs, at most 500: all of them or, where one is not known, none. Their history and their files stay. Errors: NOT_FOUND, BAD_USER_INPUT',
  })
  deleteExpectedJobs(
    @Arg('ids', () => [ID]) ids: string[],
    @Ctx() { jobs, caller }: Context,
  ): Promise<Row<ExpectedJob>[]> {
    return jobs.archive(ids, caller.name)
  }

  @Authorized(Scope.OPERATE)
  @Mutation(() => [ExpectedJob], {
    description:
      'Pauses several jobs, at most 500, or takes them up again: all of them or, where one is not known or retired, none. Errors: NOT_FOUND, BAD_USER_INPUT',
  })
  async setExpectedJobsActive(
    @Arg('ids', () => [ID]) ids: string[],
    @Arg('active', () => Boolean) active: boolean,
    @Ctx() { jobs, caller, scanner }: Context,
  ): Promise<Row<ExpectedJob>[]> {
    const changed = await jobs.setActive(ids, active, caller.name)
    scanner.soon()
    return changed
  }

  @Authorized(Scope.OPERATE)
  @Mutation(() => [ExpectedJob], {
    description:
      'Takes tags from jobs, at most 500, and gives them others: all of them or, where one is not known, none. Errors: NOT_FOUND, BAD_USER_INPUT',
  })
  tagExpectedJobs(
    @Arg('ids', () => [ID]) ids: string[],
    @Args(() => TagArgs) change: TagArgs,
    @Ctx() { jobs }: Context,
  ): Promise<Row<ExpectedJob>[]> {
    return jobs.tag(ids, change)
  }

  @FieldResolver(() => Machine, { nullable: true, description: 'The machine that its agent runs on; null = not told' })
  async machine(@Root() job: Row<ExpectedJob>, @Ctx() { machines }: Context): Promise<Row<Machine> | null> {
    return job.machine ? machines.load(job.machine) : null
  }

  @FieldResolver(() => [ProtectionView], { description: 'What it protects; [] = not told' })
  protects(@Root() job: Row<ExpectedJob>, @Ctx() { jobs }: Context): Promise<Row<Protection>[]> {
    return jobs.protectionsOf(job.id)
  }

  @FieldResolver(() => [BackupStatus], {
    nullable: 'items',
    description: 'The worst status of each of the last days of a zone, today last; null = nothing was due',
  })
  strip(
    @Root() job: Row<ExpectedJob>,
    @Args(() => LastDaysArgs) { last, timeZone }: LastDaysArgs,
    @Ctx() { jobs }: Context,
  ): Promise<(BackupStatus | null)[]> {
    return jobs.strip(job.id, readDays(last), readZone(timeZone))
  }

  @FieldResolver(() => [Proof], {
    nullable: 'items',
    description: 'The least that the good backups of each of those days are proven; null = nothing good was due',
  })
  stripProof(
    @Root() job: Row<ExpectedJob>,
    @Args(() => LastDaysArgs) { last, timeZone }: LastDaysArgs,
    @Ctx() { jobs }: Context,
  ): Promise<(Proof | null)[]> {
    return jobs.stripProof(job.id, readDays(last), readZone(timeZone))
  }

  @FieldResolver(() => [BigIntScalar], {
    nullable: 'items',
    description:
      'Bytes of the largest good backup of each of those days, as measured; null = none was good, or measured',
  })
  stripSize(
    @Root() job: Row<ExpectedJob>,
    @Args(() => LastDaysArgs) { last, timeZone }: LastDaysArgs,
    @Ctx() { jobs }: Context,
  ): Promise<(number | null)[]> {
    return jobs.stripSize(job.id, readDays(last), readZone(timeZone))
  }

  @FieldResolver(() => BackupEntry, { nullable: true, description: 'Its newest good backup; null = none was good yet' })
  lastGood(@Root() job: Row<ExpectedJob>, @Ctx() { jobs }: Context): Promise<Row<BackupEntry> | null> {
    return jobs.lastGood(job.id)
  }

  @FieldResolver(() => [GraphQLISODateTime], {
    complexity: LARGE / 10,
    description: `When it is due from nextDueAt until then, at most ${MOST_DUES} times; [] = not until then, or paused`,
  })
  dues(@Root() job: Row<ExpectedJob>, @Arg('until', () => GraphQLISODateTime) until: Date): Date[] {
    return duesUntil(job, job.nextDueAt, until, MOST_DUES)
  }

  @FieldResolver(() => EntryConnection, { description: 'Its expected backups, newest first' })
  entries(
    @Root() job: Row<ExpectedJob>,
    @Args(() => EntriesArgs) args: EntriesArgs,
    @Ctx() { entries }: Context,
  ): Promise<Page<Row<BackupEntry>>> {
    return entries.list({ ...args, filter: { ...args.filter, jobId: job.id } })
  }
}
