import { EntityName, type Rel } from '@mikro-orm/core'
import { Entity, Index, ManyToOne, PrimaryKey, Property, Unique } from '@mikro-orm/decorators/legacy'
import { Field, GraphQLISODateTime, ID, Int, ObjectType } from 'type-graphql'
import { Execution } from '../executions/execution.entity.ts'
import { Machine } from '../machines/machine.entity.ts'
import { Severity } from '../reasons/reason.ts'
import { MessageCategory } from './message-rules.ts'

/** What programs said on a machine and somebody should read: one for all times that they said the same. */
@Entity()
@Unique({ properties: ['machine', 'fingerprint'] })
@Index({ properties: ['lastSeenAt', 'id'] })
@ObjectType({
  simpleResolvers: true,
  description: 'What programs said while a machine did what it was asked, and somebody should read',
})
export class ImportantMessage {
  [EntityName]?: 'ImportantMessage'

  @Field(() => ID)
  @PrimaryKey({ type: 'string' })
  id!: string

  @ManyToOne(() => Machine, { index: false })
  machine!: Rel<Machine>

  @Property({ type: 'string' })
  fingerprint!: string

  @Field(() => String, { description: 'Stable name of the rule that found it, such as apt.trust (docs/messages.md)' })
  @Property({ type: 'string' })
  rule!: string

  @Field(() => MessageCategory)
  @Property({ type: 'string' })
  category!: MessageCategory

  @Field(() => Severity)
  @Property({ type: 'string' })
  severity!: Severity

  @Field(() => String, { description: 'As it was said last, without secrets; at most 500 characters' })
  @Property({ type: 'string', length: 512 })
  text!: string

  @Field(() => GraphQLISODateTime)
  @Property({ type: 'datetime' })
  firstSeenAt!: Date

  @Field(() => GraphQLISODateTime)
  @Property({ type: 'datetime' })
  lastSeenAt!: Date

  @Field(() => Int, { description: 'How often it was said, in all logs together' })
  @Property({ type: 'integer' })
  count!: number

  /** Whose log said it last; occurrences tell of the others. */
  @ManyToOne(() => Execution, { index: false })
  execution!: Rel<Execution>

  @Field(() => Int, { description: 'The line of that log where it stands first, from 1 on' })
  @Property({ type: 'integer' })
  line!: number

  @Field(() => Int, { description: 'Bytes of that log before it' })
  @Property({ type: 'integer' })
  offset!: number

  @Field(() => GraphQLISODateTime, { nullable: true, description: 'When somebody took note of it; null = nobody has' })
  @Property({ type: 'datetime', nullable: true })
  acknowledgedAt!: Date | null

  @Field(() => String, { nullable: true })
  @Property({ type: 'string', nullable: true })
  acknowledgedBy!: string | null
}
