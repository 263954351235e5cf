import type { ThresholdsQuery } from '../gql/graphql.ts'

export type Rule = ThresholdsQuery['thresholdRules'][number]

/** What its numbers count; null = plain numbers. */
export const unitOf = (kind: Rule['kind']): 'percent' | 'days' | null =>
  kind.endsWith('_PERCENT') ? 'percent' : kind.endsWith('_DAYS') ? 'days' : null

/** What somebody wrote; undefined = it is no such number. A comma is a point. */
export function readValue(written: string, { least, most, isWhole }: Rule): number | undefined {
  const text = written.trim().replace(',', '.')
  if (!/^\d{1,6}(\.\d{1,3})?$/.test(text)) return undefined
  const value = Number(text)
  return value >= least && value <= most && (!isWhole || Number.isInteger(value)) ? value : undefined
}
