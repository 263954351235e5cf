import { EntityName } from '@mikro-orm/core'
import { Entity, Index, PrimaryKey, Property } from '@mikro-orm/decorators/legacy'
import { Action, type ActionParams } from '@vigie/agent/actions'
import type { By } from '../executions/execution.entity.ts'
import { Field, GraphQLISODateTime, ID, Int, ObjectType, registerEnumType } from 'type-graphql'

export enum RolloutStatus {
  RUNNING = 'RUNNING',
  DONE = 'DONE',
  STOPPED = 'STOPPED',
  CANCELLED = 'CANCELLED',
}
registerEnumType(RolloutStatus, {
  name: 'RolloutStatus',
  valuesConfig: {
    RUNNING: { description: 'Plans are made or await approval, or machines do it, one after the other' },
    DONE: { description: 'Nothing of it is left to be done' },
    STOPPED: { description: 'It failed on as many machines as it may: the others were not asked any more' },
    CANCELLED: { description: 'Somebody called it off' },
  },
})

/** A machine that was not asked, and why. */
export interface LeftOut {
  machine: string
  why: string
}

/** One thing that several machines are asked, one after the other; what each is asked is an Execution of its own. */
@Entity()
@Index({ properties: ['status', 'id'] })
@ObjectType({ simpleResolvers: true, description: 'One thing that several machines are asked, one after the other' })
export class Rollout {
  [EntityName]?: 'Rollout'

  @Field(() => ID)
  @PrimaryKey({ type: 'string' })
  id!: string

  @Field(() => Action)
  @Property({ type: 'string' })
  action!: Action

  @Property({ type: 'json' })
  params!: ActionParams

  @Field(() => RolloutStatus)
  @Property({ type: 'string' })
  status!: RolloutStatus

  @Field(() => Int, { description: 'So many machines may fail at most: at that number it stops' })
  @Property({ type: 'integer' })
  maxFailures!: number

  @Property({ type: 'json' })
  requester!: By

  @Field(() => GraphQLISODateTime, { description: 'When it was asked for' })
  @Property({ type: 'datetime' })
  createdAt!: Date

  @Field(() => GraphQLISODateTime, { nullable: true, description: 'When it ended; null = it has not' })
  @Property({ type: 'datetime', nullable: true })
  endedAt!: Date | null

  @Property({ type: 'json' })
  leftOut!: LeftOut[]
}
