import { Action, type ActionPlan, ExecutionStatus, PlannedStep } from '@vigie/agent/actions'
import { PackageChange } from '@vigie/agent/report'
import type { Row } from '../database/rows.ts'
import { type Clock, DAY } from '../platform/clock.ts'
import type { MachinePackage } from '../state/machine-package.entity.ts'
import type { MachineState } from '../state/machine-state.entity.ts'
import { type Execution, Verification } from './execution.entity.ts'

export interface Seen {
  /** When the first report was that the machine made after it; null = there is none. */
  since: Date | null
  /** Of the start of its kernel that it told last; null = not told. */
  bootId: string | null
  state: Pick<
    Row<MachineState>,
    'updatesAt' | 'installable' | 'busy' | 'listsRefreshedAt' | 'broken' | 'interrupted'
  > | null
  packages: readonly Pick<Row<MachinePackage>, 'name' | 'architecture' | 'change' | 'installed'>[]
}

export interface Verdict {
  verification: Verification
  /** What is otherwise than it was to be. */
  contradictions: string[]
}

type Ended = Pick<Row<Execution>, 'action' | 'status' | 'endedAt' | 'startedAt' | 'bootId'>

/** Whether a report can show that an action did what it was to do. Of the others the end is the last word. */
export const isShownByReports = (action: Action): boolean =>
  ![Action.COLLECT, Action.SERVICE_RESTART, Action.HOOK_RUN, Action.APT_AUTOREMOVE].includes(action)

/** No report that could show it came in this time. */
const WAITED = DAY

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
export function verify(execution: Ended, plan: ActionPlan | null, seen: Seen, now: ReturnType<Clock>): Verdict {
  const { action, endedAt } = execution
  if (endedAt === null) return verdict(Verification.NONE)
  if (!isShownByReports(action)) return verdict(Verification.INCONCLUSIVE)
  const found = observe(execution, plan, seen)
  if (found) return found
  return verdict(now.getTime() - endedAt.getTime() > WAITED ? Verification.INCONCLUSIVE : Verification.PENDING)
}

/** Null = nothing that was seen after it says anything. */
function observe(execution: Ended, plan: ActionPlan | null, { since, bootId, state, packages }: Seen): Verdict | null {
  const { action, startedAt } = execution
  // By starts of the kernel, for clocks of machines may say anything.
  if (action === Action.REBOOT) {
    if (bootId === null || execution.bootId === null) return null
    if (bootId !== execution.bootId) return verdict(Verification.CONFIRMED)
    return since === null ? null : verdict(Verification.CONTRADICTED)
  }
  // Of a moment in between nothing is concluded.
  if (!state || since === null || state.updatesAt === null || state.updatesAt < since || state.busy !== null)
    return null
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
  const left = stillToDo(plan, packages)
  // That a package is not told to wait any more says little where nobody says that it was installed.
  const isSaidDone = execution.status === ExecutionStatus.SUCCEEDED || execution.status === ExecutionStatus.WARNINGS
  // Whoever stopped it knows that not all of it was done.
  const isStopped = execution.status === ExecutionStatus.CANCELLED
  return isStopped || (left.length === 0 && !isSaidDone) ? verdict(Verification.INCONCLUSIVE) : isDone(left)
}

const CAME = new Set([PlannedStep.INSTALL, PlannedStep.UPGRADE, PlannedStep.DOWNGRADE])

/** What the plan changed and the machine would change still; one that it has, and of which something newer waits, was done. */
function stillToDo({ changes }: ActionPlan, packages: Seen['packages']): string[] {
  return changes
    .filter(({ step, subject, to }) => {
      const [name, architecture] = subject.split(':')
      const same = packages.filter(
        (each) => each.name === name && (architecture === undefined || each.architecture === architecture),
      )
      if (CAME.has(step)) return same.some(({ installed }) => installed !== to)
      return step === PlannedStep.REMOVE && same.some(({ change }) => change === PackageChange.REMOVE)
    })
    .map(({ subject }) => subject)
}
