import type { Health, PlaceVerdict } from '../gql/graphql.ts'

/** How verdicts stand together on the page, the gravest first. */
export const GROUPS = {
  danger: ['LOST', 'LOSES'],
  none: ['NONE'],
  late: ['STALE'],
  partly: ['PARTLY'],
  unknown: ['UNKNOWN'],
  covered: ['COVERED'],
  safe: ['SAFE'],
  unneeded: ['UNNEEDED'],
} as const satisfies Record<string, PlaceVerdict[]>
export type Group = keyof typeof GROUPS
export const GROUP_NAMES = Object.keys(GROUPS) as Group[]

export const groupOf = (verdict: PlaceVerdict): Group =>
  GROUP_NAMES.find((group) => (GROUPS[group] as readonly PlaceVerdict[]).includes(verdict)) ?? 'unknown'

export const isGroup = (name: unknown): name is Group => GROUP_NAMES.includes(name as Group)

/** How many places each group has. */
export function countsOf(counts: readonly { verdict: PlaceVerdict; count: number }[]): Record<Group, number> {
  const found = Object.fromEntries(GROUP_NAMES.map((group) => [group, 0])) as Record<Group, number>
  for (const { verdict, count } of counts) found[groupOf(verdict)] += count
  return found
}

/** Groups of places that should have a copy: nobody misses one of the others. */
export const WANTED = GROUP_NAMES.filter((group): group is Exclude<Group, 'unneeded'> => group !== 'unneeded')

export type Headline = Exclude<Group, 'unneeded'> | 'empty'

/** The worst true sentence: nothing is called safe while a place is without a copy, or not known. */
export const headlineOf = (counts: Record<Group, number>): Headline =>
  WANTED.find((group) => counts[group] > 0) ?? 'empty'

const RANK: Record<Health, number> = { OK: 0, UNSUPPORTED: 1, UNKNOWN: 2, WARNING: 3, AT_RISK: 4, FAILED: 5 }

/** The worst of a place's disks, and those that are like it; a missing one is worse than any. Null = no disk is known. */
export function worstOf<D extends { health: Health; missingSince?: string | null }>(
  disks: readonly D[],
): { health: Health; isMissing: boolean; disks: D[] } | null {
  const rank = ({ health, missingSince }: D): number => (missingSince ? 10 : RANK[health])
  const [worst] = disks.toSorted((a, b) => rank(b) - rank(a))
  if (!worst) return null
  const alike = disks.filter((disk) => rank(disk) === rank(worst))
  return { health: worst.health, isMissing: Boolean(worst.missingSince), disks: alike }
}
