import * as z from 'zod/mini'

export enum PlannedStep {
  INSTALL = 'INSTALL',
  UPGRADE = 'UPGRADE',
  DOWNGRADE = 'DOWNGRADE',
  REMOVE = 'REMOVE',
  CONFIGURE = 'CONFIGURE',
  REFRESH = 'REFRESH',
  RESTART = 'RESTART',
  RUN = 'RUN',
}

/** More than a release upgrade changes. */
const MOST_CHANGES = 20_000
const text = (most: number) => z.string().check(z.maxLength(most))

export const planShape = z.strictObject({
  /** SHA-256 of what would be touched, with the policy's hash in it; null = the action pins nothing. */
  effect: z.nullable(z.string().check(z.regex(/^[0-9a-f]{64}$/))),
  policyHash: z.string().check(z.regex(/^[0-9a-f]{64}$/)),
  changes: z
    .array(
      z.strictObject({
        step: z.enum(PlannedStep),
        /** A package, a unit, a script, the machine. */
        subject: text(300),
        /** Versions; null = there is none. */
        from: z.nullable(text(512)),
        to: z.nullable(text(512)),
        /** Null = nobody can tell. */
        security: z.nullable(z.boolean()),
      }),
    )
    .check(z.maxLength(MOST_CHANGES)),
  downloadBytes: z.nullable(z.number().check(z.int(), z.gte(0))),
})

/** What an action would do to a machine, as the machine itself says. */
export type ActionPlan = z.infer<typeof planShape>
export type PlannedChange = ActionPlan['changes'][number]
