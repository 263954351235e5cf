import { registerEnumType } from 'type-graphql'
import { DAY } from '../platform/clock.ts'
import type { StateFacts } from './derive-state.ts'

/** How a machine stands with its updates, in one word; the first that holds. */
export enum UpdateStanding {
  UNKNOWN = 'UNKNOWN',
  BROKEN = 'BROKEN',
  SECURITY = 'SECURITY',
  PENDING = 'PENDING',
  STALE = 'STALE',
  CURRENT = 'CURRENT',
}
registerEnumType(UpdateStanding, {
  name: 'UpdateStanding',
  valuesConfig: {
    UNKNOWN: { description: 'Its package manager told nothing that can be counted' },
    BROKEN: { description: 'dpkg was interrupted, packages are half installed, or no plan can be made' },
    SECURITY: { description: 'Security updates wait' },
    PENDING: { description: 'Updates wait; none of them is known to mend a security hole' },
    STALE: { description: 'None is known to wait, but its lists are too old to know' },
    CURRENT: { description: 'None waits, by lists that are fresh' },
  },
})

/** Debian and Ubuntu refresh lists daily where it is switched on; what mends a hole must not be unknown for longer than this. */
export const FRESH_FOR = 7 * DAY

type Facts = Pick<
  StateFacts,
  | 'updatesAt'
  | 'updatesProblem'
  | 'installable'
  | 'security'
  | 'listsRefreshedAt'
  | 'listsValidUntil'
  | 'interrupted'
  | 'broken'
>

/** Whether its lists are too old to know what waits: refreshed long ago, or past the day until which they hold. Null = not told. */
export function areListsStale({ listsRefreshedAt, listsValidUntil }: Facts, now: Date): boolean | null {
  if (listsValidUntil !== null && listsValidUntil < now) return true
  return listsRefreshedAt === null ? null : now.getTime() - listsRefreshedAt.getTime() > FRESH_FOR
}

export function standingOf(state: Facts, now: Date): UpdateStanding {
  const { updatesAt, updatesProblem, installable, security, interrupted, broken } = state
  if (updatesAt === null) return UpdateStanding.UNKNOWN
  const hasPlan = installable !== null
  if (interrupted || broken?.length || (!hasPlan && updatesProblem !== null)) return UpdateStanding.BROKEN
  if (installable === null || security === null) return UpdateStanding.UNKNOWN
  if (security > 0) return UpdateStanding.SECURITY
  if (installable > 0) return UpdateStanding.PENDING
  // Of lists that nobody knows the age of, none can be told to be fresh.
  return areListsStale(state, now) === false ? UpdateStanding.CURRENT : UpdateStanding.STALE
}
