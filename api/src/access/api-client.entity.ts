import { EntityName, type Rel } from '@mikro-orm/core'
import { Entity, ManyToOne, PrimaryKey, Property } from '@mikro-orm/decorators/legacy'
import { Field, GraphQLISODateTime, ID, ObjectType } from 'type-graphql'
import { Machine } from '../machines/machine.entity.ts'
import { Scope } from '../graphql/scope.ts'

@Entity()
@ObjectType({
  simpleResolvers: true,
  description: 'A token that an agent, a script or another program holds; the token itself is never shown again',
})
export class ApiClient {
  [EntityName]?: 'ApiClient'

  @Field(() => ID)
  @PrimaryKey({ type: 'string' })
  id!: string

  @Field(() => String)
  @Property({ type: 'string' })
  name!: string

  @Field(() => String, { description: 'The first characters of the token, to tell it from others' })
  @Property({ type: 'string', unique: true })
  prefix!: string

  /** SHA-256 of the whole token, hexadecimal. A token has 256 random bits, so that no slow hash is needed. */
  @Property({ type: 'string' })
  hash!: string

  @Field(() => [Scope])
  @Property({ type: 'json' })
  scopes!: Scope[]

  @Field(() => Boolean, { description: 'True: a report token that may speak for any machine' })
  @Property({ type: 'boolean' })
  anyMachine!: boolean

  @ManyToOne(() => Machine, { nullable: true })
  machine!: Rel<Machine> | null

  @Field(() => [String], {
    description: 'The backup agents that it reports for, as a person said; beside those of jobs on its machine',
  })
  @Property({ type: 'json', default: '[]' })
  agents!: string[]

  @Field(() => GraphQLISODateTime)
  @Property({ type: 'datetime' })
  createdAt!: Date

  @Field(() => GraphQLISODateTime, { nullable: true, description: 'To the hour; null = never used' })
  @Property({ type: 'datetime', nullable: true })
  lastUsedAt!: Date | null

  @Field(() => String, {
    nullable: true,
    description:
      'Why the last report with it was refused, in English, with what to do; null = none was since one was accepted',
  })
  @Property({ type: 'string', nullable: true })
  refused!: string | null

  @Field(() => GraphQLISODateTime, { nullable: true, description: 'When it was revoked; null = valid' })
  @Property({ type: 'datetime', nullable: true })
  revokedAt!: Date | null
}
