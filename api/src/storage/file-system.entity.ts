import { EntityName, type Rel } from '@mikro-orm/core'
import { Entity, Index, ManyToOne, PrimaryKey, Property } from '@mikro-orm/decorators/legacy'
import { BigNumber } from '../database/big-number.ts'
import { Field, GraphQLISODateTime, ID, Int, ObjectType } from 'type-graphql'
import { Machine } from '../machines/machine.entity.ts'
import { BigIntScalar } from '../graphql/scalars.ts'
import { type RoomDay, RoomLevel } from './forecast.ts'

@ObjectType({ simpleResolvers: true, description: "The size of one user's home" })
export class UserHome {
  @Field(() => String)
  user!: string

  @Field(() => BigIntScalar, {
    nullable: true,
    description: 'Bytes below the home on this file system; null = not measured',
  })
  bytes!: number | null

  @Field(() => GraphQLISODateTime, { nullable: true, description: 'When it was measured; null = not told' })
  measuredAt!: string | null
}

@Entity()
@ObjectType({ simpleResolvers: true, description: 'A file system of a machine: what lies where' })
@Index({ properties: ['machine', 'goneSince'] })
export class FileSystem {
  [EntityName]?: 'FileSystem'

  @Field(() => ID)
  @PrimaryKey({ type: 'string' })
  id!: string

  @ManyToOne(() => Machine, { index: false })
  machine!: Rel<Machine>

  /** What makes it the same file system in the next report: its uuid, else its source, with its mountpoint. */
  @Property({ type: 'string' })
  key!: string

  @Field(() => String, { nullable: true, description: 'Where it is mounted; null = not mounted, or swap' })
  @Property({ type: 'string', nullable: true })
  mountpoint!: string | null

  @Field(() => [String], { description: 'Every place where it is mounted, the shortest first; [] = nowhere' })
  @Property({ type: 'json' })
  mountpoints!: string[]

  @Field(() => String, { nullable: true, description: 'The block device or data set, such as /dev/sda1 or tank/home' })
  @Property({ type: 'string', nullable: true })
  source!: string | null

  @Field(() => String, { nullable: true, description: 'ext4, xfs, zfs, swap …; null = not told' })
  @Property({ type: 'string', nullable: true })
  fstype!: string | null

  @Field(() => String, { nullable: true })
  @Property({ type: 'string', nullable: true })
  uuid!: string | null

  @Field(() => BigIntScalar, { nullable: true, description: 'Bytes; null = not known' })
  @Property({ type: BigNumber, nullable: true })
  sizeBytes!: number | null

  @Field(() => BigIntScalar, { nullable: true, description: 'Bytes; null = not known, as for what is not mounted' })
  @Property({ type: BigNumber, nullable: true })
  usedBytes!: number | null

  @Field(() => BigIntScalar, {
    nullable: true,
    description: 'Bytes that an ordinary user can still write; null = not known',
  })
  @Property({ type: BigNumber, nullable: true })
  freeBytes!: number | null

  @Field(() => [UserHome], {
    nullable: true,
    description: 'Homes on it, largest first; null = not measured, [] = none',
  })
  @Property({ type: 'json', nullable: true })
  users!: UserHome[] | null

  /** The sum of the homes; null where there are none or none was measured. What needs a backup is found by it. */
  @Property({ type: BigNumber, nullable: true })
  homeBytes!: number | null

  @Field(() => Int, {
    nullable: true,
    description:
      'How many of its disks may fail, whichever they are, before it is lost: 0 without redundancy; null = not known',
  })
  @Property({ type: 'integer', nullable: true })
  mayFail!: number | null

  @Field(() => RoomLevel, {
    nullable: true,
    description:
      'How scarce its room is by the thresholds of its machine; of the data sets of a ZFS pool one alone has it, for the pool. Null = not mounted, mounted read-only, or not told',
  })
  @Property({ type: 'string', nullable: true })
  level!: RoomLevel | null

  @Field(() => GraphQLISODateTime, {
    nullable: true,
    description:
      'The day on which it is full at the pace of the last 30 days; null = it does not grow, less than 5 days are known, or not within a year',
  })
  @Property({ type: 'datetime', nullable: true })
  fullAt!: Date | null

  @Field(() => GraphQLISODateTime, {
    nullable: true,
    description:
      'Since when it is known that its kernel lets nobody write to it any more because of errors; null = it does, it is not mounted, or that was never told',
  })
  @Property({ type: 'datetime', nullable: true })
  wentReadOnlyAt!: Date | null

  /** By which thresholds it was judged last; null = never, or by one that says never. */
  @Property({ type: 'integer', nullable: true })
  judgedPercent!: number | null

  @Property({ type: 'integer', nullable: true })
  judgedDays!: number | null

  /** How full it was on each of the last 60 days. */
  @Property({ type: 'json', default: '[]', lazy: true })
  roomDays!: RoomDay[]

  /** Why no copy of it is needed, as somebody said; null = nobody has. */
  @Property({ type: 'string', nullable: true })
  noCopyReason!: string | null

  /** Who said so, and when; null with the reason. */
  @Property({ type: 'string', nullable: true })
  noCopyBy!: string | null

  @Property({ type: 'datetime', nullable: true })
  noCopyAt!: Date | null

  @Field(() => GraphQLISODateTime)
  @Property({ type: 'datetime' })
  lastSeenAt!: Date

  @Field(() => GraphQLISODateTime, {
    nullable: true,
    description: 'Since when reports are without it; null = it is there',
  })
  @Property({ type: 'datetime', nullable: true })
  goneSince!: Date | null
}
