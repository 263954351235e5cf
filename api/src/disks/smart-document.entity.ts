import { EntityName, type Rel } from '@mikro-orm/core'
import { Entity, Index, ManyToOne, PrimaryKey, Property } from '@mikro-orm/decorators/legacy'
import { Field, GraphQLISODateTime, ID, ObjectType } from 'type-graphql'
import { Disk } from './disk.entity.ts'

@Entity()
@ObjectType({
  simpleResolvers: true,
  description: 'What smartctl printed. One that says nothing new is stored once a day.',
})
@Index({ properties: ['disk', 'at'] })
@Index({ properties: ['daily', 'at'] })
export class SmartDocument {
  [EntityName]?: 'SmartDocument'

  @Field(() => ID)
  @PrimaryKey({ type: 'string' })
  id!: string

  @ManyToOne(() => Disk, { index: false })
  disk!: Rel<Disk>

  @Field(() => GraphQLISODateTime, { description: 'When this text was printed; a later equal reading points to it' })
  @Property({ type: 'datetime' })
  at!: Date

  /** SHA-256 of what it says without what always changes (temperature, hours, amounts, clock). */
  @Property({ type: 'string' })
  meaning!: string

  /** True where it says the same as the one before it and is kept for its day only. */
  @Property({ type: 'boolean' })
  daily!: boolean

  /** The text, deflated (RFC 1951). */
  @Property({ type: 'blob' })
  content!: Buffer
}
