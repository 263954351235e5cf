/** What charts of a disk may show, in days. One choice is for all of them. */
export const CHART_RANGES = { week: 7, month: 30, year: 365 } as const
export type ChartRange = keyof typeof CHART_RANGES

/** For who chooses one of them. */
export const rangeChoices = (t: (key: `disks.${ChartRange}`) => string): [ChartRange, string][] =>
  (Object.keys(CHART_RANGES) as ChartRange[]).map((range) => [range, t(`disks.${range}`)])
