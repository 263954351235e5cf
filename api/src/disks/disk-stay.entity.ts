import { EntityName, type Rel } from '@mikro-orm/core'
import { Entity, Index, ManyToOne, PrimaryKey, Property } from '@mikro-orm/decorators/legacy'
import { Field, GraphQLISODateTime, ID, ObjectType } from 'type-graphql'
import { Machine } from '../machines/machine.entity.ts'
import { Disk } from './disk.entity.ts'

@Entity()
@ObjectType({
  simpleResolvers: true,
  description: "One disk in one machine for a while: a chapter of the disk's biography",
})
@Index({ properties: ['disk', 'since'] })
@Index({ properties: ['machine', 'until'] })
export class DiskStay {
  [EntityName]?: 'DiskStay'

  @Field(() => ID)
  @PrimaryKey({ type: 'string' })
  id!: string

  @ManyToOne(() => Disk, { index: false })
  disk!: Rel<Disk>

  @ManyToOne(() => Machine, { index: false })
  machine!: Rel<Machine>

  @Field(() => String, { nullable: true, description: "The kernel's newest name for it there" })
  @Property({ type: 'string', nullable: true })
  device!: string | null

  @Field(() => GraphQLISODateTime)
  @Property({ type: 'datetime' })
  since!: Date

  @Field(() => GraphQLISODateTime, { description: 'When it was last seen there' })
  @Property({ type: 'datetime' })
  lastSeenAt!: Date

  @Field(() => GraphQLISODateTime, {
    nullable: true,
    description: 'When it was last seen there before it left; null = still there',
  })
  @Property({ type: 'datetime', nullable: true })
  until!: Date | null
}
