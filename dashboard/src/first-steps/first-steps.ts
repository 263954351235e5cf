import type { FirstStepsQuery } from '../gql/graphql.ts'

export const STEPS = ['machine', 'service', 'job', 'file', 'told'] as const
export type Step = (typeof STEPS)[number]

/** A second report that comes sooner was sent by hand. */
const BY_ITSELF = 60_000

/** Which steps from nothing to data that is watched are done: each by what Vigie has seen, never by hand. */
export function stepsDone({ machines, expectedJobs, backupEntries, alerting }: FirstStepsQuery): Record<Step, boolean> {
  const [machine] = machines.nodes
  return {
    machine: machine !== undefined,
    service: machine !== undefined && Date.parse(machine.lastReceivedAt) - Date.parse(machine.firstSeenAt) >= BY_ITSELF,
    job: expectedJobs.nodes.length > 0,
    file: backupEntries.nodes.length > 0,
    told: alerting.lastSentAt !== null,
  }
}

/** The one to do now; null = all are done. */
export const nextStep = (done: Record<Step, boolean>): Step | null => STEPS.find((step) => !done[step]) ?? null

export const countDone = (done: Record<Step, boolean>): number => STEPS.filter((step) => done[step]).length
