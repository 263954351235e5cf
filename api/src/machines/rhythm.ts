import { HOUR } from '../platform/clock.ts'

/** How many report times are kept to read a machine's rhythm from. */
export const KEPT_REPORT_TIMES = 9

/**
 * The instant from which a machine counts as silent: three of its usual intervals after its newest report arrived, at
 * least an hour; 26 hours until three reports are known. The usual interval is the median of the newest ones, so that
 * one reboot does not change it.
 */
export function silentAt(reportTimes: readonly number[], receivedAt: Date): Date {
  const usual = reportTimes.length < 3 ? null : median(intervals(reportTimes))
  const patience = usual === null ? 26 * HOUR : Math.max(HOUR, 3 * usual)
  return new Date(receivedAt.getTime() + patience)
}

/** Adds one report's time, in order; a report that was spooled counts at the time it was collected. */
export const withReportTime = (reportTimes: readonly number[], at: Date): number[] =>
  [...reportTimes, at.getTime()].sort((a, b) => a - b).slice(-KEPT_REPORT_TIMES)

const intervals = (times: readonly number[]): number[] =>
  times.slice(1).map((time, index) => time - (times[index] ?? time))

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? 0
}
