import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { localAddress } from './settings.ts'
import { Trouble } from './trouble.ts'

/** As sd_booted(3) finds it. */
export const systemdRuns = (): boolean => existsSync('/run/systemd/system')

export function systemctl(...args: string[]): string {
  const { status, error, stdout, stderr } = spawnSync('systemctl', args, { encoding: 'utf8' })
  if (error) throw new Trouble(`systemctl cannot be run: ${error.message}`)
  if (status !== 0) throw new Trouble(`systemctl ${args.join(' ')} failed: ${(stderr || stdout).trim()}`)
  return stdout.trim()
}

const HOPELESS_AFTER = 2
/** Ready counts when it lasts: what ends just after it began, or another program on the same port, must not pass for it. */
const LASTS_MS = 3000
const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms))

/**
 * Waits until Vigie is ready (`/readyz`), as long as it is alive: bringing a large database up to date takes its time.
 * @returns null, or why it is not ready
 */
export async function becomesReady(seconds: number): Promise<string | null> {
  const end = Date.now() + seconds * 1000
  let last = 'it does not answer'
  let readySince: number | null = null
  while (Date.now() < end || readySince !== null) {
    const restarts = Number(systemctl('show', '--property=NRestarts', '--value', 'vigie'))
    if (restarts >= HOPELESS_AFTER) return `it ended ${restarts} times`
    if (systemctl('show', '--property=ActiveState', '--value', 'vigie') === 'failed') return 'it failed to start'
    const answer = await fetch(`${localAddress()}/readyz`, { signal: AbortSignal.timeout(5000) }).catch(() => null)
    readySince = answer?.ok && restarts === 0 ? (readySince ?? Date.now()) : null
    if (readySince !== null && Date.now() - readySince >= LASTS_MS) return null
    if (answer && !answer.ok) last = `/readyz answers ${answer.status}`
    if (restarts) last = 'it ended, and was started again'
    await pause(250)
  }
  return `${last} after ${seconds} s`
}
