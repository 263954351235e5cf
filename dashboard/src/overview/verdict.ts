import type { Health } from '../gql/graphql.ts'

export interface Counts {
  total: number
  ok: number
  needsYou: number
  noData: number
  unsupported: number
  machines: number
  silent: number
}

/** What the headline says; never more than is known. */
export type Headline = 'EMPTY' | 'NO_DISKS' | 'NEEDS_YOU' | 'SILENT' | 'ALL_HEALTHY' | 'NOT_ALL_READ' | 'NONE_READ'

export function countsOf(summary: {
  totalMachines: number
  silentMachines: number
  totalDisks: number
  disksByHealth: { health: Health; count: number }[]
}): Counts {
  const of = (...wanted: Health[]): number =>
    summary.disksByHealth.filter(({ health }) => wanted.includes(health)).reduce((sum, { count }) => sum + count, 0)
  return {
    total: summary.totalDisks,
    ok: of('OK'),
    needsYou: of('FAILED', 'AT_RISK', 'WARNING'),
    noData: of('UNKNOWN'),
    unsupported: of('UNSUPPORTED'),
    machines: summary.totalMachines,
    silent: summary.silentMachines,
  }
}

export function headline({ total, ok, needsYou, machines, silent }: Counts): Headline {
  if (machines === 0) return 'EMPTY'
  if (needsYou > 0) return 'NEEDS_YOU'
  if (silent > 0) return 'SILENT'
  if (total === 0) return 'NO_DISKS'
  if (ok === total) return 'ALL_HEALTHY'
  return ok === 0 ? 'NONE_READ' : 'NOT_ALL_READ'
}
