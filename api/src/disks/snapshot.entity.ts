import { EntityName, type Rel } from '@mikro-orm/core'
import { Entity, Index, ManyToOne, PrimaryKey, Property } from '@mikro-orm/decorators/legacy'
import { BigNumber } from '../database/big-number.ts'
import { Field, GraphQLISODateTime, ID, Int, ObjectType } from 'type-graphql'
import { Machine } from '../machines/machine.entity.ts'
import { BigIntScalar } from '../graphql/scalars.ts'
import { Disk } from './disk.entity.ts'
import { ReadingOutcome, ReadingSource } from './disk-words.ts'
import { Health } from './health.ts'
import { Reason } from '../reasons/reason.ts'
import { SmartDocument } from './smart-document.entity.ts'

/** Counters by code ("5" for the ATA attribute 5, "media_errors" for NVMe): [normalised value or null, raw value]. */
export type Counters = Record<string, [number | null, number | null]>

@Entity()
@ObjectType({ simpleResolvers: true, description: 'One reading of one disk' })
@Index({ properties: ['disk', 'at'] })
export class Snapshot {
  [EntityName]?: 'Snapshot'

  @Field(() => ID)
  @PrimaryKey({ type: 'integer' })
  id!: number

  @ManyToOne(() => Disk, { index: false })
  disk!: Rel<Disk>

  @ManyToOne(() => Machine, { index: false })
  machine!: Rel<Machine>

  @Field(() => String, { nullable: true, description: "The kernel's name for the disk at this reading" })
  @Property({ type: 'string', nullable: true })
  device!: string | null

  @Field(() => GraphQLISODateTime, { description: "When it was read, by the machine's own clock" })
  @Property({ type: 'datetime' })
  collectedAt!: Date

  @Field(() => GraphQLISODateTime, {
    description: "What it is ordered by: collectedAt, or the time of arrival where the machine's clock ran ahead",
  })
  @Property({ type: 'datetime' })
  at!: Date

  @Field(() => ReadingOutcome)
  @Property({ type: 'string' })
  outcome!: ReadingOutcome

  @Field(() => String, {
    nullable: true,
    description: 'Why there are no values, in the words of smartctl or of the agent',
  })
  @Property({ type: 'string', nullable: true })
  cause!: string | null

  @Field(() => ReadingSource)
  @Property({ type: 'string' })
  source!: ReadingSource

  @Field(() => Health, { description: 'The verdict of its day' })
  @Property({ type: 'string' })
  health!: Health

  @Field(() => [Reason])
  @Property({ type: 'json' })
  reasons!: Reason[]

  @Field(() => Int)
  @Property({ type: 'integer' })
  rulesVersion!: number

  @Field(() => String, {
    nullable: true,
    description: 'The status word of a script: ok, warn, fail or unavailable; null = none',
  })
  @Property({ type: 'string', nullable: true })
  reportedStatus!: string | null

  @Field(() => String, { nullable: true })
  @Property({ type: 'string', nullable: true })
  reportedLabel!: string | null

  @Field(() => String, { nullable: true })
  @Property({ type: 'string', nullable: true })
  reportedDetail!: string | null

  @Field(() => Int, { nullable: true, description: 'Degrees Celsius; null = not read' })
  @Property({ type: 'integer', nullable: true })
  temperature!: number | null

  @Field(() => Int, { nullable: true, description: 'Hours; null = not read' })
  @Property({ type: 'integer', nullable: true })
  powerOnHours!: number | null

  @Field(() => BigIntScalar, {
    nullable: true,
    description: 'Reallocated sectors (ATA 5), grown defects (SCSI); null = not read',
  })
  @Property({ type: BigNumber, nullable: true })
  reallocated!: number | null

  @Field(() => BigIntScalar, { nullable: true, description: 'Current pending sectors (ATA 197); null = not read' })
  @Property({ type: BigNumber, nullable: true })
  pending!: number | null

  @Field(() => BigIntScalar, {
    nullable: true,
    description: 'Offline uncorrectable sectors (ATA 198), uncorrected reads and writes (SCSI); null = not read',
  })
  @Property({ type: BigNumber, nullable: true })
  uncorrectable!: number | null

  @Field(() => Int, {
    nullable: true,
    description: 'Per cent of the rated endurance that is used; may pass 100; null = not told',
  })
  @Property({ type: 'integer', nullable: true })
  percentageUsed!: number | null

  @Field(() => BigIntScalar, { nullable: true, description: 'Media and data integrity errors (NVMe); null = not read' })
  @Property({ type: BigNumber, nullable: true })
  mediaErrors!: number | null

  @Property({ type: 'json', nullable: true })
  counters!: Counters | null

  @ManyToOne(() => SmartDocument, { nullable: true, index: true, deleteRule: 'restrict' })
  document!: Rel<SmartDocument> | null
}
