import type { StateKind } from '@vigie/agent/report'
import { DAY } from '../platform/clock.ts'

/** Of each machine and kind. */
const NEWEST = 20
const DAILY_FOR = 90 * DAY

/**
 * Which of the snapshots of one machine and kind go, newest first: the newest 20 stay, and the first of each day for 90 days.
 * Of packages the newest alone: they are large, and what changed is told as events.
 */
export function snapshotsToForget(
  kind: StateKind,
  snapshots: readonly { id: string; collectedAt: Date }[],
  now: Date,
): string[] {
  if (kind === 'packages') return snapshots.slice(1).map(({ id }) => id)
  const firstOfDay = new Map(snapshots.map(({ id, collectedAt }) => [Math.floor(collectedAt.getTime() / DAY), id]))
  const kept = new Set(firstOfDay.values())
  return snapshots
    .slice(NEWEST)
    .filter(({ id, collectedAt }) => !kept.has(id) || now.getTime() - collectedAt.getTime() > DAILY_FOR)
    .map(({ id }) => id)
}
