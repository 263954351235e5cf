import { EntityName } from '@mikro-orm/core'
import { Entity, Index, PrimaryKey, Property } from '@mikro-orm/decorators/legacy'
import { Field, GraphQLISODateTime, ID, Int, ObjectType, registerEnumType } from 'type-graphql'
import type { InnerMount } from './inner-mounts.ts'

export enum ScanOutcome {
  DONE = 'DONE',
  ALREADY_RUNNING = 'ALREADY_RUNNING',
  BLIND = 'BLIND',
}
registerEnumType(ScanOutcome, {
  name: 'ScanOutcome',
  valuesConfig: {
    DONE: { description: 'Everything was looked at' },
    ALREADY_RUNNING: { description: 'Another scan holds the lease; it does the work' },
    BLIND: { description: 'The deposit folder could not be seen: nothing was judged as missing' },
  },
})

/** What a scan did. */
@ObjectType({ simpleResolvers: true, description: 'One scan of the deposit folder, and what it did' })
@Entity()
@Index({ properties: ['startedAt', 'id'] })
export class Scan {
  [EntityName]?: 'Scan'

  @Field(() => ID)
  @PrimaryKey({ type: 'string' })
  id!: string

  @Field(() => String, { description: 'SCHEDULE, REPORT, FILES (some were read or looked at), or who asked for it' })
  @Property({ type: 'string' })
  trigger!: string

  @Field(() => GraphQLISODateTime)
  @Property({ type: 'datetime' })
  startedAt!: Date

  @Field(() => GraphQLISODateTime, { nullable: true, description: 'Null = running, or it was cut off' })
  @Property({ type: 'datetime', nullable: true })
  endedAt!: Date | null

  @Field(() => ScanOutcome, { nullable: true, description: 'Null = running, or it was cut off' })
  @Property({ type: 'string', nullable: true })
  outcome!: ScanOutcome | null

  @Field(() => String, { nullable: true, description: 'Why it was blind, or what failed; null = nothing' })
  @Property({ type: 'string', nullable: true })
  trouble!: string | null

  @Field(() => Int, { description: 'Folders that were read' })
  @Property({ type: 'integer' })
  foldersRead: number = 0

  @Field(() => Int, { description: 'Folders that were as they had been' })
  @Property({ type: 'integer' })
  foldersUnchanged: number = 0

  @Field(() => Int, { description: 'Runs that reports told of' })
  @Property({ type: 'integer' })
  runsRecorded: number = 0

  @Field(() => Int, { description: 'Reports, or parts of them, that could not be used' })
  @Property({ type: 'integer' })
  reportsRefused: number = 0

  @Field(() => Int, { description: 'Files that were read and checked' })
  @Property({ type: 'integer' })
  filesRead: number = 0

  @Field(() => Int)
  @Property({ type: 'integer' })
  filesPromoted: number = 0

  @Field(() => Int)
  @Property({ type: 'integer' })
  filesQuarantined: number = 0

  @Field(() => Int, {
    description: 'Files that were still being read or copied when it ended: another scan follows when they are',
  })
  @Property({ type: 'integer', default: 0 })
  filesWaiting: number = 0

  @Field(() => Int, { description: 'Expected backups that came due' })
  @Property({ type: 'integer' })
  entriesOpened: number = 0

  @Field(() => Int, { description: 'Expected backups that were judged' })
  @Property({ type: 'integer' })
  entriesJudged: number = 0

  @Field(() => Int)
  @Property({ type: 'integer' })
  entriesMissing: number = 0
}

/** What hinders scans. It has an alert of its own, and an end of its own. */
export interface Trouble {
  /** What is hindered: `roots`, a folder, a file, a backup. */
  cause: string
  text: string
  /** ISO 8601 */
  since: string
}

/** One row: the lease that decides which scan may write, and what Vigie knows of the deposit folder. */
@Entity()
export class Scanner {
  [EntityName]?: 'Scanner'

  @PrimaryKey({ type: 'string' })
  id!: string

  /** Tells this Vigie from others that share a MongoDB with it. Null = it never used one. */
  @Property({ type: 'string', nullable: true })
  instanceId!: string | null

  /** The content of the deposit's sentinel file. Null = none was made yet. */
  @Property({ type: 'string', nullable: true })
  depositId!: string | null

  /** The same of the vault and of the quarantine. */
  @Property({ type: 'string', nullable: true })
  vaultId!: string | null

  @Property({ type: 'string', nullable: true })
  quarantineId!: string | null

  /** File systems of their own within the three: where one is not mounted its files are not lost. */
  @Property({ type: 'json', default: '[]' })
  innerMounts!: InnerMount[]

  @Property({ type: 'string', nullable: true })
  leaseOwner!: string | null

  /** Fencing: every write of a scan checks that the lease is still this one. */
  @Property({ type: 'string', nullable: true })
  leaseToken!: string | null

  @Property({ type: 'datetime', nullable: true })
  leaseExpiresAt!: Date | null

  /** What keeps scans from doing all of their work, each cause once, the oldest first. */
  @Property({ type: 'json', default: '[]' })
  troubles!: Trouble[]

  /** The end of the last scan that saw everything. */
  @Property({ type: 'datetime', nullable: true })
  lastScanEndedAt!: Date | null
}
