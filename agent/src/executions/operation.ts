import type { ActionParams } from '../actions/action.ts'
import type { PlannedChange } from '../actions/plan.ts'
import type { Refusal } from '../actions/policy.ts'
import type { Outcome, ResultCode } from '../actions/result.ts'
import type { Run } from '../platform/command.ts'

/** One program of an action, by its whole path or a name that is looked for where tools lie; never a line for a shell. */
export interface Step {
  command: string
  args: readonly string[]
  /** Whether it may be ended in its midst: a download may, dpkg never. */
  canStop: boolean
  /** A line of its output that says that not all went well though it ended with 0; null = its status says all. */
  warns: RegExp | null
}

/** What is seen afterwards, whatever the programs ended with. */
export interface Finding {
  outcome: Outcome
  code: ResultCode
  detail: string | null
}

/** What an action would do here and now. */
export interface Prospect {
  /** All that would be touched, as text: the effect that is approved. Null = nothing is pinned (`ACTIONS` says why). */
  content: string | null
  changes: PlannedChange[]
  downloadBytes: number | null
  steps: readonly Step[]
  /** Asked before each step but the first, which may have taken its time: false = it would do something else by now. */
  isStillSo?: () => Promise<boolean>
  /** Looks whether it did what it was to do; null = it did, as far as can be seen here. */
  check: () => Promise<Finding | null>
}

export interface Tools {
  run: Run
  /** Where the owner's policy and hooks lie. */
  etc: string
  /** The folder of this execution; null = it is only planned. */
  folder: string | null
}

export type Operation = (params: ActionParams, tools: Tools) => Promise<Prospect | Refusal>

export const isRefusal = (value: object): value is Refusal => 'code' in value
