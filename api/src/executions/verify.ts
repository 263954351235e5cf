import { Action, type ActionPlan, PlannedStep } from '@vigie/agent/actions'
import { PackageChange } from '@vigie/agent/report'
import type { Row } from '../database/rows.ts'
import { type Clock, DAY } from '../platform/clock.ts'
import type { MachinePackage } from '../state/machine-package.entity.ts'
import type { MachineState } from '../state/machine-state.entity.ts'
import { type Execution, Verification } from './execution.entity.ts'

export interface Seen {
  state: Pick<
    Row<MachineState>,
    'updatesAt' | 'installable' | 'busy' | 'listsRefreshedAt' | 'broken' | 'interrupted' | 'rebootAt' | 'bootedAt'
  > | null
  packages: readonly Pick<Row<MachinePackage>, 'name' | 'architecture' | 'change' | 'candidate'>[]
}

export interface Verdict {
  verification: Verification
  /** What is otherwise than it was to be. */
  contradictions: string[]
}

/** No report that could show it came in this time. */
export const WAITED = DAY

const verdict = (verification: Verification, contradictions: string[] = []): Verdict => ({
  verification,
  contradictions,
})
const isDone = (left: string[]): Verdict =>
  left.length > 0 ? verdict(Verification.CONTRADICTED, left) : verdict(Verification.CONFIRMED)

/**
 * What a report that was made after an execution says of its effect. Only such a report says anything: that its programs
 * ended well does not, and what was known before it neither.
 */
export function verify(
  execution: Pick<Row<Execution>, 'action' | 'endedAt' | 'startedAt' | 'approvedAt'>,
  plan: ActionPlan | null,
  seen: Seen,
  now: ReturnType<Clock>,
): Verdict {
  const { action, endedAt } = execution
  if (endedAt === null) return verdict(Verification.NONE)
  if (action === Action.SERVICE_RESTART || action === Action.HOOK_RUN || action === Action.APT_AUTOREMOVE)
    return verdict(Verification.INCONCLUSIVE)
  const found = seen.state && observe(execution, plan, seen)
  if (found) return found
  return verdict(now.getTime() - endedAt.getTime() > WAITED ? Verification.INCONCLUSIVE : Verification.PENDING)
}

/** Null = nothing that was seen after it says anything. */
function observe(
  { action, endedAt, startedAt, approvedAt }: Pick<Row<Execution>, 'action' | 'endedAt' | 'startedAt' | 'approvedAt'>,
  plan: ActionPlan | null,
  { state, packages }: Seen,
): Verdict | null {
  if (!state || endedAt === null) return null
  if (action === Action.REBOOT) {
    if (state.rebootAt === null || state.bootedAt === null || state.rebootAt <= endedAt) return null
    return isDone(state.bootedAt > (approvedAt ?? endedAt) ? [] : [state.bootedAt.toISOString()])
  }
  // Of a moment in between nothing is concluded.
  if (state.updatesAt === null || state.updatesAt <= endedAt || state.busy !== null) return null
  if (action === Action.APT_REFRESH)
    // Lists that had not changed leave no sign that they were asked for.
    return state.listsRefreshedAt !== null && startedAt !== null && state.listsRefreshedAt >= startedAt
      ? verdict(Verification.CONFIRMED)
      : verdict(Verification.INCONCLUSIVE)
  if (action === Action.APT_REPAIR) {
    if (state.broken === null || state.interrupted === null) return null
    return isDone([...state.broken.map(({ name }) => name), ...(state.interrupted ? ['dpkg'] : [])])
  }
  // Where no plan could be made, nobody knows what waits.
  if (state.installable === null || plan === null) return null
  return isDone(stillToDo(plan, packages))
}

const CAME = new Set([PlannedStep.INSTALL, PlannedStep.UPGRADE, PlannedStep.DOWNGRADE])

/** What the plan changed and the machine would change still. */
function stillToDo({ changes }: ActionPlan, packages: Seen['packages']): string[] {
  return changes
    .filter(({ step, subject, to }) => {
      const [name, architecture] = subject.split(':')
      const same = packages.filter(
        (each) => each.name === name && (architecture === undefined || each.architecture === architecture),
      )
      if (CAME.has(step)) return same.some(({ candidate }) => candidate === to)
      return step === PlannedStep.REMOVE && same.some(({ change }) => change === PackageChange.REMOVE)
    })
    .map(({ subject }) => subject)
}
