import { Field, ObjectType, registerEnumType } from 'type-graphql'

export enum SectionResult {
  ACCEPTED = 'ACCEPTED',
  UNAVAILABLE = 'UNAVAILABLE',
  REFUSED = 'REFUSED',
  UNCHANGED = 'UNCHANGED',
  WANTED = 'WANTED',
}
registerEnumType(SectionResult, {
  name: 'SectionResult',
  description:
    'ACCEPTED: read and recorded. UNAVAILABLE: the agent could not collect it, and said why. REFUSED: not recorded, for the rules given. UNCHANGED: as it was told before. WANTED: it was told by a hash that is not known here; send it whole with the next report.',
})

@ObjectType({ simpleResolvers: true, description: 'A rule that was broken, where, and what to do about it' })
export class Refusal {
  @Field(() => String, { description: 'Path of the field, such as payload.pools.0.name' })
  field!: string

  @Field(() => String)
  rule!: string

  @Field(() => String)
  cure!: string
}

@ObjectType({
  simpleResolvers: true,
  description: 'What became of one section of a report; a bad one never costs the others',
})
export class SectionOutcome {
  @Field(() => String)
  kind!: string

  @Field(() => String, { nullable: true })
  subject!: string | null

  @Field(() => SectionResult)
  outcome!: SectionResult

  @Field(() => [Refusal])
  refusals!: Refusal[]
}
