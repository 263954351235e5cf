import { registerEnumType } from 'type-graphql'
import { DAY } from '../platform/clock.ts'
import { isHalfDone, type StateFacts } from './derive-state.ts'

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
    STALE: {
      description: 'None is known to wait, but its lists are too old to know, or it has none of a security archive',
    },
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
  | 'securityListAt'
  | 'busy'
  | 'interrupted'
  | 'broken'
>

/**
 * Whether its lists are too old to know what waits: refreshed long ago, past the day until which they hold, or of a security
 * archive whose newest list was made long ago. That they were refreshed may be true of one source alone, and a mirror may
 * stand still. Null = not told.
 */
export function areListsStale({ listsRefreshedAt, listsValidUntil, securityListAt }: Facts, now: Date): boolean | null {
  if (listsValidUntil !== null && listsValidUntil < now) return true
  const ages = [listsRefreshedAt, securityListAt].flatMap((date) => (date ? now.getTime() - date.getTime() : []))
  if (ages.some((age) => age > FRESH_FOR)) return true
  return listsRefreshedAt === null ? null : false
}

export function standingOf(state: Facts, now: Date): UpdateStanding {
  const { updatesAt, updatesProblem, installable, security, securityListAt, busy } = state
  if (updatesAt === null) return UpdateStanding.UNKNOWN
  // While packages are changed some of them are half installed, as they must be.
  const isBroken = busy === null && isHalfDone(state)
  if (isBroken || (installable === null && updatesProblem !== null)) return UpdateStanding.BROKEN
  if (installable === null) return UpdateStanding.UNKNOWN
  if (security !== null && security > 0) return UpdateStanding.SECURITY
  if (installable > 0) return UpdateStanding.PENDING
  // Of lists that nobody knows the age of, none can be told to be fresh.
  const isFresh = securityListAt !== null && areListsStale(state, now) === false
  return isFresh ? UpdateStanding.CURRENT : UpdateStanding.STALE
}
