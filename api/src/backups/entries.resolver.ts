import {
  Extensions,
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
import { COSTLY } from '../graphql/cost.ts'
import { Scope } from '../graphql/scope.ts'
import { LARGE } from '../graphql/cost.ts'
import type { Context } from '../graphql/context.ts'
import type { Row } from '../database/rows.ts'
import { connectionOf, type Page, PageArgs } from '../platform/page.ts'
import { BackupFile } from './backup-file.entity.ts'
import { BackupEntry } from './backup-entry.entity.ts'
import { BackupRun } from './backup-run.entity.ts'
import { BackupStatus, EntryPhase } from './backup-status.ts'
import { ExpectedJob } from './expected-job.entity.ts'

@InputType()
export class EntryFilter {
  @Field(() => ID, { nullable: true })
  jobId?: string | null

  @Field(() => [BackupStatus], { nullable: true })
  status?: BackupStatus[] | null

  @Field(() => String, { nullable: true, description: 'Of the job; without case and accents' })
  companyName?: string | null

  @Field(() => String, { nullable: true, description: 'Of the job; without case and accents' })
  city?: string | null

  @Field(() => String, { nullable: true, description: 'Of the job' })
  agentId?: string | null

  @Field(() => GraphQLISODateTime, { nullable: true, description: 'Expected at or after' })
  from?: Date | null

  @Field(() => GraphQLISODateTime, { nullable: true, description: 'Expected at or before' })
  to?: Date | null
}

@ArgsType()
export class EntriesArgs extends PageArgs {
  @Field(() => EntryFilter, { nullable: true })
  filter?: EntryFilter | null
}

export const EntryConnection = connectionOf(BackupEntry, 'BackupEntry')
export const RunConnection = connectionOf(BackupRun, 'BackupRun')

@Resolver(() => BackupEntry)
export class EntriesResolver {
  @Authorized(Scope.READ)
  @Query(() => EntryConnection, { description: 'Expected backups and what came of them, newest first' })
  backupEntries(
    @Args(() => EntriesArgs) args: EntriesArgs,
    @Ctx() { entries }: Context,
  ): Promise<Page<Row<BackupEntry>>> {
    return entries.list(args)
  }

  @Authorized(Scope.READ)
  @Query(() => BackupEntry, { description: 'One expected backup. Errors: NOT_FOUND' })
  backupEntry(@Arg('id', () => ID) id: string, @Ctx() { entries }: Context): Promise<Row<BackupEntry>> {
    return entries.load(id)
  }

  @Authorized(Scope.READ)
  @Query(() => BackupEntry, {
    nullable: true,
    description:
      'The newest backup of a job that is good and whose file lies in the vault: what to restore. Null = there is none. Errors: NOT_FOUND',
  })
  async latestGoodBackup(
    @Arg('jobId', () => ID) jobId: string,
    @Ctx() { entries, jobs }: Context,
    @Arg('before', () => GraphQLISODateTime, { nullable: true, description: 'Expected before; null = now' })
    before: Date | null,
  ): Promise<Row<BackupEntry> | null> {
    await jobs.load(jobId)
    return entries.latestGood(jobId, before)
  }

  @FieldResolver(() => ExpectedJob)
  job(@Root() entry: Row<BackupEntry>, @Ctx() { jobs }: Context): Promise<Row<ExpectedJob>> {
    return jobs.load(entry.job)
  }

  @FieldResolver(() => EntryPhase)
  phase(@Root() entry: Row<BackupEntry>, @Ctx() { entries }: Context): EntryPhase {
    return entries.phase(entry)
  }

  @FieldResolver(() => BackupRun, {
    nullable: true,
    description: 'The run that decided, or that waits; null = none came',
  })
  bestRun(@Root() entry: Row<BackupEntry>, @Ctx() { entries }: Context): Promise<Row<BackupRun> | null> {
    return entries.run(entry.bestRun)
  }

  @FieldResolver(() => [BackupRun], { description: 'All attempts, newest first' })
  runs(@Root() entry: Row<BackupEntry>, @Ctx() { entries }: Context): Promise<Row<BackupRun>[]> {
    return entries.runs(entry.id)
  }

  @FieldResolver(() => BackupFile, { nullable: true, description: 'Its file, wherever it lies; null = none was seen' })
  file(@Root() entry: Row<BackupEntry>, @Ctx() { entries }: Context): Promise<Row<BackupFile> | null> {
    return entries.file(entry.file)
  }

  @FieldResolver(() => BackupEntry, {
    nullable: true,
    complexity: COSTLY,
    description: 'What its job expected before it; null = it is the first',
  })
  previous(@Root() entry: Row<BackupEntry>, @Ctx() { entries }: Context): Promise<Row<BackupEntry> | null> {
    return entries.neighbour(entry, 'before')
  }

  @FieldResolver(() => BackupEntry, {
    nullable: true,
    complexity: COSTLY,
    description: 'What its job expected after it; null = it is the newest',
  })
  next(@Root() entry: Row<BackupEntry>, @Ctx() { entries }: Context): Promise<Row<BackupEntry> | null> {
    return entries.neighbour(entry, 'after')
  }

  @FieldResolver(() => Int, {
    nullable: true,
    description: 'Seconds from the start of the run to its end, by the agent’s clock; null = not told',
  })
  durationSeconds(@Root() { durationSeconds }: Row<BackupEntry>): number | null {
    // Of a clock that was set meanwhile it may be thousands of years.
    return durationSeconds === null ? null : Math.min(durationSeconds, 2 ** 31 - 1)
  }
}

@Resolver(() => BackupRun)
export class RunsResolver {
  @Authorized(Scope.READ)
  @Query(() => RunConnection, {
    description:
      'Reports that belong to no expected backup: bad ones, and databases that nobody declared; newest first',
  })
  reportInbox(@Args(() => PageArgs) args: PageArgs, @Ctx() { entries }: Context): Promise<Page<Row<BackupRun>>> {
    return entries.inbox(args)
  }

  @FieldResolver(() => BackupFile, { nullable: true, description: 'Null = none was seen' })
  file(@Root() run: Row<BackupRun>, @Ctx() { entries }: Context): Promise<Row<BackupFile> | null> {
    return entries.file(run.file)
  }

  @FieldResolver(() => ExpectedJob, { nullable: true, description: 'Null = nobody expects it' })
  async job(@Root() run: Row<BackupRun>, @Ctx() { jobs }: Context): Promise<Row<ExpectedJob> | null> {
    return run.job ? jobs.load(run.job) : null
  }

  @Extensions({ largeText: true })
  @FieldResolver(() => String, {
    nullable: true,
    complexity: LARGE,
    description:
      'What was sent, its first 64 KiB: the part about this database, or a bad report whole; null = it could not be read, or is older than 90 days',
  })
  raw(@Root() run: Row<BackupRun>, @Ctx() { entries }: Context): Promise<string | null> {
    return entries.rawOf(run.id)
  }
}
