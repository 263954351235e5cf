import type { Health } from '../gql/graphql.ts'

/** The worst first, as the API orders them. */
export const HEALTH_ORDER: readonly Health[] = ['FAILED', 'AT_RISK', 'WARNING', 'UNKNOWN', 'OK', 'UNSUPPORTED']

export const isHealth = (value: string | null | undefined): value is Health =>
  (HEALTH_ORDER as readonly unknown[]).includes(value)
