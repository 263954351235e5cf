import { EntityName, type Rel } from '@mikro-orm/core'
import { Entity, ManyToOne, PrimaryKey, Property, Unique } from '@mikro-orm/decorators/legacy'
import { Action, type Policy } from '@vigie/agent/actions'
import { Field, GraphQLISODateTime, Int, ObjectType } from 'type-graphql'
import { Machine } from '../machines/machine.entity.ts'

/** What a machine's owner lets it be asked, as its agent told with its last question for work. */
@Entity()
@ObjectType({
  simpleResolvers: true,
  description:
    'What a machine’s owner lets it be asked, as its agent reads it from /etc/vigie/policy.d (docs/actions.md)',
})
export class MachinePolicy {
  [EntityName]?: 'MachinePolicy'

  @PrimaryKey({ type: 'string' })
  id!: string

  @ManyToOne(() => Machine, { index: false })
  @Unique()
  machine!: Rel<Machine>

  @Property({ type: 'json' })
  policy!: Policy

  @Field(() => String, { description: 'Names it: one that says the same has the same' })
  @Property({ type: 'string' })
  hash!: string

  @Field(() => GraphQLISODateTime, { description: 'Since when it says this' })
  @Property({ type: 'datetime' })
  since!: Date

  /** To the minute. */
  @Field(() => GraphQLISODateTime, { description: 'When its agent asked for work last, to the minute' })
  @Property({ type: 'datetime' })
  askedAt!: Date

  @Property({ type: 'string' })
  bootId!: string
}

@ObjectType({ simpleResolvers: true, description: 'An operator whose signature a machine obeys' })
export class Operator {
  @Field(() => String)
  name!: string

  @Field(() => String, { description: 'Ed25519, base64 of its SubjectPublicKeyInfo' })
  key!: string
}

/** What of the policy is shown. */
@ObjectType({ simpleResolvers: true })
export class PolicyRules {
  @Field(() => Boolean, { description: 'True: the switch of all is on (/etc/vigie/readonly), nothing is done' })
  readOnly!: boolean

  @Field(() => String, {
    nullable: true,
    description: 'Why its files cannot be read, so that nothing is done; null = they can',
  })
  problem!: string | null

  @Field(() => Boolean, { description: 'False: its agent does not run as root, and can change nothing' })
  root!: boolean

  @Field(() => [Action])
  allow!: Action[]

  @Field(() => [String], { description: 'Services that may be restarted' })
  units!: string[]

  @Field(() => [String], { description: 'Scripts of /etc/vigie/hooks.d that may be run' })
  hooks!: string[]

  @Field(() => [String], { description: 'When actions may begin, in its own time; empty = at any time' })
  windows!: string[]

  @Field(() => Int, { nullable: true, description: 'Actions that change something, in 24 hours; null = no bound' })
  maxPerDay!: number | null

  @Field(() => [Action], { description: 'Those that need a signature beside the dangerous ones' })
  requireSignature!: Action[]

  @Field(() => [Operator])
  operators!: Operator[]
}
