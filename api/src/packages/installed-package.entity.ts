import { EntityName, type Rel } from '@mikro-orm/core'
import { Entity, Index, ManyToOne, PrimaryKey, Property, Unique } from '@mikro-orm/decorators/legacy'
import { Field, GraphQLISODateTime, ID, ObjectType } from 'type-graphql'
import { Machine } from '../machines/machine.entity.ts'
import { PackageVersion } from './package-version.entity.ts'

/** That a machine has a package, as the newest snapshot of it tells; one that is gone has no row. */
@Entity()
@Unique({ properties: ['machine', 'package'] })
@Index({ properties: ['package', 'machine'] })
@ObjectType({ simpleResolvers: true, description: 'A package that is installed on a machine' })
export class InstalledPackage {
  [EntityName]?: 'InstalledPackage'

  @Field(() => ID)
  @PrimaryKey({ type: 'string' })
  id!: string

  @ManyToOne(() => Machine, { index: false })
  machine!: Rel<Machine>

  @ManyToOne(() => PackageVersion, { index: false })
  package!: Rel<PackageVersion>

  @Field(() => Boolean, { description: 'Its owner holds it: no newer version comes (apt-mark hold)' })
  @Property({ type: 'boolean' })
  held!: boolean

  @Field(() => GraphQLISODateTime, {
    nullable: true,
    description: 'When its files came to the machine, in this version, by its own clock; null = not told',
  })
  @Property({ type: 'datetime', nullable: true })
  installedAt!: Date | null

  @Field(() => GraphQLISODateTime, { description: 'Since when Vigie knows of it, in this version' })
  @Property({ type: 'datetime' })
  since!: Date
}
