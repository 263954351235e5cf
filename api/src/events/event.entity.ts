import { EntityName, type Rel } from '@mikro-orm/core'
import { Entity, Index, ManyToOne, PrimaryKey, Property } from '@mikro-orm/decorators/legacy'
import { Field, GraphQLISODateTime, ID, ObjectType, registerEnumType } from 'type-graphql'
import { Disk } from '../disks/disk.entity.ts'
import { Severity } from '../disks/health.ts'
import { Machine } from '../machines/machine.entity.ts'

export enum EventType {
  MACHINE_ADDED = 'MACHINE_ADDED',
  MACHINE_ARCHIVED = 'MACHINE_ARCHIVED',
  MACHINE_BACK = 'MACHINE_BACK',
  DISK_ADDED = 'DISK_ADDED',
  DISK_MOVED = 'DISK_MOVED',
  DISK_MISSING = 'DISK_MISSING',
  DISK_BACK = 'DISK_BACK',
  DISK_IN_CONFLICT = 'DISK_IN_CONFLICT',
  DISK_CONFLICT_ENDED = 'DISK_CONFLICT_ENDED',
  DISK_ARCHIVED = 'DISK_ARCHIVED',
  HEALTH_CHANGED = 'HEALTH_CHANGED',
  RULES_CHANGED = 'RULES_CHANGED',
  TOKEN_CREATED = 'TOKEN_CREATED',
  TOKEN_REVOKED = 'TOKEN_REVOKED',
}
registerEnumType(EventType, { name: 'EventType' })

export enum EventCause {
  READING = 'READING',
  RULES = 'RULES',
  USER = 'USER',
}
registerEnumType(EventCause, {
  name: 'EventCause',
  description: 'What brought it about: a report, new rules, or somebody',
})

/** What happened, written in the transaction that made it so. Append-only: it is the outbox of subscriptions and alerts. */
@Entity()
@ObjectType({ simpleResolvers: true, description: 'Something that happened' })
@Index({ properties: ['machine', 'id'] })
@Index({ properties: ['disk', 'id'] })
@Index({ properties: ['type', 'id'] })
export class Event {
  [EntityName]?: 'Event'

  @Field(() => ID)
  @PrimaryKey({ type: 'integer' })
  id!: number

  @Field(() => EventType)
  @Property({ type: 'string' })
  type!: EventType

  @Field(() => Severity)
  @Property({ type: 'string' })
  severity!: Severity

  @Field(() => GraphQLISODateTime, { description: 'When it happened, as far as is known' })
  @Property({ type: 'datetime' })
  @Index()
  at!: Date

  @Field(() => EventCause)
  @Property({ type: 'string' })
  cause!: EventCause

  @Field(() => String, {
    nullable: true,
    description: 'Who did it, by the name of the token or session; null = Vigie itself',
  })
  @Property({ type: 'string', nullable: true })
  actor!: string | null

  @ManyToOne(() => Machine, { nullable: true, index: false })
  machine!: Rel<Machine> | null

  @ManyToOne(() => Disk, { nullable: true, index: false })
  disk!: Rel<Disk> | null

  @Field(() => String, {
    nullable: true,
    description: 'Before: a health, or the id of a machine; null = nothing was before',
  })
  @Property({ type: 'string', nullable: true })
  from!: string | null

  @Field(() => String, {
    nullable: true,
    description: 'After: a health, or the id of a machine; null = nothing to tell',
  })
  @Property({ type: 'string', nullable: true })
  to!: string | null

  /** More that was known at that moment, such as reasons and names. */
  @Property({ type: 'json' })
  facts!: EventFacts
}

export interface EventFacts {
  reasons?: { code: string; severity: Severity; value: number | null; limit: number | null; subject: string | null }[]
  hostname?: string | null
  fromHostname?: string | null
  device?: string | null
  lastSeenAt?: string
  count?: number
  name?: string
}
