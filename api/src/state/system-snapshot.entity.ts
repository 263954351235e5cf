import { EntityName, type Rel } from '@mikro-orm/core'
import { Entity, Index, ManyToOne, PrimaryKey, Property } from '@mikro-orm/decorators/legacy'
import { STATE_KINDS, type StateKind } from '@vigie/agent/report'
import { Field, GraphQLISODateTime, ID, Int, ObjectType } from 'type-graphql'
import { Machine } from '../machines/machine.entity.ts'

/** What one section of a report told of how a machine is: a new row only where it told something else than before. */
@Entity()
@Index({ properties: ['machine', 'kind', 'collectedAt'] })
@ObjectType({
  simpleResolvers: true,
  description:
    'What a machine told of one side of itself, and for how long it told the same. The newest 20 of each kind are kept, and the first of each day for 90 days; of packages the newest alone',
})
export class SystemSnapshot {
  [EntityName]?: 'SystemSnapshot'

  @Field(() => ID)
  @PrimaryKey({ type: 'string' })
  id!: string

  @ManyToOne(() => Machine, { index: false })
  machine!: Rel<Machine>

  @Field(() => String, { description: `The kind of its section: ${STATE_KINDS.join(', ')}` })
  @Property({ type: 'string' })
  kind!: StateKind

  @Field(() => Int, { description: 'Version of the shape of its payload' })
  @Property({ type: 'integer' })
  version!: number

  @Field(() => String, { description: 'SHA-256 of the payload, in hexadecimal' })
  @Property({ type: 'string' })
  contentHash!: string

  @Field(() => GraphQLISODateTime, { description: 'When it was told first' })
  @Property({ type: 'datetime' })
  collectedAt!: Date

  @Field(() => GraphQLISODateTime, { description: 'When it was told last, to the hour' })
  @Property({ type: 'datetime' })
  confirmedAt!: Date

  /** Loaded only where asked for: that nothing changed is told by the hash. */
  @Property({ type: 'text', lazy: true })
  payload!: string
}
