import { EntityName, type Rel } from '@mikro-orm/core'
import { Entity, Index, ManyToOne, PrimaryKey, Property, Unique } from '@mikro-orm/decorators/legacy'
import { Field, GraphQLISODateTime, ID, Int, ObjectType } from 'type-graphql'
import { Health } from '../disks/health.ts'
import { Machine } from '../machines/machine.entity.ts'
import { Reason } from '../reasons/reason.ts'
import { ArrayKind } from './array-rules.ts'

@Entity()
@ObjectType({
  simpleResolvers: true,
  description:
    'Disks that hold something together: an md array, a ZFS pool, a volume group, a btrfs of several devices',
})
@Unique({ properties: ['machine', 'kind', 'name'] })
@Index({
  name: 'storage_array_bad',
  expression: 'create index "storage_array_bad" on "storage_array" ("health", "id") where gone_since is null',
})
export class StorageArray {
  [EntityName]?: 'StorageArray'

  @Field(() => ID)
  @PrimaryKey({ type: 'string' })
  id!: string

  @ManyToOne(() => Machine, { index: false })
  machine!: Rel<Machine>

  @Field(() => ArrayKind)
  @Property({ type: 'string' })
  kind!: ArrayKind

  @Field(() => String, {
    description:
      'As its driver names it: md0, tank, vg0; of btrfs its label with the first letters of its UUID, else the UUID',
  })
  @Property({ type: 'string' })
  name!: string

  @Field(() => String, { nullable: true, description: 'raid1, raid5 …; null = not told' })
  @Property({ type: 'string', nullable: true })
  level!: string | null

  @Field(() => String, { nullable: true, description: 'In the words of its driver; null = not told' })
  @Property({ type: 'string', nullable: true })
  state!: string | null

  @Field(() => Int, { nullable: true, description: 'Members that it should have; null = not told' })
  @Property({ type: 'integer', nullable: true })
  expectedMembers!: number | null

  @Field(() => Int, { nullable: true, description: 'Members that work; null = not told' })
  @Property({ type: 'integer', nullable: true })
  workingMembers!: number | null

  /** The most members that worked at any time; null = not told. */
  @Property({ type: 'integer', nullable: true })
  mostMembers!: number | null

  @Field(() => Health, { description: 'OK, WARNING, AT_RISK or FAILED: as its driver told last' })
  @Property({ type: 'string' })
  health!: Health

  @Field(() => [Reason], { description: 'Why, the gravest first' })
  @Property({ type: 'json' })
  reasons!: Reason[]

  @Field(() => GraphQLISODateTime)
  @Property({ type: 'datetime' })
  firstSeenAt!: Date

  @Field(() => GraphQLISODateTime, { description: 'When it was told of last: the age of its health' })
  @Property({ type: 'datetime' })
  lastSeenAt!: Date

  /** Reports in a row in which its tool did not answer: what is told of it is of before. */
  @Property({ type: 'integer', default: 0 })
  unanswered!: number

  @Field(() => GraphQLISODateTime, {
    nullable: true,
    description: 'Since when its tool (zpool, mdadm, LVM) does not answer: its health is of before. Null = it answers',
  })
  @Property({ type: 'datetime', nullable: true })
  unansweredSince!: Date | null

  @Field(() => GraphQLISODateTime, {
    nullable: true,
    description: 'Since when its machine reports without it, though it could tell; null = it is there',
  })
  @Property({ type: 'datetime', nullable: true })
  goneSince!: Date | null
}
