import { type ActionPlan, PlannedStep } from '@vigie/agent/actions'

/** What became of one thing that a plan named, as the machine's own list of packages shows it. */
export enum PlanOutcome {
  DONE = 'DONE',
  NOT_DONE = 'NOT_DONE',
  OTHERWISE = 'OTHERWISE',
  UNKNOWN = 'UNKNOWN',
}

type Change = ActionPlan['changes'][number]
export type PlanResult = Change & { outcome: PlanOutcome; installed: string | null }

/** What is installed, by name. */
export type InstalledNow = ReadonlyMap<string, readonly { architecture: string; version: string }[]>

const COMES = new Set([PlannedStep.INSTALL, PlannedStep.UPGRADE, PlannedStep.DOWNGRADE])

/**
 * Plan against result. `installed` null = no list of packages was told that was made after the action: nobody knows. Of a
 * package that stands in the plan without its architecture any of that name counts. Pure.
 */
export function planResults({ changes }: Pick<ActionPlan, 'changes'>, installed: InstalledNow | null): PlanResult[] {
  return changes.map((change): PlanResult => {
    const unknown = { ...change, outcome: PlanOutcome.UNKNOWN, installed: null }
    if (installed === null) return unknown
    const [name = '', architecture] = change.subject.split(':')
    const versions = (installed.get(name) ?? [])
      .filter((each) => architecture === undefined || each.architecture === architecture)
      .map(({ version }) => version)
    const now = versions.length > 0 ? [...new Set(versions)].join(', ') : null
    if (change.step === PlannedStep.REMOVE)
      return { ...change, outcome: now === null ? PlanOutcome.DONE : PlanOutcome.NOT_DONE, installed: now }
    if (!COMES.has(change.step)) return unknown
    return { ...change, outcome: outcomeOf(change, versions), installed: now }
  })
}

function outcomeOf({ from, to }: Change, versions: readonly string[]): PlanOutcome {
  if (versions.length > 0 && versions.every((version) => version === to)) return PlanOutcome.DONE
  if (versions.length === 0 || versions.some((version) => version === from)) return PlanOutcome.NOT_DONE
  // Somebody has done something else since, such as installing what is newer still.
  return PlanOutcome.OTHERWISE
}
