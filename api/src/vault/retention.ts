import { registerEnumType } from 'type-graphql'
import { Temporal } from 'temporal-polyfill'

export enum KeepRule {
  PROTECTED = 'PROTECTED',
  FLOOR = 'FLOOR',
  LAST = 'LAST',
  DAILY = 'DAILY',
  WEEKLY = 'WEEKLY',
  MONTHLY = 'MONTHLY',
  YEARLY = 'YEARLY',
}
registerEnumType(KeepRule, {
  name: 'KeepRule',
  description: 'Why retention keeps a backup',
  valuesConfig: {
    PROTECTED: { description: 'Somebody protected it' },
    FLOOR: {
      description: 'One of the two newest intact ones, or the newest where one is asked for: those always stay',
    },
    LAST: { description: 'One of the newest' },
    DAILY: { description: 'The newest of its day' },
    WEEKLY: { description: 'The newest of its week (ISO 8601)' },
    MONTHLY: { description: 'The newest of its month' },
    YEARLY: { description: 'The newest of its year' },
  },
})

export interface KeepRules {
  keepLast: number | null
  keepDaily: number | null
  keepWeekly: number | null
  keepMonthly: number | null
  keepYearly: number | null
}

export interface Kept<T> {
  backup: T
  /** Empty = retention would delete it. */
  rules: KeepRule[]
}

/** However few a rule keeps, so many of the newest good ones stay; one, where somebody asks for the last one alone. */
export const FLOOR = 2
const floorOf = ({ keepLast }: KeepRules): number => (keepLast === 1 ? 1 : FLOOR)

/** Without any rule everything is kept. */
export const keepsEverything = (rules: KeepRules): boolean =>
  [rules.keepLast, rules.keepDaily, rules.keepWeekly, rules.keepMonthly, rules.keepYearly].every((n) => n === null)

/**
 * Which good backups of one job stay, and why; newest first. The newest of each period wins; a period without backups
 * does not count, so that a month of failures deletes nothing (as proxmox-backup's prune, pbs-datastore/src/prune.rs).
 */
export function planRetention<T extends { expectedAt: Date; protected: boolean }>(
  good: readonly T[],
  rules: KeepRules,
  timeZone: string,
): Kept<T>[] {
  const newest = good.toSorted((a, b) => b.expectedAt.getTime() - a.expectedAt.getTime())
  const plan: Kept<T>[] = newest.map((backup) => ({ backup, rules: [] }))
  if (keepsEverything(rules)) return plan.map((kept) => ({ ...kept, rules: [KeepRule.LAST] }))
  for (const kept of plan) if (kept.backup.protected) kept.rules.push(KeepRule.PROTECTED)
  for (const kept of plan.slice(0, floorOf(rules))) kept.rules.push(KeepRule.FLOOR)
  const periods: [KeepRule, number | null, (date: Temporal.ZonedDateTime) => string][] = [
    [KeepRule.LAST, rules.keepLast, (date) => String(date.epochMilliseconds)],
    [KeepRule.DAILY, rules.keepDaily, (date) => date.toPlainDate().toString()],
    [KeepRule.WEEKLY, rules.keepWeekly, (date) => `${date.yearOfWeek}-${date.weekOfYear}`],
    [KeepRule.MONTHLY, rules.keepMonthly, (date) => `${date.year}-${date.month}`],
    [KeepRule.YEARLY, rules.keepYearly, (date) => String(date.year)],
  ]
  // Made once for all rules: to find a zone's day is most of the work.
  const dates = newest.map(({ expectedAt }) =>
    Temporal.Instant.fromEpochMilliseconds(expectedAt.getTime()).toZonedDateTimeISO(timeZone),
  )
  for (const [rule, count, periodOf] of periods) {
    const seen = new Set<string>()
    for (const [index, kept] of plan.entries()) {
      if (seen.size >= (count ?? 0)) break
      const period = periodOf(dates[index] as Temporal.ZonedDateTime)
      if (seen.has(period)) continue
      seen.add(period)
      kept.rules.push(rule)
    }
  }
  return plan
}
