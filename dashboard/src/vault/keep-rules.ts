import { JOB_FIELDS, KEEPS } from '@vigie/api/job-fields'

export type Keep = (typeof KEEPS)[number]
/** As somebody types them: '' = no such rule. */
export type TypedRules = Record<Keep, string>
export type Rules = Record<Keep, number | null>

/** How they stand in an address, in the order of KEEPS: `,7,4` is 7 daily and 4 weekly. */
export function writeRules(rules: TypedRules): string {
  // A comma that somebody types divides nothing: it is told as the mistake that it is.
  const parts = KEEPS.map((name) => rules[name].trim().replaceAll(',', '.'))
  return parts.slice(0, parts.findLastIndex(Boolean) + 1).join(',')
}

export function readRules(text: string): TypedRules {
  const parts = text.split(',')
  return Object.fromEntries(KEEPS.map((name, index) => [name, (parts[index] ?? '').slice(0, 10)])) as TypedRules
}

export type Trouble = 'number' | 'nothing'

/** Why they cannot be asked for, each at its field; and all of them 0 would keep nothing. */
export function troublesOf(rules: TypedRules): Partial<Record<Keep, Trouble>> {
  const troubles: Partial<Record<Keep, Trouble>> = {}
  for (const name of KEEPS) {
    const text = rules[name].trim()
    const { least, most } = JOB_FIELDS[name]
    if (text && !(/^\d+$/.test(text) && Number(text) >= least && Number(text) <= most)) troubles[name] = 'number'
  }
  const given = KEEPS.map((name) => rules[name].trim()).filter(Boolean)
  if (given.length > 0 && given.every((text) => /^0+$/.test(text))) troubles.keepLast = 'nothing'
  return troubles
}

export const rulesOf = (rules: TypedRules): Rules =>
  Object.fromEntries(KEEPS.map((name) => [name, rules[name].trim() ? Number(rules[name]) : null])) as Rules

export const isEmpty = (rules: TypedRules): boolean => KEEPS.every((name) => !rules[name].trim())

/** The rules that are there, in their order; none = everything is kept. */
export const givenOf = (rules: Partial<Record<Keep, number | null>>): { name: Keep; n: number }[] =>
  KEEPS.flatMap((name) => {
    const n = rules[name] ?? null
    return n === null ? [] : [{ name, n }]
  })
