// What an agent declares about its runs: the one shape that both dialects of report files and the mutation end in.
// No enum and no class here: the worker thread reads it too, and runs on sources as they are.

export interface DeclaredStep {
  ok: boolean
  /** ISO 8601 in UTC; null = not told. */
  startedAt: string | null
  endedAt: string | null
  sha256: string | null
  size: number | null
  error: string | null
}

export interface DeclaredDatabase {
  name: string
  backup: DeclaredStep | null
  compress: DeclaredStep | null
  transfer: DeclaredStep | null
  stagedFileName: string | null
  logsSummary: string | null
  /** The part of the report that speaks of it, as JSON text. */
  raw: string
}

export interface DeclaredReport {
  agentId: string
  runId: string
  startedAt: string | null
  endedAt: string | null
  overallStatus: string | null
  databases: DeclaredDatabase[]
  /** Parts about one database that could not be read; the others count all the same. */
  refused: { name: string; detail: string; raw: string }[]
}

export type Refusal = 'NOT_JSON' | 'WRONG_TYPES' | 'TOO_LARGE' | 'FOREIGN_AGENT' | 'CLOCK_AHEAD' | 'UNREADABLE'
