import { Field, Float, GraphQLISODateTime, Int, ObjectType } from 'type-graphql'
import { BigIntScalar } from '../graphql/scalars.ts'
import type { SmartFacts } from './smart-facts.ts'
import type { Counters } from './snapshot.entity.ts'

@ObjectType({
  simpleResolvers: true,
  description: 'One S.M.A.R.T. attribute (ATA), or one counter of an NVMe or SCSI health log',
})
export class SmartAttribute {
  @Field(() => String, { description: 'The id of an ATA attribute ("5"), or the name of a counter ("media_errors")' })
  code!: string

  @Field(() => String, { description: 'As the drive database of smartmontools names it' })
  name!: string

  @Field(() => Int, { nullable: true, description: 'Normalised value; null for counters that have none' })
  value!: number | null

  @Field(() => Int, { nullable: true })
  worst!: number | null

  @Field(() => Int, {
    nullable: true,
    description: 'At or below it the attribute has failed; null = none, 0 = never fails',
  })
  threshold!: number | null

  @Field(() => BigIntScalar, {
    nullable: true,
    description: 'The first whole number of the raw value; null = not read',
  })
  raw!: number | null

  @Field(() => String, { nullable: true, description: 'NOW or PAST; null = it has not failed' })
  whenFailed!: string | null

  @Field(() => Boolean, { description: 'True: its failure announces the failure of the disk' })
  prefailure!: boolean

  /** Names and thresholds of the newest document, values of the newest reading: the document may be up to a day older. */
  static of(facts: SmartFacts | null, counters: Counters | null): SmartAttribute[] {
    const known = new Map(facts?.attributes.map((entry) => [String(entry.id), entry]))
    const codes = Object.keys(counters ?? {})
    return codes.map((code) => {
      const entry = known.get(code)
      const [value, raw] = counters?.[code] ?? [null, null]
      return {
        code,
        name: entry?.name ?? code,
        value: value ?? entry?.value ?? null,
        worst: entry?.worst ?? null,
        threshold: entry?.threshold ?? null,
        raw: raw ?? entry?.raw ?? null,
        whenFailed: entry?.whenFailed ?? null,
        prefailure: entry?.prefailure ?? false,
      }
    })
  }
}

@ObjectType({ simpleResolvers: true, description: 'A counter of one reading' })
export class Counter {
  @Field(() => String)
  code!: string

  @Field(() => Int, { nullable: true, description: 'Normalised value; null for counters that have none' })
  value!: number | null

  @Field(() => BigIntScalar, { nullable: true, description: 'Raw value' })
  raw!: number | null
}

@ObjectType({ simpleResolvers: true, description: 'One point of a chart' })
export class AttributePoint {
  @Field(() => GraphQLISODateTime)
  at!: Date

  @Field(() => Float, {
    nullable: true,
    description: 'Its raw value, or the normalised one where that was asked for; null = that reading has none: a gap',
  })
  value!: number | null
}
