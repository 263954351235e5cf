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

export function isReason(text: string): boolean {
  const { length } = text.trim()
  return length >= LEAST_REASON && length <= MOST_REASON
}

/** Whether it can be said; false = it is not decided, or lacks its reason. */
export const isSayable = ({ choice, reason }: Answer): boolean =>
  choice === NO_COPY ? isReason(reason) : choice !== ''

/** Whether a reason is wanted that is not there yet. */
export const lacksReason = (answer: Answer): boolean => answer.choice === NO_COPY && !isSayable(answer)
