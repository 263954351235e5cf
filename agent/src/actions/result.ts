import { createHash } from 'node:crypto'
import * as z from 'zod/mini'

/** Every state of an execution; the one list for both sides. */
export enum ExecutionStatus {
  /** The machine is making its plan. */
  DRAFT = 'DRAFT',
  AWAITING_APPROVAL = 'AWAITING_APPROVAL',
  QUEUED = 'QUEUED',
  CLAIMED = 'CLAIMED',
  RUNNING = 'RUNNING',
  SUCCEEDED = 'SUCCEEDED',
  WARNINGS = 'WARNINGS',
  FAILED = 'FAILED',
  CANCELLED = 'CANCELLED',
  /** It began, and nobody knows how far it came. It is never begun again by itself. */
  INTERRUPTED = 'INTERRUPTED',
  /** The machine does not do it, and says why. */
  REJECTED = 'REJECTED',
  EXPIRED = 'EXPIRED',
}

export enum Outcome {
  SUCCEEDED = 'SUCCEEDED',
  WARNINGS = 'WARNINGS',
  FAILED = 'FAILED',
  CANCELLED = 'CANCELLED',
  INTERRUPTED = 'INTERRUPTED',
}

/** Why it ended as it did, beyond its outcome. */
export enum ResultCode {
  EXIT_CODE = 'EXIT_CODE',
  SIGNAL = 'SIGNAL',
  CANNOT_START = 'CANNOT_START',
  CONTENT_CHANGED = 'CONTENT_CHANGED',
  REFUSED = 'REFUSED',
  STOPPED = 'STOPPED',
  GONE = 'GONE',
  /** After its first program had begun. */
  BROKE_OFF = 'BROKE_OFF',
  STILL_BROKEN = 'STILL_BROKEN',
  STILL_PENDING = 'STILL_PENDING',
  NOT_ACTIVE = 'NOT_ACTIVE',
  NO_RESTART = 'NO_RESTART',
  // What the server says of one whose machine says nothing.
  LOST = 'LOST',
  NOT_HEARD = 'NOT_HEARD',
  RIGHT_GONE = 'RIGHT_GONE',
  // What becomes of those whose turn in a rollout has not come.
  ROLLOUT_STOPPED = 'ROLLOUT_STOPPED',
  ROLLOUT_CANCELLED = 'ROLLOUT_CANCELLED',
}

/** Bytes of one piece of a log. */
export const LARGEST_PIECE = 64 * 1024
/** Bytes of a log; what follows is left out, with a line that says so. */
export const LARGEST_LOG = 50 * 1024 * 1024

const time = z.iso.datetime()
const sha256 = z.string().check(z.regex(/^[0-9a-f]{64}$/))

export const resultShape = z.strictObject({
  outcome: z.enum(Outcome),
  code: z.nullable(z.enum(ResultCode)),
  /** More than the code says: a signal, a name. */
  detail: z.nullable(z.string().check(z.maxLength(500))),
  exitCode: z.nullable(z.number().check(z.int(), z.gte(-(2 ** 31)), z.lt(2 ** 31))),
  /** Null = it never began. */
  startedAt: z.nullable(time),
  endedAt: time,
  bootId: z.string().check(z.maxLength(64)),
  logSize: z.number().check(z.int(), z.gte(0)),
  logSha256: sha256,
  /** What is half done and still to be put right. */
  leftBroken: z.array(z.string().check(z.maxLength(300))).check(z.maxLength(1000)),
})

/** How an execution ended, as the machine says. */
export type ExecutionResult = z.infer<typeof resultShape>

/** The same result told twice has the same. */
export const resultHash = (result: ExecutionResult): string =>
  createHash('sha256')
    .update(JSON.stringify(resultShape.parse(result)))
    .digest('hex')
