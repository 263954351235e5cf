import { EntityName, type Rel } from '@mikro-orm/core'
import { Entity, Index, ManyToOne, PrimaryKey, Property, Unique } from '@mikro-orm/decorators/legacy'
import { Field, GraphQLISODateTime, ID, Int, ObjectType } from 'type-graphql'
import { Machine } from '../machines/machine.entity.ts'
import { ContainerStanding } from './container-standing.ts'
import { ImageUpdate } from './image-update.ts'

/** A container, as the newest snapshot of its machine tells it; one that is gone has no row. */
@Entity()
@Unique({ properties: ['machine', 'name'] })
@Index({ properties: ['name', 'id'] })
@ObjectType({ simpleResolvers: true, description: 'A container of a machine' })
export class MachineContainer {
  [EntityName]?: 'MachineContainer'

  @Field(() => ID)
  @PrimaryKey({ type: 'string' })
  id!: string

  @ManyToOne(() => Machine, { index: false })
  machine!: Rel<Machine>

  @Field(() => String)
  @Property({ type: 'string' })
  name!: string

  @Field(() => String, { description: 'Its id by its engine: another one is another container of that name' })
  @Property({ type: 'string' })
  containerId!: string

  @Field(() => String, { description: 'As it was asked for, such as nginx:1.27' })
  @Property({ type: 'string' })
  image!: string

  @Field(() => ContainerStanding)
  @Property({ type: 'string' })
  standing!: ContainerStanding

  @Field(() => Int, { nullable: true, description: 'Of its last end; null = it runs, or not told' })
  @Property({ type: 'integer', nullable: true })
  exitCode!: number | null

  @Field(() => Boolean, { nullable: true, description: 'Whether it ended for want of memory; null = not told' })
  @Property({ type: 'boolean', nullable: true })
  oomKilled!: boolean | null

  @Field(() => Int, { nullable: true, description: 'How often its engine started it anew; null = not told' })
  @Property({ type: 'integer', nullable: true })
  restarts!: number | null

  @Field(() => String, { nullable: true, description: 'no, on-failure, always, unless-stopped; null = not told' })
  @Property({ type: 'string', nullable: true })
  restartPolicy!: string | null

  @Field(() => GraphQLISODateTime, {
    nullable: true,
    description: 'When it was started last; null = never, or not told',
  })
  @Property({ type: 'datetime', nullable: true })
  startedAt!: Date | null

  @Field(() => GraphQLISODateTime, { nullable: true, description: 'When it ended last; null = never, or not told' })
  @Property({ type: 'datetime', nullable: true })
  finishedAt!: Date | null

  @Field(() => String, { nullable: true, description: 'The project of compose; null = it belongs to none' })
  @Property({ type: 'string', nullable: true })
  project!: string | null

  @Field(() => String, { nullable: true, description: 'What the project calls it' })
  @Property({ type: 'string', nullable: true })
  service!: string | null

  @Field(() => ImageUpdate)
  @Property({ type: 'string' })
  update!: ImageUpdate

  @Field(() => String, { nullable: true, description: 'Why that is not known; null = it is, or nobody asked' })
  @Property({ type: 'string', length: 512, nullable: true })
  updateProblem!: string | null
}
