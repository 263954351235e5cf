import { Field, Float, GraphQLISODateTime, Int, ObjectType } from 'type-graphql'
import { DAY } from '../platform/clock.ts'

@ObjectType({ simpleResolvers: true, description: 'How the rated life of a solid state disk is used up' })
export class DiskWear {
  @Field(() => Int, { description: 'Per cent of the rated life that is used; may pass 100' })
  usedPercent!: number

  @Field(() => Float, {
    nullable: true,
    description:
      'Per cent a month, by its readings of up to 400 days; null = known for less than a month, or too little to tell',
  })
  perMonth!: number | null

  @Field(() => GraphQLISODateTime, {
    nullable: true,
    description:
      'When the rated life is used up if it goes on like this: an estimate, and no date of failure. Null = it cannot be told, it is over, or is more than 30 years away',
  })
  endsAt!: Date | null
}

export interface WearReading {
  at: Date
  used: number
}

const MONTH = 30.44 * DAY
/** Shorter than this, or less than so many per cent, a line through two whole numbers says nothing. */
const LEAST_TIME = 30 * DAY
const LEAST_GROWTH = 2
const FARTHEST = 30 * 12

/** Pure: the oldest and the newest reading in, the pace between them out. A value that fell was reset, and tells no pace. */
export function wearOf(oldest: WearReading, newest: WearReading): DiskWear {
  const time = newest.at.getTime() - oldest.at.getTime()
  const growth = newest.used - oldest.used
  if (time < LEAST_TIME || growth < LEAST_GROWTH) return { usedPercent: newest.used, perMonth: null, endsAt: null }
  const perMonth = growth / (time / MONTH)
  const months = (100 - newest.used) / perMonth
  const isTold = months > 0 && months <= FARTHEST
  return {
    usedPercent: newest.used,
    perMonth: Math.round(perMonth * 100) / 100,
    endsAt: isTold ? new Date(newest.at.getTime() + months * MONTH) : null,
  }
}
