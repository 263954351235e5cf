/** Kinds of sections that say how a machine is: each is kept as a snapshot. */
export const STATE_KINDS = ['apt', 'reboot', 'hardware', 'docker', 'packages'] as const
export type StateKind = (typeof STATE_KINDS)[number]

export const isStateKind = (kind: string): kind is StateKind => (STATE_KINDS as readonly string[]).includes(kind)

/** Kinds that rarely change and are large: what the server has already is told by its hash. */
export const isGated = (kind: string): boolean => isStateKind(kind) && kind !== 'reboot'
