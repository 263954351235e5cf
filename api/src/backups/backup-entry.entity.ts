import { EntityName, type Rel } from '@mikro-orm/core'
import { Entity, Index, ManyToOne, PrimaryKey, Property, Unique } from '@mikro-orm/decorators/legacy'
import { Field, GraphQLISODateTime, ID, ObjectType, registerEnumType } from 'type-graphql'
import { BigNumber } from '../database/big-number.ts'
import { BigIntScalar } from '../graphql/scalars.ts'
import { Reason } from '../reasons/reason.ts'
import { BackupFile } from './backup-file.entity.ts'
import { BackupRun } from './backup-run.entity.ts'
import { BackupStatus } from './backup-status.ts'
import { ExpectedJob } from './expected-job.entity.ts'
import { Proof } from './proof.ts'

export enum HashComparison {
  SAME = 'SAME',
  DIFFERENT = 'DIFFERENT',
}
registerEnumType(HashComparison, { name: 'HashComparison' })

/** One expected backup: one due time of one job. What is known of its file is copied here, so that history needs no joins. */
@Entity()
@ObjectType({ simpleResolvers: true, description: 'One due time of one job, and what came' })
@Unique({ properties: ['job', 'expectedAt'] })
@Index({ properties: ['expectedAt', 'id'] })
@Index({ properties: ['status', 'expectedAt', 'id'] })
@Index({ properties: ['measuredHash'] })
@Index({
  name: 'backup_entry_awaited',
  expression:
    'create index "backup_entry_awaited" on "backup_entry" ("window_ends_at") where judged_at is null and awaited',
})
export class BackupEntry {
  [EntityName]?: 'BackupEntry'

  @Field(() => ID)
  @PrimaryKey({ type: 'string' })
  id!: string

  @ManyToOne(() => ExpectedJob, { index: false })
  job!: Rel<ExpectedJob>

  @Field(() => GraphQLISODateTime, { description: 'When it was due' })
  @Property({ type: 'datetime' })
  expectedAt!: Date

  @Field(() => GraphQLISODateTime, { description: 'The end of its grace, as the job had it then' })
  @Property({ type: 'datetime' })
  windowEndsAt!: Date

  @Field(() => BackupStatus)
  @Property({ type: 'string' })
  status!: BackupStatus

  @Field(() => Proof, { nullable: true, description: 'How far it is proven; null = it is not good, or not judged yet' })
  @Property({ type: 'string', nullable: true })
  proof!: Proof | null

  @Field(() => [Reason], { description: 'Why, the gravest first' })
  @Property({ type: 'json' })
  reasons!: Reason[]

  /** False for a time before the job was made, or while it was paused: such a one is never MISSING. */
  @Property({ type: 'boolean' })
  awaited!: boolean

  @Field(() => GraphQLISODateTime, { nullable: true, description: 'When it was last judged; null = not yet' })
  @Property({ type: 'datetime', nullable: true })
  judgedAt!: Date | null

  @Field(() => GraphQLISODateTime, { nullable: true, description: 'When the good file was all here; null = none' })
  @Property({ type: 'datetime', nullable: true })
  arrivedAt!: Date | null

  @Field(() => Boolean, { description: 'True = retention never deletes its file' })
  @Property({ type: 'boolean' })
  protected!: boolean

  @ManyToOne(() => BackupRun, { nullable: true, index: false })
  bestRun!: Rel<BackupRun> | null

  @ManyToOne(() => BackupFile, { nullable: true, index: false })
  file!: Rel<BackupFile> | null

  @Field(() => GraphQLISODateTime, {
    nullable: true,
    description: 'End of the run by the agent’s clock; null = not told',
  })
  @Property({ type: 'datetime', nullable: true })
  agentReportTimestamp!: Date | null

  @Field(() => String, { nullable: true, description: 'SHA-256 of the staged file as declared; null = not told' })
  @Property({ type: 'string', nullable: true })
  reportedHash!: string | null

  @Field(() => String, { nullable: true, description: 'SHA-256 as measured here; null = not measured' })
  @Property({ type: 'string', nullable: true })
  measuredHash!: string | null

  @Field(() => BigIntScalar, { nullable: true, description: 'Bytes of the staged file as declared; null = not told' })
  @Property({ type: BigNumber, nullable: true })
  reportedSize!: number | null

  @Field(() => BigIntScalar, { nullable: true, description: 'Bytes as measured here; null = not measured' })
  @Property({ type: BigNumber, nullable: true })
  measuredSize!: number | null

  @Field(() => String, { nullable: true, description: 'SHA-256 before compression, as declared; null = not told' })
  @Property({ type: 'string', nullable: true })
  hashBeforeCompression!: string | null

  @Field(() => String, { nullable: true })
  @Property({ type: 'string', nullable: true })
  stagedFileName!: string | null

  @Field(() => String, { nullable: true })
  @Property({ type: 'text', nullable: true })
  logsSummary!: string | null

  @Field(() => String, { nullable: true, description: 'SHA-256 of the good backup before it; null = there was none' })
  @Property({ type: 'string', nullable: true })
  previousSuccessfulHash!: string | null

  @Field(() => HashComparison, { nullable: true, description: 'With the good backup before it; null = not compared' })
  @Property({ type: 'string', nullable: true })
  hashComparison!: HashComparison | null

  /** Seconds from the start of the best run to its end, by the agent's clock. */
  @Property({ type: 'integer', nullable: true })
  durationSeconds!: number | null

  @Field(() => GraphQLISODateTime)
  @Property({ type: 'datetime' })
  createdAt!: Date
}
