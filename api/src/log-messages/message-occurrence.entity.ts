import { EntityName, type Rel } from '@mikro-orm/core'
import { Entity, Index, ManyToOne, PrimaryKey, Property, Unique } from '@mikro-orm/decorators/legacy'
import { Field, Int, ObjectType } from 'type-graphql'
import { Execution } from '../executions/execution.entity.ts'
import { ImportantMessage } from './important-message.entity.ts'

/** Where one log says a message. */
@Entity()
@Unique({ properties: ['execution', 'message'] })
@Index({ properties: ['message'] })
@ObjectType({
  simpleResolvers: true,
  description: 'Where the log of an action says something that somebody should read',
})
export class MessageOccurrence {
  [EntityName]?: 'MessageOccurrence'

  @PrimaryKey({ type: 'string' })
  id!: string

  @ManyToOne(() => Execution, { index: false })
  execution!: Rel<Execution>

  @ManyToOne(() => ImportantMessage, { index: false })
  message!: Rel<ImportantMessage>

  @Field(() => Int, { description: 'The line where it stands first, from 1 on' })
  @Property({ type: 'integer' })
  line!: number

  @Field(() => Int, { description: 'Bytes before it' })
  @Property({ type: 'integer' })
  offset!: number

  @Field(() => Int, { description: 'How often this log says it' })
  @Property({ type: 'integer' })
  count!: number
}
