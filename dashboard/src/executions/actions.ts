import type { ExecutionRowFragment, ExecutionStatus, Health, Verification } from '../gql/graphql.ts'

/** By the shapes that all of Vigie uses: what is under way is not known yet. */
const GLYPHS: Record<ExecutionStatus, Health> = {
  DRAFT: 'UNSUPPORTED',
  AWAITING_APPROVAL: 'WARNING',
  QUEUED: 'UNSUPPORTED',
  CLAIMED: 'UNSUPPORTED',
  RUNNING: 'UNSUPPORTED',
  SUCCEEDED: 'OK',
  WARNINGS: 'WARNING',
  FAILED: 'FAILED',
  CANCELLED: 'UNSUPPORTED',
  INTERRUPTED: 'AT_RISK',
  REJECTED: 'UNKNOWN',
  EXPIRED: 'UNKNOWN',
}
/** What a later report contradicts is not done, however its programs ended. */
export const glyphOf = ({ status, verification }: Pick<ExecutionRowFragment, 'status' | 'verification'>): Health =>
  verification === 'CONTRADICTED' ? 'FAILED' : GLYPHS[status]

const SEEN: Record<Verification, Health> = {
  NONE: 'UNSUPPORTED',
  PENDING: 'UNKNOWN',
  CONFIRMED: 'OK',
  CONTRADICTED: 'FAILED',
  INCONCLUSIVE: 'UNKNOWN',
}
export const glyphOfVerification = (verification: Verification): Health => SEEN[verification]

const OPEN: readonly ExecutionStatus[] = ['DRAFT', 'AWAITING_APPROVAL', 'QUEUED', 'CLAIMED', 'RUNNING']
export const isOpen = ({ status }: { status: ExecutionStatus }): boolean => OPEN.includes(status)
/** The machine has it: it can only be asked to stop. */
export const isTaken = ({ status }: { status: ExecutionStatus }): boolean =>
  status === 'CLAIMED' || status === 'RUNNING'

/** What it is about beyond its name: a scope, some packages, a unit, a script; null = nothing. */
export function aboutOf({ params }: Pick<ExecutionRowFragment, 'params'>): string | null {
  const { names, unit, hook } = params
  if (names.length > 0) return names.slice(0, 3).join(', ') + (names.length > 3 ? ` … (${names.length})` : '')
  return unit ?? hook ?? null
}
/** The key of what it is called: updates are all of them, or those that mend security holes. */
export const nameKeyOf = ({ action, params }: Pick<ExecutionRowFragment, 'action' | 'params'>) =>
  action === 'APT_APPLY' && params.scope === 'SECURITY' ? ('APT_APPLY_SECURITY' as const) : action

/** Colours of terminals are none of a page (ECMA-48, SGR and its kin). */
export const withoutEscapes = (text: string): string => text.replace(/\x1b(?:\[[0-9;?]*[ -/]*[@-~]|.)?/g, '')
