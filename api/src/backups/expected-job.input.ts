import { Field, ID, InputType, Int } from 'type-graphql'
import { ExpectChange } from './backup-status.ts'
import { DayOfWeek, DueMeans, Frequency } from './schedule.ts'

@InputType({ description: 'A path on a machine that the backup protects' })
export class ProtectionInput {
  @Field(() => ID, { nullable: true, description: 'This or hostname' })
  machineId?: string | null

  @Field(() => String, {
    nullable: true,
    description: 'Without case (RFC 4343); a short name stands for the whole one where that is one machine’s alone',
  })
  hostname?: string | null

  @Field(() => String, { description: 'Absolute, such as /var/lib/postgresql' })
  path!: string
}

/** What may be said of a job, all of it optional: of a change, omitted = kept, null = cleared. */
@InputType()
abstract class JobSettings {
  @Field(() => ID, { nullable: true, description: 'The machine that the agent runs on' })
  machineId?: string | null

  @Field(() => String, { nullable: true, description: 'The same machine by its hostname; not with machineId' })
  machineHostname?: string | null

  @Field(() => String, { nullable: true })
  companyName?: string | null

  @Field(() => String, { nullable: true })
  city?: string | null

  @Field(() => String, { nullable: true })
  neighborhood?: string | null

  @Field(() => String, {
    nullable: true,
    description: 'Five fields of crontab(5), L = last day of the month; not with frequency',
  })
  cron?: string | null

  @Field(() => String, { nullable: true, description: 'IANA time zone of cron; UTC by default' })
  timeZone?: string | null

  @Field(() => Frequency, { nullable: true, description: 'In UTC; not with cron' })
  frequency?: Frequency | null

  @Field(() => Int, { nullable: true, description: '0 to 23; not for HOURLY' })
  expectedHourUtc?: number | null

  @Field(() => Int, { nullable: true, description: '0 to 59; 0 by default' })
  expectedMinuteUtc?: number | null

  @Field(() => [DayOfWeek], { nullable: true, description: 'For WEEKLY' })
  daysOfWeek?: DayOfWeek[] | null

  @Field(() => Int, { nullable: true, description: 'For MONTHLY: 1 to 28' })
  dayOfMonth?: number | null

  @Field(() => Boolean, { nullable: true, description: 'For MONTHLY' })
  lastDayOfMonth?: boolean | null

  @Field(() => DueMeans, { nullable: true, description: 'BEGINS by default' })
  dueMeans?: DueMeans | null

  @Field(() => Int, {
    nullable: true,
    description: 'Shorter than the period; by default the smaller of 120 and half the period',
  })
  graceMinutes?: number | null

  @Field(() => String, { nullable: true, description: '{agent_id}/databases/{file_name} by default' })
  agentDepositPathTemplate?: string | null

  @Field(() => String, { nullable: true, description: 'A folder; {agent_id}/log by default' })
  agentLogDepositPathTemplate?: string | null

  @Field(() => String, {
    nullable: true,
    description: '{agent_id}/{database_name}/{year}{month}{day}T{hour}{minute}_{file_name} by default',
  })
  finalStoragePathTemplate?: string | null

  @Field(() => [String], { nullable: true, description: 'Mail addresses; [] = ADMIN_EMAIL_RECIPIENT' })
  recipients?: string[] | null

  @Field(() => ExpectChange, { nullable: true, description: 'ALERT by default' })
  expectChange?: ExpectChange | null

  @Field(() => Boolean, { nullable: true, description: 'Take only what is proven INTACT; false where it is not given' })
  mustBeProven?: boolean | null

  @Field(() => String, { nullable: true, description: 'What to do when it fails, told in each mail' })
  runbook?: string | null

  @Field(() => Int, { nullable: true, description: 'Retention: all null = keep everything' })
  keepLast?: number | null

  @Field(() => Int, { nullable: true })
  keepDaily?: number | null

  @Field(() => Int, { nullable: true })
  keepWeekly?: number | null

  @Field(() => Int, { nullable: true })
  keepMonthly?: number | null

  @Field(() => Int, { nullable: true })
  keepYearly?: number | null

  @Field(() => Boolean, { nullable: true, description: 'False = paused; true by default' })
  active?: boolean | null

  @Field(() => [ProtectionInput], { nullable: true, description: 'What it protects' })
  protects?: ProtectionInput[] | null
}

@InputType({ description: 'A backup that must come' })
export class ExpectedJobInput extends JobSettings {
  @Field(() => String, { description: 'The name of the agent’s folder in the deposit' })
  agentId!: string

  @Field(() => String)
  databaseName!: string
}

@InputType({ description: 'A change of a job: omitted = kept, null = cleared' })
export class ExpectedJobChange extends JobSettings {
  @Field(() => String, { nullable: true })
  agentId?: string | null

  @Field(() => String, { nullable: true })
  databaseName?: string | null
}
