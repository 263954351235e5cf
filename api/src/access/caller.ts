import type { Scope } from '../graphql/scope.ts'

/** Who asks: a session, a token, or a script from an address that is let in. */
export interface Caller {
  kind: 'SESSION' | 'TOKEN' | 'OPEN_ADDRESS'
  /** Of the session or token; null for an address. */
  id: string | null
  name: string
  scopes: readonly Scope[]
  /** The one machine that a report token speaks for; null = not bound yet, or any. */
  machineId: string | null
  anyMachine: boolean
  /** The backup agents that a person said it reports for. */
  agents: readonly string[]
}
