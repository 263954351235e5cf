import type { Action, ActionParamsInput, Health, RolloutQuery, RolloutStatus } from '../gql/graphql.ts'

export type Member = RolloutQuery['rollout']['executions'][number]

/** What several machines can be asked alike: what names a unit or a script is asked of each alone. */
export const CHOICES = {
  APT_APPLY_SECURITY: { action: 'APT_APPLY', params: { scope: 'SECURITY' } },
  APT_APPLY: { action: 'APT_APPLY', params: { scope: 'ALL' } },
  APT_REFRESH: { action: 'APT_REFRESH', params: null },
  APT_AUTOREMOVE: { action: 'APT_AUTOREMOVE', params: null },
  APT_REPAIR: { action: 'APT_REPAIR', params: null },
  REBOOT: { action: 'REBOOT', params: null },
} as const satisfies Record<string, { action: Action; params: ActionParamsInput | null }>
export type Choice = keyof typeof CHOICES

export const GLYPHS: Record<RolloutStatus, Health> = {
  RUNNING: 'UNSUPPORTED',
  DONE: 'OK',
  STOPPED: 'FAILED',
  CANCELLED: 'UNKNOWN',
}

export const isDone = ({ status, verification }: Pick<Member, 'status' | 'verification'>): boolean =>
  (status === 'SUCCEEDED' || status === 'WARNINGS') && verification !== 'CONTRADICTED'

export const awaitsApproval = ({ status }: Pick<Member, 'status'>): boolean => status === 'AWAITING_APPROVAL'

/** It can be approved beside others: nobody has to say why, or to sign. */
export const isPlain = ({ needsReason, textToSign }: Pick<Member, 'needsReason' | 'textToSign'>): boolean =>
  !needsReason && textToSign === null
