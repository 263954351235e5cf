import { createHash } from 'node:crypto'
import * as z from 'zod/mini'
import { Action, ActionClass, type ActionParams, classOf } from './action.ts'

/** What a machine's owner lets it be asked, as its agent read it (docs/actions.md). */
export interface Policy {
  /** The switch of all: nothing but looking, whatever else is allowed. */
  readOnly: boolean
  /** Why what is written cannot be read, so that nothing is allowed; null = it can, or nothing is written. */
  problem: string | null
  /** False: the agent does not run as root, and can change nothing. */
  root: boolean
  allow: Action[]
  units: string[]
  hooks: string[]
  /** When actions may begin, in the machine's own time, such as "Mon-Fri 02:00-05:00"; [] = at any time. */
  windows: string[]
  /** Of actions that change something, in 24 hours; null = no bound. */
  maxPerDay: number | null
  /** Beyond the dangerous ones, which always need one. */
  requireSignature: Action[]
  operators: { name: string; key: string }[]
}

const MOST = 200
const text = (most: number) => z.string().check(z.maxLength(most))
const list = <T extends z.ZodMiniType>(item: T) => z.array(item).check(z.maxLength(MOST))

/** Ed25519, as `openssl pkey -pubout` prints it between its two lines (RFC 8410). */
const operator = z.strictObject({ name: text(64), key: text(256) })

export const policyShape = z.strictObject({
  readOnly: z.boolean(),
  problem: z.nullable(text(500)),
  root: z.boolean(),
  allow: list(z.enum(Action)),
  units: list(text(255)),
  hooks: list(text(64)),
  windows: list(text(64)),
  maxPerDay: z.nullable(z.number().check(z.int(), z.gte(0), z.lte(10_000))),
  requireSignature: list(z.enum(Action)),
  operators: list(operator),
})

/** Names a policy: one that says the same has the same. */
export const policyHash = (policy: Policy): string =>
  createHash('sha256')
    .update(
      JSON.stringify([
        policy.readOnly,
        policy.problem,
        policy.root,
        [...policy.allow].sort(),
        [...policy.units].sort(),
        [...policy.hooks].sort(),
        [...policy.windows].sort(),
        policy.maxPerDay,
        [...policy.requireSignature].sort(),
        policy.operators.map(({ name, key }) => [name, key]).sort(),
      ]),
    )
    .digest('hex')

/** Why a machine does not do what it is asked. */
export enum RefusalCode {
  UNKNOWN_ACTION = 'UNKNOWN_ACTION',
  BAD_PARAMS = 'BAD_PARAMS',
  READ_ONLY = 'READ_ONLY',
  POLICY_UNREADABLE = 'POLICY_UNREADABLE',
  NOT_ALLOWED = 'NOT_ALLOWED',
  NOT_ROOT = 'NOT_ROOT',
  NOT_LISTED = 'NOT_LISTED',
  NO_OPERATOR = 'NO_OPERATOR',
  BAD_SIGNATURE = 'BAD_SIGNATURE',
  OUT_OF_WINDOW = 'OUT_OF_WINDOW',
  TOO_MANY_TODAY = 'TOO_MANY_TODAY',
  WRONG_MACHINE = 'WRONG_MACHINE',
  EXPIRED = 'EXPIRED',
  OTHER_CONTENT = 'OTHER_CONTENT',
  CONTENT_CHANGED = 'CONTENT_CHANGED',
  CANNOT_PLAN = 'CANNOT_PLAN',
  NOTHING_TO_DO = 'NOTHING_TO_DO',
}

export interface Refusal {
  code: RefusalCode
  /** More than its code says, such as a name; null = nothing. */
  detail: string | null
}

export const refuse = (code: RefusalCode, detail: string | null = null): Refusal => ({ code, detail })

export const needsSignature = (policy: Policy, action: Action): boolean =>
  classOf(action) === ActionClass.DANGEROUS || policy.requireSignature.includes(action)

/** Whether a policy lets this be asked at all, whenever that is; null = it does. Deny by default. */
export function refusalOf(policy: Policy, action: Action, params: ActionParams): Refusal | null {
  if (classOf(action) === ActionClass.READ) return null
  if (policy.problem !== null) return refuse(RefusalCode.POLICY_UNREADABLE, policy.problem)
  if (policy.readOnly) return refuse(RefusalCode.READ_ONLY)
  if (!policy.root) return refuse(RefusalCode.NOT_ROOT)
  if (!policy.allow.includes(action)) return refuse(RefusalCode.NOT_ALLOWED, action)
  if (action === Action.SERVICE_RESTART && !policy.units.includes(params.unit ?? ''))
    return refuse(RefusalCode.NOT_LISTED, params.unit ?? null)
  if (action === Action.HOOK_RUN && !policy.hooks.includes(params.hook ?? ''))
    return refuse(RefusalCode.NOT_LISTED, params.hook ?? null)
  if (needsSignature(policy, action) && policy.operators.length === 0) return refuse(RefusalCode.NO_OPERATOR)
  return null
}
