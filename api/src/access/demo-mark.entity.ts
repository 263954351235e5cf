import { EntityName } from '@mikro-orm/core'
import { Entity, PrimaryKey, Property } from '@mikro-orm/decorators/legacy'

/** Its one row marks a database as that of the demo: no token of a real agent is made in it. */
@Entity()
export class DemoMark {
  [EntityName]?: 'DemoMark'

  @PrimaryKey({ type: 'string' })
  id!: string

  /** The day from which its stories count. */
  @Property({ type: 'datetime' })
  firstDay!: Date

  /** Everything before it has happened. */
  @Property({ type: 'datetime' })
  until!: Date
}
