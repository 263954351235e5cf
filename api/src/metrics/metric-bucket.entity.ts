import { EntityName, type Rel } from '@mikro-orm/core'
import { Entity, Index, ManyToOne, PrimaryKey, Property, Unique } from '@mikro-orm/decorators/legacy'
import { BigNumber } from '../database/big-number.ts'
import { Machine } from '../machines/machine.entity.ts'
import { MetricRange } from './tiers.ts'

/** What was sampled of one machine in one span of time: sums, of which averages are made when they are read. */
@Entity()
@Unique({ properties: ['machine', 'range', 'at'] })
@Index({ properties: ['range', 'at'] })
export class MetricBucket {
  [EntityName]?: 'MetricBucket'

  @PrimaryKey({ type: 'string' })
  id!: string

  @ManyToOne(() => Machine, { index: false })
  machine!: Rel<Machine>

  @Property({ type: 'string' })
  range!: MetricRange

  /** When the span begins. */
  @Property({ type: 'datetime' })
  at!: Date

  @Property({ type: 'integer' })
  loads!: number

  @Property({ type: 'double' })
  loadSum!: number

  @Property({ type: 'integer' })
  cpus!: number

  @Property({ type: 'double' })
  cpuSum!: number

  /** Null = no sample told it. */
  @Property({ type: 'double', nullable: true })
  cpuMost!: number | null

  @Property({ type: 'integer' })
  memories!: number

  /** Of bytes that are in use. */
  @Property({ type: 'double' })
  memorySum!: number

  @Property({ type: BigNumber, nullable: true })
  memoryMost!: number | null

  /** Of the newest sample that told it. */
  @Property({ type: BigNumber, nullable: true })
  memoryBytes!: number | null

  @Property({ type: 'integer' })
  swaps!: number

  @Property({ type: 'double' })
  swapSum!: number
}
