import { Field, InputType, Int } from 'type-graphql'
import { readKeepRules } from '../backups/job-draft.ts'
import type { KeepRules } from './retention.ts'

@InputType({
  description: 'Rules to try, or to set; those that are left out keep nothing, and without any everything stays',
})
export class KeepRulesInput {
  @Field(() => Int, { nullable: true })
  keepLast?: number | null

  @Field(() => Int, { nullable: true })
  keepDaily?: number | null

  @Field(() => Int, { nullable: true })
  keepWeekly?: number | null

  @Field(() => Int, { nullable: true })
  keepMonthly?: number | null

  @Field(() => Int, { nullable: true })
  keepYearly?: number | null
}

/** Errors: BAD_USER_INPUT. */
export function readRules(input: KeepRulesInput): KeepRules {
  const { keepLast = null, keepDaily = null, keepWeekly = null, keepMonthly = null, keepYearly = null } = input
  return readKeepRules({ keepLast, keepDaily, keepWeekly, keepMonthly, keepYearly })
}
