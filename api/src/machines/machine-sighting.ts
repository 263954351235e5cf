import type { MachineFacts } from '@vigie/agent/report'

/** What a report tells of its machine. */
export interface MachineSighting {
  /** Null for a script. */
  machineKey: string | null
  hostname: string | null
  agentVersion: string | null
  /** Null where the report tells nothing but a name. */
  facts: Partial<Omit<MachineFacts, 'links'>> | null
}

/** When a report was made and came. */
export interface ReportTimes {
  collectedAt: Date
  receivedAt: Date
  /** What the report is ordered by. */
  at: Date
}

/** Whether S.M.A.R.T. of a machine could be read; `cause` = why no disk of it was, for a reason that is none of theirs. */
export interface SmartTold {
  isRead: boolean
  cause: string | null
}
