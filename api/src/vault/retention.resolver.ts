import {
  Arg,
  Args,
  ArgsType,
  Authorized,
  Ctx,
  Field,
  GraphQLISODateTime,
  ID,
  Int,
  Mutation,
  ObjectType,
  Query,
  Resolver,
} from 'type-graphql'
import { ExpectedJob } from '../backups/expected-job.entity.ts'
import { ExpectedJobFilter } from '../backups/jobs.resolver.ts'
import type { Row } from '../database/rows.ts'
import type { Context } from '../graphql/context.ts'
import { COSTLY } from '../graphql/cost.ts'
import { BigIntScalar } from '../graphql/scalars.ts'
import { Scope } from '../graphql/scope.ts'
import { connectionOf, type Page, PageArgs } from '../platform/page.ts'
import { KeepRulesInput, readRules } from './keep-rules.input.ts'
import type { RetentionOfJob as Planned } from './retention.service.ts'

@ObjectType({ simpleResolvers: true, description: 'A dry run: what rules would do with the good backups of a job' })
export class RetentionOfJob {
  @Field(() => ExpectedJob, { description: 'Whose backups they are' })
  job!: ExpectedJob

  @Field(() => Boolean, { description: 'True: no rule is set' })
  keepsEverything!: boolean

  @Field(() => Int, { description: 'Good backups that would stay' })
  keptCount!: number

  @Field(() => BigIntScalar, { description: 'What they take in the vault' })
  keptBytes!: number

  @Field(() => Int, { description: 'Good backups that would be deleted' })
  goneCount!: number

  @Field(() => BigIntScalar, { description: 'What that would free in the vault' })
  goneBytes!: number

  @Field(() => GraphQLISODateTime, {
    nullable: true,
    description: 'When the oldest that stays was due; null = none is there',
  })
  oldestKept!: Date | null
}
export const RetentionOfJobConnection = connectionOf(RetentionOfJob, 'RetentionOfJob')

@ArgsType()
class RetentionArgs extends PageArgs {
  @Field(() => ExpectedJobFilter, { nullable: true })
  filter?: ExpectedJobFilter | null

  @Field(() => KeepRulesInput, { nullable: true, description: 'Null = the rules that each job has' })
  rules?: KeepRulesInput | null
}

@Resolver()
export class RetentionResolver {
  @Authorized(Scope.READ)
  @Query(() => RetentionOfJobConnection, {
    complexity: ({ args, childComplexity }) =>
      COSTLY + Math.max(0, args['first'] as number) * (COSTLY / 10 + childComplexity),
    description:
      'What the rules of jobs keep and what they would delete in the next night, or what others would, by company, city, agent and database. Nothing is deleted; what is retired is left alone by every night. At most 100 jobs at once. Errors: BAD_USER_INPUT',
  })
  retentionOfJobs(
    @Args(() => RetentionArgs) { rules, ...args }: RetentionArgs,
    @Ctx() { retention }: Context,
  ): Promise<Page<Planned>> {
    return retention.list({ ...args, rules: rules ? readRules(rules) : null })
  }

  @Authorized(Scope.OPERATE)
  @Mutation(() => [ExpectedJob], {
    description:
      'Gives jobs, at most 500, these rules in place of their own: all of them or, where one is not known or retired, none. The next night deletes what they do not keep. Errors: NOT_FOUND, BAD_USER_INPUT',
  })
  setRetention(
    @Arg('ids', () => [ID]) ids: string[],
    @Arg('rules', () => KeepRulesInput) rules: KeepRulesInput,
    @Ctx() { jobs, caller }: Context,
  ): Promise<Row<ExpectedJob>[]> {
    return jobs.setRules(ids, readRules(rules), caller.name)
  }
}
