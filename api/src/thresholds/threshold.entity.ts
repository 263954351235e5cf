import { EntityName } from '@mikro-orm/core'
import { Entity, PrimaryKey, Property, Unique } from '@mikro-orm/decorators/legacy'
import type { ThresholdKind } from './threshold.ts'

/** From where on something is told, as somebody said it; what nobody said has no row. */
@Entity()
@Unique({ properties: ['kind', 'tagKey'] })
export class Threshold {
  [EntityName]?: 'Threshold'

  @PrimaryKey({ type: 'string' })
  id!: string

  @Property({ type: 'string' })
  kind!: ThresholdKind

  /** As it is spelled; null = every machine. */
  @Property({ type: 'string', nullable: true })
  tag!: string | null

  /** As tags are compared; empty = every machine. */
  @Property({ type: 'string' })
  tagKey!: string

  /** Null = it is never told. */
  @Property({ type: 'double', nullable: true })
  value!: number | null

  @Property({ type: 'string' })
  saidBy!: string

  @Property({ type: 'datetime' })
  saidAt!: Date
}
