import { EntityName } from '@mikro-orm/core'
import { Entity, PrimaryKey, Property } from '@mikro-orm/decorators/legacy'

/** A way into the dashboard: made as a one-time link, it becomes a session when the link is spent. */
@Entity()
export class Session {
  [EntityName]?: 'Session'

  @PrimaryKey({ type: 'string' })
  id!: string

  @Property({ type: 'string', unique: true })
  linkPrefix!: string

  @Property({ type: 'string' })
  linkHash!: string

  @Property({ type: 'datetime' })
  createdAt!: Date

  /** Until then the link can be spent, afterwards until then the session lives. */
  @Property({ type: 'datetime' })
  expiresAt!: Date

  /** When the link was spent; null = it still waits. */
  @Property({ type: 'datetime', nullable: true })
  startedAt!: Date | null

  @Property({ type: 'string', nullable: true, unique: true })
  prefix!: string | null

  @Property({ type: 'string', nullable: true })
  hash!: string | null

  @Property({ type: 'datetime', nullable: true })
  endedAt!: Date | null
}
