import type { Health } from '../gql/graphql.ts'
import { type Group, WANTED } from '../places/places.ts'

/** What the page knows, in counts. */
export interface Known {
  machines: { total: number; silent: number }
  disks: { total: number; ok: number; needYou: number; noData: number; missing: number }
  /** Arrays, pools and volume groups with a finding. */
  arraysAtRisk: number
  backups: { total: number; good: number; bad: number; unproven: number; unknown: number }
  /** Causes that somebody must look at, and those that somebody knows of or silenced: they last all the same. */
  causes: { open: number; lasting: number }
  places: Record<Group, number>
}

/**
 * The worst true sentence. "Safe" is said only where every place has a proven copy elsewhere, every backup is proven, every
 * disk that can tell, every array and machine is known to be well, and nothing lasts that somebody put aside.
 */
export type Headline =
  | 'EMPTY'
  | 'DANGER'
  | 'NEEDS_YOU_COVERED'
  | 'NEEDS_YOU'
  | 'NO_BACKUP'
  | 'NO_COPY'
  | 'LATE'
  | 'PARTLY'
  | 'NOT_KNOWN'
  | 'NOT_ALL'
  | 'SAFE'

const sum = (places: Record<Group, number>, groups: readonly Group[]): number =>
  groups.reduce((total, group) => total + places[group], 0)

export function headlineOf({ machines, disks, arraysAtRisk, backups, causes, places }: Known): {
  headline: Headline
  n: number
} {
  const say = (headline: Headline, n = 0) => ({ headline, n })
  if (machines.total === 0 && backups.total === 0) return say('EMPTY')
  if (places.danger > 0) return say('DANGER', places.danger)
  const withCopy = sum(places, ['covered', 'safe'])
  if (causes.open > 0)
    return say(withCopy > 0 && withCopy === sum(places, WANTED) ? 'NEEDS_YOU_COVERED' : 'NEEDS_YOU', causes.open)
  if (backups.total === 0) return say('NO_BACKUP')
  if (places.none > 0) return say('NO_COPY', places.none)
  if (places.late > 0) return say('LATE', places.late)
  if (places.partly > 0) return say('PARTLY', places.partly)
  if (places.unknown > 0) return say('NOT_KNOWN', places.unknown)
  const areDisksWell = disks.needYou + disks.noData + disks.missing === 0
  const isWell =
    areDisksWell &&
    arraysAtRisk === 0 &&
    machines.silent === 0 &&
    causes.lasting === 0 &&
    backups.good === backups.total &&
    withCopy > 0
  return isWell && places.covered === 0 ? say('SAFE') : say('NOT_ALL')
}

/** Counts of disks as the headline uses them. */
export function diskCounts(summary: {
  totalDisks: number
  missingDisks: number
  disksByHealth: readonly { health: Health; count: number }[]
}): Known['disks'] {
  const of = (...wanted: Health[]): number =>
    summary.disksByHealth.filter(({ health }) => wanted.includes(health)).reduce((all, { count }) => all + count, 0)
  return {
    total: summary.totalDisks,
    ok: of('OK'),
    needYou: of('FAILED', 'AT_RISK', 'WARNING'),
    noData: of('UNKNOWN'),
    missing: summary.missingDisks,
  }
}
