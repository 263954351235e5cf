import { Field, GraphQLISODateTime, Int, ObjectType, registerEnumType } from 'type-graphql'
import { BigIntScalar } from '../graphql/scalars.ts'
import { DAY } from '../platform/clock.ts'

/** Counters of damage: ATA 5, 197, 198 (or SCSI grown defects and uncorrected errors), NVMe media errors. */
export const DamageCounter = {
  REALLOCATED: 'reallocated',
  PENDING: 'pending',
  UNCORRECTABLE: 'uncorrectable',
  MEDIA_ERRORS: 'mediaErrors',
} as const
export type DamageCounter = (typeof DamageCounter)[keyof typeof DamageCounter]
registerEnumType(DamageCounter, {
  name: 'DamageCounter',
  description: 'A counter of damage: of sectors, or of the errors of a medium (NVMe)',
})
export const COUNTED = Object.values(DamageCounter)

/** A reading in which at least one counter differs from the reading before. */
export type ChangedReading = { at: Date } & Record<`${DamageCounter}${'Before' | 'Now'}`, number | null>

@ObjectType({
  simpleResolvers: true,
  description: 'A counter of damage that rose or fell, in one or in several readings',
})
export class CounterStep {
  @Field(() => DamageCounter)
  counter!: DamageCounter

  @Field(() => GraphQLISODateTime, { description: 'When the first of these readings was taken' })
  since!: Date

  @Field(() => GraphQLISODateTime, { description: 'When the last of them was taken: as since, for one' })
  until!: Date

  @Field(() => BigIntScalar)
  from!: number

  @Field(() => BigIntScalar)
  to!: number

  @Field(() => Int, { description: 'How many readings it took' })
  count!: number
}

/** What grows a little every day is one story: steps the same way with less than this between them are told as one. */
const ONE_STORY = 7 * DAY

/** A counter that goes up and down with every reading would fill the page and the answer. */
const MOST = 100

/** A counter that was not read before is no step: nobody knows whether it was zero. The newest first. */
export function stepsIn(readings: readonly ChangedReading[]): CounterStep[] {
  const steps: CounterStep[] = []
  const last = new Map<DamageCounter, CounterStep>()
  /** What each was when it was read last: a reading that lacks it in between hides no rise. */
  const known = new Map<DamageCounter, number>()
  for (const reading of readings) {
    for (const counter of COUNTED) {
      const from = known.get(counter) ?? reading[`${counter}Before`]
      const to = reading[`${counter}Now`] ?? from
      if (to !== null) known.set(counter, to)
      if (from === null || to === null || from === to) continue
      const before = last.get(counter)
      if (before && goesOn(before, { at: reading.at, from, to })) {
        before.until = reading.at
        before.to = to
        before.count += 1
        continue
      }
      const step = { counter, since: reading.at, until: reading.at, from, to, count: 1 }
      last.set(counter, step)
      steps.push(step)
    }
  }
  return steps.sort((a, b) => b.until.getTime() - a.until.getTime()).slice(0, MOST)
}

const goesOn = (before: CounterStep, { at, from, to }: { at: Date; from: number; to: number }): boolean =>
  Math.sign(before.to - before.from) === Math.sign(to - from) && at.getTime() - before.until.getTime() <= ONE_STORY
