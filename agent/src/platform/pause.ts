/** Waits, and no longer than until it is stopped or cancelled. */
export function pause(ms: number, stopped: AbortSignal): Promise<void> & { cancel(): void } {
  let end: () => void = () => undefined
  const waiting = new Promise<void>((resolve) => {
    const timer = setTimeout(() => end(), ms)
    end = () => {
      clearTimeout(timer)
      stopped.removeEventListener('abort', end)
      resolve()
    }
    if (stopped.aborted) end()
    else stopped.addEventListener('abort', end)
  })
  return Object.assign(waiting, { cancel: () => end() })
}
