import { isDeepStrictEqual } from 'node:util'
import { Field, Float, GraphQLISODateTime, ObjectType, registerEnumType } from 'type-graphql'
import type { ReasonCode } from './sentence.ts'

export enum Severity {
  INFO = 'INFO',
  WARNING = 'WARNING',
  AT_RISK = 'AT_RISK',
  FAILED = 'FAILED',
}
registerEnumType(Severity, {
  name: 'Severity',
  description: 'How grave a reason or an event is; INFO is shown, never counted',
})

/** Why a verdict is what it is. Its sentence comes from the catalogue; none is stored. */
@ObjectType({ simpleResolvers: true, description: 'Why a verdict is what it is' })
export class Reason {
  @Field(() => String, {
    description: 'Stable code, such as PENDING_SECTORS; docs/health.md and docs/backups.md list them',
  })
  code!: ReasonCode

  @Field(() => Severity)
  severity!: Severity

  @Field(() => Float, { nullable: true, description: 'What was read; null where the reason is no number' })
  value!: number | null

  @Field(() => Float, { nullable: true, description: 'The limit that it met; null where there is none' })
  limit!: number | null

  @Field(() => String, {
    nullable: true,
    description: 'What it speaks of: the name of an attribute, or the words of the source; null = nothing to add',
  })
  subject!: string | null

  @Field(() => GraphQLISODateTime, {
    nullable: true,
    description: 'When somebody accepted it until it grows: it is told and no longer counted. Null = it counts',
  })
  acceptedAt?: string | null

  @Field(() => GraphQLISODateTime, {
    nullable: true,
    description:
      'When its own source was last read (an attribute, a log, a pool), where the newest reading is without it: it counts until that source is read again. Null = it comes from the newest reading',
  })
  readAt?: string | null

  /** The id of the S.M.A.R.T. attribute that told it, whatever its name is called. */
  attribute?: number
}

/** Reasons whose source could not be read again: when it was, is kept from the first time on. */
export const notReadAgain = (reasons: readonly Reason[], lastReadAt: Date | null): Reason[] =>
  reasons.map((reason) => ({ ...reason, readAt: reason.readAt ?? lastReadAt?.toISOString() ?? null }))

/** Whether reasons say the same; PostgreSQL gives their fields back in another order than they were written in. */
export const sameReasons = (some: readonly Reason[], others: readonly Reason[]): boolean =>
  isDeepStrictEqual(asStored(some), asStored(others))
const asStored = (reasons: readonly Reason[]): unknown => JSON.parse(JSON.stringify(reasons))

export const SEVERITY_ORDER = [Severity.INFO, Severity.WARNING, Severity.AT_RISK, Severity.FAILED]
