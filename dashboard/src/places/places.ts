import type { Health, PlaceRowFragment, PlaceVerdict } from '../gql/graphql.ts'

/** How verdicts stand together on the page, the gravest first. */
export const GROUPS = {
  danger: ['LOST', 'LOSES'],
  none: ['NONE'],
  late: ['STALE'],
  unknown: ['UNKNOWN'],
  covered: ['COVERED'],
  safe: ['SAFE'],
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

export type Headline = 'danger' | 'none' | 'late' | 'unknown' | 'covered' | 'safe' | 'empty'

/** The worst true sentence: nothing is called safe while a place is without a copy, or not known. */
export const headlineOf = (counts: Record<Group, number>): Headline =>
  GROUP_NAMES.find((group) => counts[group] > 0) ?? 'empty'

/** What one more failure would take: nothing, what is newer than the copy, or everything. Null = not known. */
export type Cost = { kind: 'nothing'; disks: number } | { kind: 'since'; at: string } | { kind: 'everything' } | null

export function costOf({
  mayStillFail,
  provenAt,
  elsewhere,
}: Pick<PlaceRowFragment, 'mayStillFail' | 'provenAt' | 'elsewhere'>): Cost {
  if (mayStillFail) return { kind: 'nothing', disks: mayStillFail }
  if (!provenAt || elsewhere === 'SAME_DISK') return { kind: 'everything' }
  return elsewhere ? { kind: 'since', at: provenAt } : null
}

const RANK: Record<Health, number> = { OK: 0, UNSUPPORTED: 1, UNKNOWN: 2, WARNING: 3, AT_RISK: 4, FAILED: 5 }

/** The worst health of a place's disks, with the disks that have it. Null = no disk is known. */
export function worstOf<D extends { health: Health }>(disks: readonly D[]): { health: Health; disks: D[] } | null {
  const [worst] = disks.toSorted((a, b) => RANK[b.health] - RANK[a.health])
  return worst ? { health: worst.health, disks: disks.filter(({ health }) => health === worst.health) } : null
}
