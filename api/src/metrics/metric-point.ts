import { Field, Float, GraphQLISODateTime, ObjectType } from 'type-graphql'
import type { Row } from '../database/rows.ts'
import { BigIntScalar } from '../graphql/scalars.ts'
import type { MetricBucket } from './metric-bucket.entity.ts'

@ObjectType({
  simpleResolvers: true,
  description: 'How busy a machine was in one span of time. Null anywhere = not told, never zero',
})
export class MetricPoint {
  @Field(() => GraphQLISODateTime, { description: 'When the span begins' })
  at!: Date

  @Field(() => Float, { nullable: true, description: 'Processes that ran or waited, on average' })
  load!: number | null

  @Field(() => Float, { nullable: true, description: 'Percent of all processors, on average' })
  cpuPercent!: number | null

  @Field(() => Float, { nullable: true, description: 'Percent of all processors, at most in a minute' })
  cpuMostPercent!: number | null

  @Field(() => BigIntScalar, {
    nullable: true,
    description: 'Bytes in use, on average: what no program could have without swapping',
  })
  memoryUsedBytes!: number | null

  @Field(() => BigIntScalar, { nullable: true, description: 'Bytes in use, at most' })
  memoryMostBytes!: number | null

  @Field(() => BigIntScalar, { nullable: true, description: 'Bytes that there are' })
  memoryBytes!: number | null

  @Field(() => BigIntScalar, { nullable: true, description: 'Bytes of swap in use, on average' })
  swapUsedBytes!: number | null
}

const average = (sum: number, count: number): number | null => (count === 0 ? null : sum / count)
const rounded = (value: number | null, to: number): number | null =>
  value === null ? null : Math.round(value * to) / to

export const pointOf = (bucket: Row<MetricBucket>): MetricPoint => ({
  at: bucket.at,
  load: rounded(average(bucket.loadSum, bucket.loads), 100),
  cpuPercent: rounded(average(bucket.cpuSum, bucket.cpus), 10),
  cpuMostPercent: bucket.cpuMost,
  memoryUsedBytes: rounded(average(bucket.memorySum, bucket.memories), 1),
  memoryMostBytes: bucket.memoryMost,
  memoryBytes: bucket.memoryBytes,
  swapUsedBytes: rounded(average(bucket.swapSum, bucket.swaps), 1),
})
