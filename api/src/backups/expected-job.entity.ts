import { EntityName, type Rel } from '@mikro-orm/core'
import { Entity, Index, ManyToOne, PrimaryKey, Property } from '@mikro-orm/decorators/legacy'
import { Field, GraphQLISODateTime, ID, Int, ObjectType } from 'type-graphql'
import { Proof } from './proof.ts'
import { Machine } from '../machines/machine.entity.ts'
import { BackupStatus, ExpectChange } from './backup-status.ts'
import { DayOfWeek, DueMeans, Frequency } from './schedule.ts'

@Entity()
@ObjectType({ simpleResolvers: true, description: 'A backup that must come' })
@Index({
  name: 'expected_job_of_agent',
  expression:
    'create unique index "expected_job_of_agent" on "expected_job" ("agent_id", "database_name") where archived_at is null',
})
@Index({
  name: 'expected_job_target',
  expression: 'create unique index "expected_job_target" on "expected_job" ("target_key") where archived_at is null',
})
@Index({
  name: 'expected_job_due',
  expression: 'create index "expected_job_due" on "expected_job" ("next_due_at") where archived_at is null and active',
})
@Index({
  name: 'expected_job_worst_first',
  expression:
    'create index "expected_job_worst_first" on "expected_job" ("standing", "agent_id", "database_name", "id") where archived_at is null',
})
@Index({
  name: 'expected_job_status',
  expression:
    'create index "expected_job_status" on "expected_job" ("active", "current_status") where archived_at is null',
})
@Index({
  name: 'expected_job_by_name',
  expression:
    'create index "expected_job_by_name" on "expected_job" (coalesce("company_name", \'\'), coalesce("city", \'\'), "agent_id", "database_name", "id") where archived_at is null',
})
export class ExpectedJob {
  [EntityName]?: 'ExpectedJob'

  @Field(() => ID)
  @PrimaryKey({ type: 'string' })
  id!: string

  @Field(() => String, { description: 'The agent that sends it: the name of its folder in the deposit' })
  @Property({ type: 'string' })
  agentId!: string

  @Field(() => String)
  @Property({ type: 'string' })
  databaseName!: string

  @ManyToOne(() => Machine, { nullable: true })
  machine!: Rel<Machine> | null

  @Field(() => String, { nullable: true, description: 'Null = none given' })
  @Property({ type: 'string', nullable: true })
  companyName!: string | null

  @Field(() => String, { nullable: true, description: 'Null = none given' })
  @Property({ type: 'string', nullable: true })
  city!: string | null

  @Field(() => String, { nullable: true, description: 'Null = none given' })
  @Property({ type: 'string', nullable: true })
  neighborhood!: string | null

  @Field(() => [String], { description: 'What its owner sorts it by, see tags; sorted' })
  @Property({ type: 'json', default: '[]' })
  tags!: string[]

  @Field(() => String, { description: 'Five fields of crontab(5), read in timeZone' })
  @Property({ type: 'string' })
  cron!: string

  @Field(() => String, { description: 'IANA time zone' })
  @Property({ type: 'string' })
  timeZone!: string

  @Field(() => Frequency, { nullable: true, description: 'Null = the schedule was given as a cron line' })
  @Property({ type: 'string', nullable: true })
  frequency!: Frequency | null

  @Field(() => Int, { nullable: true, description: 'Null = hourly, or given as a cron line' })
  @Property({ type: 'integer', nullable: true })
  expectedHourUtc!: number | null

  @Field(() => Int, { nullable: true, description: 'Null = given as a cron line' })
  @Property({ type: 'integer', nullable: true })
  expectedMinuteUtc!: number | null

  @Field(() => [DayOfWeek], { nullable: true, description: 'For WEEKLY; else null' })
  @Property({ type: 'json', nullable: true })
  daysOfWeek!: DayOfWeek[] | null

  @Field(() => Int, { nullable: true, description: 'For MONTHLY, 1 to 28; else null' })
  @Property({ type: 'integer', nullable: true })
  dayOfMonth!: number | null

  @Field(() => Boolean, { nullable: true, description: 'For MONTHLY, on its last day; else null' })
  @Property({ type: 'boolean', nullable: true })
  lastDayOfMonth!: boolean | null

  @Field(() => DueMeans)
  @Property({ type: 'string', default: DueMeans.BEGINS })
  dueMeans!: DueMeans

  @Field(() => Int, { description: 'How long after its due time a backup still counts as on time, in minutes' })
  @Property({ type: 'integer' })
  graceMinutes!: number

  @Field(() => String, { description: 'Where the agent drops the file, below the deposit folder' })
  @Property({ type: 'string' })
  agentDepositPathTemplate!: string

  @Field(() => String, { description: 'The folder where the agent drops its reports, below the deposit folder' })
  @Property({ type: 'string' })
  agentLogDepositPathTemplate!: string

  @Field(() => String, { description: 'Where a proven file goes, below the vault' })
  @Property({ type: 'string' })
  finalStoragePathTemplate!: string

  /** The storage template with the job's own names filled in, whatever their case: no two jobs write one file. */
  @Property({ type: 'string' })
  targetKey!: string

  @Field(() => [String], { description: 'Who is told by mail; [] = ADMIN_EMAIL_RECIPIENT' })
  @Property({ type: 'json' })
  recipients!: string[]

  @Field(() => ExpectChange)
  @Property({ type: 'string' })
  expectChange!: ExpectChange

  @Field(() => Boolean, { description: 'True = what cannot be proven INTACT is kept apart, and is no good backup' })
  @Property({ type: 'boolean', default: false })
  mustBeProven!: boolean

  @Field(() => Proof, { nullable: true, description: 'How far the newest backup is proven; null = it is not good' })
  @Property({ type: 'string', nullable: true })
  currentProof!: Proof | null

  @Field(() => String, { nullable: true, description: 'What to do when it fails, told in each mail; null = nothing' })
  @Property({ type: 'text', nullable: true })
  runbook!: string | null

  @Field(() => Int, { nullable: true, description: 'Keep the newest good backups; null = this rule keeps none' })
  @Property({ type: 'integer', nullable: true })
  keepLast!: number | null

  @Field(() => Int, { nullable: true, description: 'Keep the newest good backup of so many days' })
  @Property({ type: 'integer', nullable: true })
  keepDaily!: number | null

  @Field(() => Int, { nullable: true, description: 'Keep the newest good backup of so many weeks (ISO 8601)' })
  @Property({ type: 'integer', nullable: true })
  keepWeekly!: number | null

  @Field(() => Int, { nullable: true, description: 'Keep the newest good backup of so many months' })
  @Property({ type: 'integer', nullable: true })
  keepMonthly!: number | null

  @Field(() => Int, { nullable: true, description: 'Keep the newest good backup of so many years' })
  @Property({ type: 'integer', nullable: true })
  keepYearly!: number | null

  @Field(() => Boolean, { description: 'False = paused: nothing is expected, what comes is still proven' })
  @Property({ type: 'boolean' })
  active!: boolean

  @Field(() => BackupStatus, { description: 'Of its newest judged backup; UNKNOWN at first' })
  @Property({ type: 'string' })
  currentStatus!: BackupStatus

  /** When the backup that currentStatus speaks of was expected; null = none was judged. */
  @Property({ type: 'datetime', nullable: true })
  statusOf!: Date | null

  /** Worst first: paused jobs last, then STATUS_RANK from the worst. Kept in step with currentStatus and active. */
  @Property({ type: 'integer' })
  standing!: number

  @Field(() => GraphQLISODateTime, { nullable: true, description: 'When it was last judged; null = never' })
  @Property({ type: 'datetime', nullable: true })
  lastCheckedAt!: Date | null

  @Field(() => GraphQLISODateTime, { nullable: true, description: 'Null = paused, or it never comes again' })
  @Property({ type: 'datetime', nullable: true })
  nextDueAt!: Date | null

  @Field(() => GraphQLISODateTime, {
    nullable: true,
    description: 'When the newest good backup was expected; null = never one',
  })
  @Property({ type: 'datetime', nullable: true })
  lastSuccessfulBackupAt!: Date | null

  @Field(() => GraphQLISODateTime, {
    nullable: true,
    description: 'When the newest backup that was not good was expected; null = never one',
  })
  @Property({ type: 'datetime', nullable: true })
  lastFailedBackupAt!: Date | null

  @Field(() => String, { nullable: true, description: 'SHA-256 of the newest good file; null = none yet' })
  @Property({ type: 'string', nullable: true })
  previousSuccessfulHash!: string | null

  /** The content fingerprint of the newest good file. */
  @Property({ type: 'string', nullable: true })
  previousFingerprint!: string | null

  @Field(() => Int, { description: 'How many of its newest expected backups in a row were not good' })
  @Property({ type: 'integer' })
  badInARow!: number

  @Field(() => GraphQLISODateTime)
  @Property({ type: 'datetime' })
  createdAt!: Date

  @Field(() => GraphQLISODateTime, { nullable: true, description: 'When it was retired; null = in service' })
  @Property({ type: 'datetime', nullable: true })
  archivedAt!: Date | null
}

/** What a job protects: at reading, the file system whose mountpoint is the longest that the path begins with. */
@Entity()
export class Protection {
  [EntityName]?: 'Protection'

  @PrimaryKey({ type: 'string' })
  id!: string

  @ManyToOne(() => ExpectedJob)
  job!: Rel<ExpectedJob>

  @ManyToOne(() => Machine)
  machine!: Rel<Machine>

  @Property({ type: 'string' })
  path!: string
}
