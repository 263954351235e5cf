import { EntityName } from '@mikro-orm/core'
import { Entity, PrimaryKey, Property, Unique } from '@mikro-orm/decorators/legacy'
import { Field, GraphQLISODateTime, ID, ObjectType, registerEnumType } from 'type-graphql'
import { BigNumber } from '../database/big-number.ts'
import { BigIntScalar } from '../graphql/scalars.ts'
import { type RoomDay, RoomLevel } from '../storage/forecast.ts'

export enum RoomUse {
  DEPOSIT = 'DEPOSIT',
  VAULT = 'VAULT',
  QUARANTINE = 'QUARANTINE',
  DATA = 'DATA',
}
registerEnumType(RoomUse, {
  name: 'RoomUse',
  description: 'What of Vigie lies on a file system',
  valuesConfig: { DATA: { description: 'Vigie’s own database' } },
})

/** A file system that backups, or Vigie itself, lie on: known by its folder that was named first. */
@Entity()
@ObjectType({ simpleResolvers: true, description: 'The room on a file system that backups, or Vigie itself, lie on' })
export class Room {
  [EntityName]?: 'Room'

  @Field(() => ID)
  @PrimaryKey({ type: 'string' })
  id!: string

  @Field(() => String, { description: 'The folder on it' })
  @Property({ type: 'string' })
  @Unique()
  path!: string

  @Field(() => [RoomUse])
  @Property({ type: 'json' })
  uses!: RoomUse[]

  @Field(() => BigIntScalar, { description: 'Bytes in use' })
  @Property({ type: BigNumber })
  used!: number

  @Field(() => BigIntScalar, { description: 'Bytes that Vigie may still use' })
  @Property({ type: BigNumber })
  free!: number

  @Field(() => RoomLevel)
  @Property({ type: 'string' })
  level!: RoomLevel

  @Field(() => GraphQLISODateTime, {
    nullable: true,
    description:
      'When it is full at the pace of the last 30 days; null = it does not grow, or less than 5 days are known',
  })
  @Property({ type: 'datetime', nullable: true })
  fullAt!: Date | null

  @Field(() => GraphQLISODateTime, { description: 'When this was read' })
  @Property({ type: 'datetime' })
  readAt!: Date

  @Field(() => String, { nullable: true, description: 'Why it could not be read since; null = it was' })
  @Property({ type: 'string', nullable: true })
  unreadable!: string | null

  /** What was in use at the end of each of the last 60 days. */
  @Property({ type: 'json' })
  days!: RoomDay[]
}
