import {
  Arg,
  Args,
  Authorized,
  Ctx,
  Field,
  GraphQLISODateTime,
  ID,
  Int,
  Mutation,
  ObjectType,
  Query,
  registerEnumType,
  Resolver,
  Root,
  FieldResolver,
} from 'type-graphql'
import { Scope } from '../graphql/scope.ts'
import { BackupRun, RunOutcome } from '../backups/backup-run.entity.ts'
import { ExpectedJob } from '../backups/expected-job.entity.ts'
import type { Context } from '../graphql/context.ts'
import type { Row } from '../database/rows.ts'
import { BigIntScalar } from '../graphql/scalars.ts'
import { connectionOf, type Page, PageArgs } from '../platform/page.ts'
import { BackupRunInput } from './backup-run.input.ts'
import { Scan, ScanOutcome } from './scan.entity.ts'
import type { ScanAnswer as Answer } from './scanner.ts'

@ObjectType({ simpleResolvers: true, description: 'What a scan came to' })
export class ScanAnswer {
  @Field(() => ScanOutcome)
  outcome!: ScanOutcome

  @Field(() => Scan, { nullable: true, description: 'Null = another scan is running, and does the work' })
  scan!: Scan | null
}

@ObjectType({ simpleResolvers: true, description: 'How promotion goes, as a probe really did it at the start' })
export class LinkProbeView {
  @Field(() => String, { description: 'Below the deposit folder; empty = the folder itself' })
  folder!: string

  @Field(() => String, { description: 'LINK: at once and without room. COPY: as safe, but it needs time and room.' })
  mode!: string

  @Field(() => String, { nullable: true, description: 'Why it cannot link, and what to do about it; null = it links' })
  detail!: string | null
}

@ObjectType({ simpleResolvers: true, description: 'Something that hinders scans' })
export class ScannerTrouble {
  @Field(() => String, { description: 'What and where, in English' })
  text!: string

  @Field(() => GraphQLISODateTime)
  since!: Date
}

export enum FileWorkKind {
  READING = 'READING',
  MOVING = 'MOVING',
}
registerEnumType(FileWorkKind, {
  name: 'FileWorkKind',
  valuesConfig: {
    READING: { description: 'Read to its end, and checked' },
    MOVING: { description: 'Copied to vault or quarantine, where it cannot be linked' },
  },
})

@ObjectType({ description: 'A file that is being read or copied, or waits for its turn, beside scans' })
export class FileWorkView {
  @Field(() => FileWorkKind)
  kind!: FileWorkKind

  @Field(() => String, { description: 'Below the deposit or the quarantine' })
  path!: string

  @Field(() => BigIntScalar, { description: 'Bytes' })
  size!: number

  @Field(() => GraphQLISODateTime, { nullable: true, description: 'Null = it waits for its turn' })
  begunAt!: Date | null

  /** The id of its job. */
  owner!: string
}

@ObjectType({ simpleResolvers: true, description: 'How the scanner is' })
export class ScannerHealth {
  @Field(() => Boolean)
  running!: boolean

  @Field(() => Int)
  intervalMinutes!: number

  @Field(() => GraphQLISODateTime, {
    nullable: true,
    description: 'The end of the last scan that saw everything; null = never one. `scans` tells of the others too',
  })
  lastScanEndedAt!: Date | null

  @Field(() => GraphQLISODateTime, {
    nullable: true,
    description: 'As the scheduler has it; null = it is not running, or a scan is',
  })
  nextScanAt!: Date | null

  @Field(() => [ScannerTrouble], { description: 'What keeps it from its work, the oldest first; [] = nothing' })
  troubles!: { text: string; since: Date }[]

  @Field(() => [FileWorkView], { description: 'What is being read or copied, the longest first, then what waits' })
  fileWork!: FileWorkView[]

  @Field(() => [LinkProbeView])
  links!: LinkProbeView[]

  @Field(() => String, { description: 'The folder that agents drop files into' })
  depositFolder!: string

  @Field(() => String)
  vaultFolder!: string

  @Field(() => String)
  quarantineFolder!: string
}

/** Only what a reporting token may know: not the job's history. */
@ObjectType({ simpleResolvers: true, description: 'What became of one database of a run' })
export class RunReceipt {
  @Field(() => ID)
  id!: string

  @Field(() => String)
  databaseName!: string

  @Field(() => RunOutcome)
  outcome!: RunOutcome

  @Field(() => String, { nullable: true, description: 'What is wrong with it, in English; null = nothing' })
  detail!: string | null
}

@ObjectType({ simpleResolvers: true })
export class BackupRunReceipt {
  @Field(() => Boolean, { description: 'True: this run was known, and nothing changed' })
  repeated!: boolean

  @Field(() => [RunReceipt], { description: 'One for each database, with its outcome' })
  runs!: RunReceipt[]
}

export const ScanConnection = connectionOf(Scan, 'Scan')

@Resolver()
export class DepositResolver {
  @Authorized(Scope.READ)
  @Query(() => ScanConnection, { description: 'The scans of the last 30 days, newest first' })
  scans(@Args(() => PageArgs) args: PageArgs, @Ctx() { deposit }: Context): Promise<Page<Row<Scan>>> {
    return deposit.scans(args)
  }

  @Authorized(Scope.READ)
  @Query(() => ScannerHealth)
  async scanner(@Ctx() { clock, deposit, scanner, schedule, roots }: Context): Promise<ScannerHealth> {
    const state = await deposit.state()
    const last = state?.lastScanEndedAt ?? null
    return {
      running: scanner.isRunning,
      intervalMinutes: scanner.intervalMinutes,
      lastScanEndedAt: last,
      nextScanAt: (await schedule.nextRuns())['scan'] ?? null,
      troubles: (state?.troubles ?? []).map(({ text, since }) => ({ text, since: new Date(since) })),
      // A walk through a folder is the work of no file.
      fileWork: scanner
        .fileWork()
        .filter(({ path }) => path !== '')
        .map(({ forMs, kind, ...work }) => ({
          ...work,
          kind: FileWorkKind[kind],
          begunAt: forMs === null ? null : new Date(clock().getTime() - forMs),
        })),
      links: [...scanner.linkProbes()],
      depositFolder: roots.deposit,
      vaultFolder: roots.vault,
      quarantineFolder: roots.quarantine,
    }
  }

  @Authorized(Scope.OPERATE)
  @Mutation(() => ScanAnswer, { description: 'Scans now and answers with what it did' })
  scanBackups(@Ctx() { scanner, caller }: Context): Promise<Answer> {
    return scanner.scan(caller.name)
  }

  @Authorized(Scope.REPORT)
  @Mutation(() => BackupRunReceipt, {
    description:
      'What a STATUS.json tells, by GraphQL; the file itself still comes by rsync. Errors: BAD_USER_INPUT, FORBIDDEN',
  })
  async reportBackupRun(
    @Arg('run', () => BackupRunInput) run: BackupRunInput,
    @Ctx() { deposit, caller, scanner }: Context,
  ): Promise<{ repeated: boolean; runs: Row<BackupRun>[] }> {
    const receipt = await deposit.report(run, caller)
    if (!receipt.repeated) scanner.soon()
    return receipt
  }

  @Authorized(Scope.OPERATE)
  @Mutation(() => BackupRun, { description: 'Takes a report out of the inbox. Errors: NOT_FOUND, BAD_USER_INPUT' })
  dismissReport(@Arg('id', () => ID) id: string, @Ctx() { deposit }: Context): Promise<Row<BackupRun>> {
    return deposit.dismiss(id)
  }
}

@Resolver(() => FileWorkView)
export class FileWorkResolver {
  @FieldResolver(() => ExpectedJob, { nullable: true, description: 'Null = a file of no job any more' })
  async job(@Root() { owner }: FileWorkView, @Ctx() { jobs }: Context): Promise<Row<ExpectedJob> | null> {
    return jobs.load(owner).catch(() => null)
  }
}
