import { createHash } from 'node:crypto'
import { readFile, truncate } from 'node:fs/promises'
import { type ExecutionResult, Outcome, ResultCode } from '../actions/result.ts'
import type { Run } from '../platform/command.ts'
import { leftBroken } from './apt-operations.ts'
import type { Beginning, Journal } from './journal.ts'
import { beginningOfThis, readBootId } from './process-life.ts'

/** The mark of a beginning is made before it says whose it is. */
const SAYS_WHOSE_WITHIN = 60_000
/** A machine that goes down does so in this time, or it does not. */
const GOES_DOWN_WITHIN = 15 * 60_000

/** Ends what was never begun. Who takes the beginning for himself knows that nobody else will ever begin. */
export async function giveUp(id: string, journal: Journal, why: string): Promise<void> {
  if (!(await journal.begin(id, await beginningOfThis()))) return
  await journal.end(id, {
    ...(await endNow(id, journal)),
    outcome: Outcome.FAILED,
    code: ResultCode.CANNOT_START,
    detail: why,
    startedAt: null,
    leftBroken: [],
  })
}

/** Ends what began, does not run, and left no result. It is never begun again: how far it came a person has to see. */
export async function conclude(
  id: string,
  { journal, run }: { journal: Journal; run: Run },
  beginning: Partial<Beginning>,
): Promise<void> {
  // It may have ended between two looks.
  if (await journal.result(id)) return
  if (beginning.at === undefined && ((await journal.age(id, 'started')) ?? 0) < SAYS_WHOSE_WITHIN) return
  const bootId = await readBootId()
  const left = await journal.leftFrom(id)
  if (left === bootId && ((await journal.age(id, 'leaving')) ?? 0) < GOES_DOWN_WITHIN) return
  const how = { outcome: Outcome.INTERRUPTED, code: ResultCode.GONE }
  const backOrNot =
    left !== bootId
      ? { outcome: Outcome.SUCCEEDED, code: null }
      : { outcome: Outcome.FAILED, code: ResultCode.NO_RESTART }
  await journal.end(id, {
    ...(await endNow(id, journal)),
    ...(left === null ? how : backOrNot),
    detail: null,
    startedAt: beginning.at ?? null,
    leftBroken: await leftBroken(run),
  })
}

async function endNow(
  id: string,
  journal: Journal,
): Promise<Pick<ExecutionResult, 'exitCode' | 'endedAt' | 'bootId' | 'logSize' | 'logSha256'>> {
  const log = await wholeLines(journal.path(id, 'out.log'))
  return {
    exitCode: null,
    endedAt: new Date().toISOString(),
    bootId: await readBootId(),
    logSize: log.length,
    logSha256: createHash('sha256').update(log).digest('hex'),
  }
}

/** Of a process that was killed while it wrote, the last line may be half a one: it goes. */
async function wholeLines(file: string): Promise<Buffer> {
  const bytes = await readFile(file).catch(() => Buffer.alloc(0))
  const end = bytes.lastIndexOf(0x0a) + 1
  if (end < bytes.length) await truncate(file, end)
  return bytes.subarray(0, end)
}
