import { EntityName, type Rel } from '@mikro-orm/core'
import { Entity, ManyToOne, PrimaryKey, Property, Unique } from '@mikro-orm/decorators/legacy'
import { Field, GraphQLISODateTime, Int, ObjectType } from 'type-graphql'
import { BigNumber } from '../database/big-number.ts'
import { BigIntScalar } from '../graphql/scalars.ts'
import { Machine } from '../machines/machine.entity.ts'

/** The container engine of a machine, as its newest snapshot tells it. */
@Entity()
@ObjectType({
  simpleResolvers: true,
  description: 'The container engine of a machine. Null anywhere = not known, never zero',
})
export class MachineDocker {
  [EntityName]?: 'MachineDocker'

  @PrimaryKey({ type: 'string' })
  id!: string

  @ManyToOne(() => Machine, { index: false })
  @Unique()
  machine!: Rel<Machine>

  @Field(() => GraphQLISODateTime, { nullable: true, description: 'When its engine was asked last, and answered' })
  @Property({ type: 'datetime', nullable: true })
  toldAt!: Date | null

  @Field(() => String, {
    nullable: true,
    description: 'Why its engine could not be asked by its newest report; null = it could, or it has none',
  })
  @Property({ type: 'string', length: 512, nullable: true })
  problem!: string | null

  @Field(() => String, { nullable: true, description: 'docker or podman; null = it has none, or was never asked' })
  @Property({ type: 'string', nullable: true })
  engine!: string | null

  @Field(() => String, { nullable: true })
  @Property({ type: 'string', nullable: true })
  version!: string | null

  @Field(() => Int, { nullable: true, description: 'Containers, whether or not they run' })
  @Property({ type: 'integer', nullable: true })
  containers!: number | null

  @Field(() => Int, { nullable: true })
  @Property({ type: 'integer', nullable: true })
  running!: number | null

  @Field(() => Int, {
    nullable: true,
    description:
      'Containers that failed, restart again and again, or are unhealthy; null also where none is known to, and of some nobody can tell',
  })
  @Property({ type: 'integer', nullable: true })
  troubled!: number | null

  @Field(() => Int, {
    nullable: true,
    description:
      'Containers for which there is a newer image, here or in a registry; null also where none is known, and of some nobody can tell',
  })
  @Property({ type: 'integer', nullable: true })
  outdated!: number | null

  @Field(() => Int, { nullable: true, description: 'Images that no container uses' })
  @Property({ type: 'integer', nullable: true })
  unusedImages!: number | null

  @Field(() => BigIntScalar, {
    nullable: true,
    description: 'Bytes of them, at most: what several images share counts in each',
  })
  @Property({ type: BigNumber, nullable: true })
  unusedBytes!: number | null
}
