import { EntityName, type Rel } from '@mikro-orm/core'
import { Entity, Index, ManyToOne, PrimaryKey, Property, Unique } from '@mikro-orm/decorators/legacy'
import { Field, GraphQLISODateTime, ID, ObjectType, registerEnumType } from 'type-graphql'
import { BigNumber } from '../database/big-number.ts'
import type { DeclaredStep } from './declared.ts'
import { BigIntScalar } from '../graphql/scalars.ts'
import { Reason } from '../reasons/reason.ts'
import { BackupFile } from './backup-file.entity.ts'
import { BackupEntry } from './backup-entry.entity.ts'
import { BackupStatus } from './backup-status.ts'
import { ExpectedJob } from './expected-job.entity.ts'

export enum RunOutcome {
  ACCEPTED = 'ACCEPTED',
  UNDECLARED = 'UNDECLARED',
  NOT_JSON = 'NOT_JSON',
  WRONG_TYPES = 'WRONG_TYPES',
  TOO_LARGE = 'TOO_LARGE',
  FOREIGN_AGENT = 'FOREIGN_AGENT',
  CLOCK_AHEAD = 'CLOCK_AHEAD',
  UNREADABLE = 'UNREADABLE',
}
registerEnumType(RunOutcome, {
  name: 'RunOutcome',
  description: 'What became of a report, or of the part of it that speaks of one database',
  valuesConfig: {
    ACCEPTED: { description: 'It belongs to an expected backup' },
    UNDECLARED: { description: 'No job expects this database of this agent' },
    NOT_JSON: { description: 'Truncated, or no JSON at all' },
    WRONG_TYPES: { description: 'JSON, but not a report: a field is absent or of another type' },
    TOO_LARGE: { description: 'More than 1 MiB' },
    FOREIGN_AGENT: { description: 'It names another agent than the folder that it lies in' },
    CLOCK_AHEAD: { description: 'It speaks of a time more than 24 hours ahead of this server' },
    UNREADABLE: { description: 'The file system refuses to let Vigie read it' },
  },
})

/** One step of a run, as the agent declares it. */
@ObjectType({ simpleResolvers: true, description: 'One step of a run, as the agent declares it' })
export class BackupStep {
  @Field(() => Boolean)
  ok!: boolean

  @Field(() => GraphQLISODateTime, { nullable: true, description: 'Null = not told' })
  startedAt!: Date | null

  @Field(() => GraphQLISODateTime, { nullable: true, description: 'Null = not told' })
  endedAt!: Date | null

  @Field(() => String, { nullable: true, description: 'SHA-256 of what the step made; null = not told' })
  sha256!: string | null

  @Field(() => BigIntScalar, { nullable: true, description: 'Bytes of what the step made; null = not told' })
  size!: number | null

  @Field(() => String, { nullable: true, description: 'The agent’s own words; null = none' })
  error!: string | null
}

/** One attempt to back up one database, as declared; a bad or undeclared report is a run without an entry. */
@Entity()
@ObjectType({ simpleResolvers: true, description: 'One attempt to back up one database, as the agent declares it' })
@Unique({ properties: ['agentId', 'runId', 'databaseName'] })
@Index({
  name: 'backup_run_open',
  expression: 'create index "backup_run_open" on "backup_run" ("is_open") where is_open',
})
@Index({
  name: 'backup_run_refused',
  expression:
    'create index "backup_run_refused" on "backup_run" ("received_at", "id") where outcome <> \'ACCEPTED\' and settled_at is null',
})
export class BackupRun {
  [EntityName]?: 'BackupRun'

  @Field(() => ID)
  @PrimaryKey({ type: 'string' })
  id!: string

  @Field(() => String)
  @Property({ type: 'string' })
  agentId!: string

  @Field(() => String, { description: 'Given by the agent; of a file without one, the SHA-256 of its content' })
  @Property({ type: 'string' })
  runId!: string

  /** SHA-256 of what was told: the same id with other content is a run of its own. Null = of an older Vigie. */
  @Property({ type: 'string', nullable: true })
  contentHash!: string | null

  @Field(() => String, { description: 'Empty where the report could not be read' })
  @Property({ type: 'string' })
  databaseName!: string

  @ManyToOne(() => ExpectedJob, { nullable: true, index: false })
  job!: Rel<ExpectedJob> | null

  @ManyToOne(() => BackupEntry, { nullable: true })
  entry!: Rel<BackupEntry> | null

  @Field(() => RunOutcome)
  @Property({ type: 'string' })
  outcome!: RunOutcome

  @Field(() => String, { nullable: true, description: 'For a refused report: what is wrong with it, in English' })
  @Property({ type: 'string', nullable: true })
  detail!: string | null

  @Field(() => BackupStep, { nullable: true, description: 'Null = the run has no such step' })
  @Property({ type: 'json', nullable: true })
  backup!: DeclaredStep | null

  @Field(() => BackupStep, { nullable: true, description: 'Null = the run has no such step' })
  @Property({ type: 'json', nullable: true })
  compress!: DeclaredStep | null

  @Field(() => BackupStep, { nullable: true, description: 'Null = the run has no such step' })
  @Property({ type: 'json', nullable: true })
  transfer!: DeclaredStep | null

  @Field(() => String, { nullable: true, description: 'As the agent wrote it; it never decides' })
  @Property({ type: 'string', nullable: true })
  overallStatus!: string | null

  @Field(() => String, { nullable: true, description: 'Name of the file in the deposit; null = not told' })
  @Property({ type: 'string', nullable: true })
  stagedFileName!: string | null

  @Field(() => String, { nullable: true, description: 'The agent’s own words; null = none' })
  @Property({ type: 'text', nullable: true })
  logsSummary!: string | null

  @Field(() => GraphQLISODateTime, { nullable: true, description: 'By the agent’s clock; null = not told' })
  @Property({ type: 'datetime', nullable: true })
  startedAt!: Date | null

  @Field(() => GraphQLISODateTime, { nullable: true, description: 'By the agent’s clock; null = not told' })
  @Property({ type: 'datetime', nullable: true })
  endedAt!: Date | null

  @Field(() => GraphQLISODateTime, { description: 'When the report arrived, by this server’s clock' })
  @Property({ type: 'datetime' })
  receivedAt!: Date

  @Field(() => String, {
    nullable: true,
    description: 'Path of the report below the deposit folder; null = by mutation',
  })
  @Property({ type: 'string', nullable: true })
  reportPath!: string | null

  /** The report's text, or the part about this database; null where it could not be read. */
  @Property({ type: 'text', nullable: true, lazy: true })
  raw?: string | null

  @Field(() => BackupStatus, { nullable: true, description: 'The verdict on this run alone; null = not judged yet' })
  @Property({ type: 'string', nullable: true })
  status!: BackupStatus | null

  @Field(() => [Reason])
  @Property({ type: 'json' })
  reasons!: Reason[]

  @ManyToOne(() => BackupFile, { nullable: true, index: false })
  file!: Rel<BackupFile> | null

  /** Whether scans still look for its file. */
  @Property({ type: 'boolean' })
  isOpen!: boolean

  @Field(() => GraphQLISODateTime, {
    nullable: true,
    description: 'For a refused or undeclared report: when it was dismissed or cured; null = it waits in the inbox',
  })
  @Property({ type: 'datetime', nullable: true })
  settledAt!: Date | null

  @Property({ type: BigNumber })
  sizeOfReport!: number
}
