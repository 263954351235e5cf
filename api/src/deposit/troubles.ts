import type { Trouble } from './scan.entity.ts'

/** More than these at once are one trouble: the first of them tell enough. */
const MOST = 50

/**
 * What hinders scans after one of them, what has begun, and what is over. Of a scan that did not see everything nothing
 * is over: what it did not look at may stand as it stood.
 */
export function troublesAfter(
  before: readonly Trouble[],
  found: ReadonlyMap<string, string>,
  { sawAll, at }: { sawAll: boolean; at: Date },
): { now: Trouble[]; begun: Trouble[]; over: Trouble[] } {
  const known = new Set(before.map(({ cause }) => cause))
  const stays = ({ cause }: Trouble): boolean => found.has(cause) || (!sawAll && cause !== 'scan')
  const begun = [...found]
    .filter(([cause]) => !known.has(cause))
    .map(([cause, text]) => ({ cause: cause.slice(0, 300), text: text.slice(0, 500), since: at.toISOString() }))
  const staying = before
    .filter(stays)
    .map((trouble) => ({ ...trouble, text: (found.get(trouble.cause) ?? trouble.text).slice(0, 500) }))
  const room = Math.max(0, MOST - staying.length)
  return {
    now: [...staying, ...begun.slice(0, room)],
    begun: begun.slice(0, room),
    over: before.filter((trouble) => !stays(trouble)),
  }
}
