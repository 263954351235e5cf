import type {
  Health,
  PackageRowFragment,
  StateFactsFragment,
  StateMarkFragment,
  UpdateStanding,
} from '../gql/graphql.ts'

/** What a standing is shown by; a new one does not compile until it has its shape. */
const GLYPHS: Record<UpdateStanding, Health> = {
  UNKNOWN: 'UNKNOWN',
  BROKEN: 'AT_RISK',
  SECURITY: 'WARNING',
  PENDING: 'OK',
  STALE: 'UNKNOWN',
  CURRENT: 'OK',
}

/** Updates of which none is known to mend a hole are well only where it would be known. */
export const glyphOf = ({
  updateStanding,
  security,
  listsStale,
}: Pick<StateMarkFragment, 'updateStanding' | 'security' | 'listsStale'>): Health =>
  updateStanding === 'PENDING' && (security === null || listsStale !== false) ? 'UNKNOWN' : GLYPHS[updateStanding]

/** As the server reckons it (UpdateStanding): lists are fresh for a week. */
export const isOld = (time: string, now = Date.now()): boolean => now - Date.parse(time) > 7 * 86_400_000

/** Whether anything was told of packages, updates or restarts. */
export const isTold = ({
  updatesAt,
  updatesProblem,
  rebootAt,
  packagesAt,
  packagesProblem,
}: StateFactsFragment): boolean =>
  [updatesAt, updatesProblem, rebootAt, packagesAt, packagesProblem].some((told) => told !== null)

/** Null = not known: nothing was told of it, or its kernel could not be looked at. */
export function isRestartDue({ rebootReasons, kernelChecked }: StateMarkFragment): boolean | null {
  if (rebootReasons?.length) return true
  return rebootReasons && kernelChecked ? false : null
}

/** A word for each package, from what matters most to what happens by itself. */
export type PackageKind =
  'SECURITY' | 'HELD' | 'PINNED' | 'DEPENDENCY' | 'PHASED' | 'REMOVE' | 'DOWNGRADE' | 'INSTALL' | 'UPGRADE'
const ORDER: readonly PackageKind[] = [
  'SECURITY',
  'REMOVE',
  'DOWNGRADE',
  'UPGRADE',
  'INSTALL',
  'HELD',
  'PINNED',
  'DEPENDENCY',
  'PHASED',
]

/** What happens to it; whether it mends a security hole stands beside it. */
export const kindOf = ({
  change,
  kept,
}: Pick<PackageRowFragment, 'change' | 'kept'>): Exclude<PackageKind, 'SECURITY'> =>
  change === 'KEEP' ? (kept ?? 'DEPENDENCY') : change

/** Security first, then what changes most, by name within. */
export const sorted = (packages: readonly PackageRowFragment[]): PackageRowFragment[] =>
  packages.toSorted((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name))

const rank = (row: PackageRowFragment): number => ORDER.indexOf(row.security ? 'SECURITY' : kindOf(row))

/** How many packages of each kind, those that there are: what the plan says in one line. Null = there is no plan. */
export function planOf(state: StateFactsFragment): [kind: Exclude<PackageKind, 'SECURITY'>, count: number][] | null {
  const { installable, added, removed, downgraded, held, phased, keptForDependency, pinned } = state
  if (installable === null) return null
  const counts = [
    ['UPGRADE', installable],
    ['INSTALL', added],
    ['REMOVE', removed],
    ['DOWNGRADE', downgraded],
    ['HELD', held],
    ['PINNED', pinned],
    ['DEPENDENCY', keptForDependency],
    ['PHASED', phased],
  ] as const
  return counts.flatMap(([kind, count]) => (count ? [[kind, count] as [typeof kind, number]] : []))
}
