/** What somebody says of a place that no backup is declared of. */
export interface Answer {
  /** A job that holds it, or that it needs none; '' = not decided. */
  choice: string
  /** Path on its machine that the job holds. */
  path: string
  /** Why nobody would miss it. */
  reason: string
}

export const NO_COPY = 'no-copy'
export const UNDECIDED: Answer = { choice: '', path: '', reason: '' }
/** The limits of setCopyNotNeeded. */
export const [LEAST_REASON, MOST_REASON] = [3, 500]

/** Whether it can be said; false = it is not decided, or lacks its reason. */
export function isSayable({ choice, reason }: Answer): boolean {
  const length = reason.trim().length
  return choice === NO_COPY ? length >= LEAST_REASON && length <= MOST_REASON : choice !== ''
}

/** Whether a reason is wanted that is not there yet. */
export const lacksReason = (answer: Answer): boolean => answer.choice === NO_COPY && !isSayable(answer)
