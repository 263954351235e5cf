import { DAY, HOUR } from '../platform/clock.ts'

/** Two deadlines: who approves late has not approved for ever, and who approves at the last moment gets his time. */
export const APPROVE_WITHIN = DAY
export const START_WITHIN = 2 * HOUR
/** Where the machine has hours of its own, one of them comes within a week. */
export const START_WITHIN_WINDOWS = 7 * DAY
/** Of what begins later: at most so much later. */
export const LATEST_START = 30 * DAY

/** After this it is dead, whoever says otherwise: signed with the order. */
export const expiryOf = (createdAt: Date, notBefore: Date | null): Date =>
  new Date(Math.max(createdAt.getTime() + APPROVE_WITHIN, notBefore?.getTime() ?? 0) + START_WITHIN_WINDOWS)

export const startBy = (approvedAt: Date, notBefore: Date | null, hasWindows: boolean): Date =>
  new Date(
    Math.max(approvedAt.getTime(), notBefore?.getTime() ?? 0) + (hasWindows ? START_WITHIN_WINDOWS : START_WITHIN),
  )
