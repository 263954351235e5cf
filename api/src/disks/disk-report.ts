import type { ReportTimes } from '../machines/machine-sighting.ts'
import type { DiskSighting } from './sighting.ts'

/** What one report tells of disks. */
export interface DiskReport {
  machineId: string
  hostname: string | null
  times: ReportTimes
  /** False for a report that is older than the machine's newest: it adds readings and nothing else. */
  newest: boolean
  disks: DiskSighting[]
  complete: { kernel: boolean; controllers: boolean }
  /** True for a script beside an agent: it adds readings of disks that the agent tells of, and nothing else. */
  readingsOnly: boolean
}
