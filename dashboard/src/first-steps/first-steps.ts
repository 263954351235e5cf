import type { FirstStepsQuery } from '../gql/graphql.ts'

export const STEPS = ['machine', 'service', 'job', 'file', 'told'] as const
export type Step = (typeof STEPS)[number]

/** A second report that comes sooner was most likely sent by hand, like the first. */
const BY_ITSELF = 60_000

type Machine = FirstStepsQuery['machines']['nodes'][number]
export const keepsReporting = ({ firstSeenAt, lastReceivedAt }: Machine): boolean =>
  Date.parse(lastReceivedAt) - Date.parse(firstSeenAt) >= BY_ITSELF

type Entry = FirstStepsQuery['backupEntries']['nodes'][number]
/** The newest that was proven; a file that arrived whole may hold anything. */
export const provenEntry = (entries: readonly Entry[]): Entry | null =>
  entries.find(({ proof }) => proof === 'INTACT') ?? null

/** Which steps from nothing to data that is watched are done: each by what Vigie has seen, never by hand. */
export function stepsDone({ machines, expectedJobs, backupEntries, alerting }: FirstStepsQuery): Record<Step, boolean> {
  return {
    machine: machines.nodes.length > 0,
    service: machines.nodes.some((machine) => keepsReporting(machine)),
    job: expectedJobs.nodes.length > 0,
    file: provenEntry(backupEntries.nodes) !== null,
    told: alerting.lastSentAt !== null,
  }
}

/** The one to do now; null = all are done. */
export const nextStep = (done: Record<Step, boolean>): Step | null => STEPS.find((step) => !done[step]) ?? null

export const countDone = (done: Record<Step, boolean>): number => STEPS.filter((step) => done[step]).length
