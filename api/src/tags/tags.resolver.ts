import { ArgsType, Authorized, Ctx, Field, Int, ObjectType, Query, Resolver } from 'type-graphql'
import type { Context } from '../graphql/context.ts'
import { COSTLY } from '../graphql/cost.ts'
import { Scope } from '../graphql/scope.ts'
import type { TagChange } from './tag.ts'
import type { Tag as Counted } from './tags.service.ts'

@ObjectType({
  simpleResolvers: true,
  description: 'A word that somebody gave to machines, disks or jobs: a site, a customer, a group',
})
export class Tag {
  @Field(() => String)
  name!: string

  @Field(() => Int, { description: 'Machines in service that carry it' })
  machineCount!: number

  @Field(() => Int, { description: 'Disks in service that carry it themselves' })
  diskCount!: number

  @Field(() => Int, { description: 'Jobs in service that carry it' })
  jobCount!: number
}

const NONE: string[] = []

@ArgsType()
export class TagArgs implements TagChange {
  @Field(() => [String], {
    defaultValue: NONE,
    description:
      'At most 20, and 20 on each thing; at most 40 characters each, without , ; | and control characters. A tag that is in use keeps its spelling, unless that is removed with the same call',
  })
  add: string[] = NONE

  @Field(() => [String], { defaultValue: NONE, description: 'Whatever their case and accents; at most 500' })
  remove: string[] = NONE
}

@Resolver()
export class TagsResolver {
  @Authorized(Scope.READ)
  @Query(() => [Tag], { complexity: COSTLY, description: 'Every tag of what is in service, by name' })
  tags(@Ctx() { tags }: Context): Promise<Counted[]> {
    return tags.list()
  }
}
