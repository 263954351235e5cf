import { Arg, Authorized, Ctx, ID, Query, Resolver } from 'type-graphql'
import type { Context } from '../graphql/context.ts'
import { Scope } from '../graphql/scope.ts'
import { MetricPoint } from './metric-point.ts'
import { MetricRange } from './tiers.ts'

@Resolver()
export class MetricsResolver {
  @Authorized(Scope.READ)
  @Query(() => [MetricPoint], {
    description:
      'How busy a machine was, the oldest first: at most 90 points. A span of which nothing was told has none. Errors: NOT_FOUND',
  })
  async metrics(
    @Arg('machine', () => ID) id: string,
    @Arg('range', () => MetricRange, { defaultValue: MetricRange.DAY }) range: MetricRange,
    @Ctx() { machines, metrics }: Context,
  ): Promise<MetricPoint[]> {
    return metrics.ofMachine((await machines.load(id)).id, range)
  }
}
