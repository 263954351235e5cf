import {
  Arg,
  Authorized,
  Ctx,
  Field,
  Float,
  GraphQLISODateTime,
  Mutation,
  ObjectType,
  Query,
  Resolver,
} from 'type-graphql'
import type { Context } from '../graphql/context.ts'
import { Scope } from '../graphql/scope.ts'
import { THRESHOLD_KINDS, THRESHOLD_RULES, ThresholdKind } from './threshold.ts'
import type { HeldThreshold } from './thresholds.service.ts'

@ObjectType('Threshold', { simpleResolvers: true, description: 'From where on something of machines is told' })
export class ThresholdType implements HeldThreshold {
  @Field(() => ThresholdKind)
  kind!: ThresholdKind

  @Field(() => String, {
    nullable: true,
    description:
      'The machines that carry it; of several tags of a machine the strictest counts. Null = every other machine',
  })
  tag!: string | null

  @Field(() => Float, { nullable: true, description: 'In the unit of its kind; null = it is never told' })
  value!: number | null

  @Field(() => String, { nullable: true, description: 'Who said so; null = nobody, it is the default' })
  saidBy!: string | null

  @Field(() => GraphQLISODateTime, { nullable: true, description: 'Null = nobody said so' })
  saidAt!: Date | null
}

@ObjectType({ simpleResolvers: true, description: 'What may be said of a kind of thresholds' })
export class ThresholdRule {
  @Field(() => ThresholdKind)
  kind!: ThresholdKind

  @Field(() => Float, { description: 'What holds where nobody said anything' })
  usual!: number

  @Field(() => Float)
  least!: number

  @Field(() => Float)
  most!: number

  @Field(() => Boolean, { description: 'Whether it must be a whole number' })
  isWhole!: boolean
}

const KIND = () => ThresholdKind
const TAG = { nullable: true, description: 'Null = every machine' } as const

@Resolver()
export class ThresholdsResolver {
  @Authorized(Scope.READ)
  @Query(() => [ThresholdType], { description: 'Each kind for every machine, then what was said for tags, by tag' })
  thresholds(@Ctx() { thresholds }: Context): Promise<HeldThreshold[]> {
    return thresholds.list()
  }

  @Authorized(Scope.READ)
  @Query(() => [ThresholdRule], { description: 'What may be said of each kind' })
  thresholdRules(): ThresholdRule[] {
    return THRESHOLD_KINDS.map((kind) => ({ kind, ...THRESHOLD_RULES[kind] }))
  }

  @Authorized(Scope.OPERATE)
  @Mutation(() => [ThresholdType], {
    description:
      'Says from where on something is told: of file systems with the next report, of load and memory within ten minutes, of what waits within an hour. Errors: BAD_USER_INPUT',
  })
  async setThreshold(
    @Arg('kind', KIND) kind: ThresholdKind,
    @Arg('tag', () => String, { ...TAG }) tag: string | null,
    @Arg('value', () => Float, { nullable: true, description: 'Null = never' }) value: number | null,
    @Ctx() { thresholds, caller }: Context,
  ): Promise<HeldThreshold[]> {
    await thresholds.set({ kind, tag: tag ?? null, value: value ?? null }, caller.name)
    return thresholds.list()
  }

  @Authorized(Scope.OPERATE)
  @Mutation(() => [ThresholdType], {
    description: 'Takes back what was said: what holds otherwise holds again. Errors: BAD_USER_INPUT',
  })
  async removeThreshold(
    @Arg('kind', KIND) kind: ThresholdKind,
    @Arg('tag', () => String, { ...TAG }) tag: string | null,
    @Ctx() { thresholds, caller }: Context,
  ): Promise<HeldThreshold[]> {
    await thresholds.remove(kind, tag ?? null, caller.name)
    return thresholds.list()
  }
}
