import { EntityName, type Rel } from '@mikro-orm/core'
import { Entity, Index, ManyToOne, PrimaryKey, Property, Unique } from '@mikro-orm/decorators/legacy'
import { KeptBack, PackageChange } from '@vigie/agent/report'
import { Field, GraphQLISODateTime, ID, ObjectType, registerEnumType } from 'type-graphql'
import { Machine } from '../machines/machine.entity.ts'

registerEnumType(PackageChange, {
  name: 'PackageChange',
  valuesConfig: {
    INSTALL: { description: 'It is not there, and something that is upgraded needs it' },
    UPGRADE: { description: 'A newer version would come' },
    DOWNGRADE: { description: 'An older version would come, as a pin says' },
    REMOVE: { description: 'It would go, for it stands in the way of something that is upgraded' },
    KEEP: { description: 'There is something newer, and it would not be installed: see kept' },
  },
})
registerEnumType(KeptBack, {
  name: 'KeptBack',
  valuesConfig: {
    HELD: { description: 'Its owner holds it (apt-mark hold)' },
    PHASED: { description: 'Its distribution gives it to some machines first; this one waits' },
    DEPENDENCY: { description: 'What it needs cannot be had' },
    PINNED: { description: 'Its owner pins it (apt_preferences)' },
  },
})

/** A package with something to do; those that are as they should be have no row. */
@Entity()
@Unique({ properties: ['machine', 'name', 'architecture'] })
@Index({ properties: ['name', 'id'] })
@ObjectType({ simpleResolvers: true, description: 'A package of a machine that its package manager would change' })
export class MachinePackage {
  [EntityName]?: 'MachinePackage'

  @Field(() => ID)
  @PrimaryKey({ type: 'string' })
  id!: string

  @ManyToOne(() => Machine, { index: false })
  machine!: Rel<Machine>

  @Field(() => String)
  @Property({ type: 'string' })
  name!: string

  @Field(() => String, { description: 'amd64, arm64 …; empty = not told' })
  @Property({ type: 'string' })
  architecture!: string

  @Field(() => PackageChange)
  @Property({ type: 'string' })
  change!: PackageChange

  @Field(() => KeptBack, { nullable: true, description: 'Why it is kept back; null = it is not' })
  @Property({ type: 'string', nullable: true })
  kept!: KeptBack | null

  @Field(() => String, { nullable: true, description: 'Version; null = it is not installed' })
  @Property({ type: 'string', nullable: true })
  installed!: string | null

  @Field(() => String, { nullable: true, description: 'Version that would come; null = it would be removed' })
  @Property({ type: 'string', nullable: true })
  candidate!: string | null

  @Field(() => Boolean, {
    nullable: true,
    description:
      'Whether it mends a security hole, by where it comes from; null = its source has no archive for security, so that nobody can tell',
  })
  @Property({ type: 'boolean', nullable: true })
  security!: boolean | null

  @Field(() => String, {
    nullable: true,
    description: 'Where the candidate comes from: label and archive, such as "Debian-Security stable-security"',
  })
  @Property({ type: 'string', nullable: true })
  source!: string | null

  @Field(() => GraphQLISODateTime, {
    description: 'Since when something is to do with it, whichever version was newest meanwhile',
  })
  @Property({ type: 'datetime' })
  since!: Date

  /** Since when that mends a security hole; null = it does not, or nobody can tell. */
  @Property({ type: 'datetime', nullable: true })
  securitySince!: Date | null
}
