import type { AptFacts, DockerFacts, HardwareFacts, PackagesFacts, RebootFacts, StateKind } from '@vigie/agent/report'

/** What a section of a report told of how a machine is. */
export type SectionTold = { version: number; contentHash: string } & (
  | { kind: 'apt'; facts: AptFacts; payload: string }
  | { kind: 'reboot'; facts: RebootFacts; payload: string }
  | { kind: 'hardware'; facts: HardwareFacts; payload: string }
  | { kind: 'docker'; facts: DockerFacts; payload: string }
  | { kind: 'packages'; facts: PackagesFacts; payload: string }
)

/** What a report told of how its machine is. */
export interface StateTold {
  sections: SectionTold[]
  /** Told by their hash alone: as they were told before. */
  unchanged: { kind: StateKind; contentHash: string }[]
  /** Why its package manager could not be asked; null = it was, or the report says nothing of it. */
  updatesProblem: string | null
  /** Why it could not be told what is installed; null = it was, or the report says nothing of it. */
  packagesProblem: string | null
  /** Why its container engine could not be asked; null = it was, or the report says nothing of it. */
  dockerProblem: string | null
}
