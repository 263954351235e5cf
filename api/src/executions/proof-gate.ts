import { selectRows, type Row } from '../database/rows.ts'
import type { EntityManager } from '../database/database.ts'
import { ExpectedJob, Protection } from '../backups/expected-job.entity.ts'
import { newestProven, type Proven } from '../places/copies.ts'

export interface ProofOfMachine {
  /** Jobs in service that protect it. */
  jobs: number
  /** Those whose newest proven backup is as fresh as they promise. */
  proven: number
  oldest: Date | null
}

/**
 * How well what lies on machines is proven, before something is done to them: of each job that protects one, whether its
 * newest proven backup is the newest that could be expected. As few questions for many as for one.
 */
export async function proofsOf(
  em: EntityManager,
  machineIds: readonly string[],
  now: Date,
): Promise<Map<string, ProofOfMachine>> {
  const protections = await selectRows(em, Protection, 'machine', machineIds)
  const own = await selectRows(em, ExpectedJob, 'machine', machineIds)
  const linked = await selectRows(em, ExpectedJob, 'id', [...new Set(protections.map(({ job }) => job))])
  const jobs = new Map([...own, ...linked].filter(isInService).map((job) => [job.id, job]))
  const proven = await newestProven(em, [...jobs.values()])
  const ofMachine = new Map(machineIds.map((id) => [id, new Set<string>()]))
  for (const { id, machine } of own) if (machine !== null && jobs.has(id)) ofMachine.get(machine)?.add(id)
  for (const { machine, job } of protections) if (jobs.has(job)) ofMachine.get(machine)?.add(job)
  return new Map(
    [...ofMachine].map(([machine, ids]) => [
      machine,
      judgeProof(
        [...ids].map((id) => proven.get(id) ?? null),
        now,
      ),
    ]),
  )
}

export const NOTHING_PROTECTED: ProofOfMachine = { jobs: 0, proven: 0, oldest: null }

const isInService = ({ archivedAt, active }: Row<ExpectedJob>): boolean => archivedAt === null && active

/** Null = that job has no proven backup at all. One of which no next is due stays fresh. */
export function judgeProof(newest: readonly (Pick<Proven, 'at' | 'freshUntil'> | null)[], now: Date): ProofOfMachine {
  const fresh = newest.flatMap((each) => (each && (each.freshUntil === null || each.freshUntil > now) ? each : []))
  const oldest = fresh.reduce<Date | null>((first, { at }) => (first === null || at < first ? at : first), null)
  return { jobs: newest.length, proven: fresh.length, oldest }
}

/** Whether approving it needs a reason of its own. A machine that no job protects has nothing that could be proven. */
export const isUnproven = ({ jobs, proven }: Pick<ProofOfMachine, 'jobs' | 'proven'>): boolean => proven < jobs
