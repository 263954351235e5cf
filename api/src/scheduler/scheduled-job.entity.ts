import { EntityName } from '@mikro-orm/core'
import { Entity, Index, PrimaryKey, Property } from '@mikro-orm/decorators/legacy'
import { BigNumber } from '../database/big-number.ts'

/** A job of Agenda, where it has no MongoDB: its document, with the columns that it is looked up by. */
@Entity()
@Index({ properties: ['name', 'nextRunAt'] })
export class ScheduledJob {
  [EntityName]?: 'ScheduledJob'

  @PrimaryKey({ type: 'string' })
  id!: string

  @Property({ type: 'string' })
  name!: string

  /** Milliseconds since 1970; null = it does not run again by itself. */
  @Property({ type: BigNumber, nullable: true })
  nextRunAt!: number | null

  @Property({ type: BigNumber, nullable: true })
  lockedAt!: number | null

  @Property({ type: 'integer' })
  priority!: number

  @Property({ type: 'boolean' })
  disabled!: boolean

  @Property({ type: 'json' })
  document!: Record<string, unknown>
}
