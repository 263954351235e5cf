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
const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms))

/**
 * Waits until Vigie is ready (`/readyz`), as long as it is alive: bringing a large database up to date takes its time.
 * @returns null, or why it is not ready
 */
export async function becomesReady(seconds: number): Promise<string | null> {
  const end = Date.now() + seconds * 1000
  let last = 'it does not answer'
  while (Date.now() < end) {
    const answer = await fetch(`${localAddress()}/readyz`, { signal: AbortSignal.timeout(5000) }).catch(() => null)
    if (answer?.ok) return null
    if (answer) last = `/readyz answers ${answer.status}`
    const restarts = Number(systemctl('show', '--property=NRestarts', '--value', 'vigie'))
    if (restarts >= HOPELESS_AFTER) return `it ended ${restarts} times`
    if (systemctl('show', '--property=ActiveState', '--value', 'vigie') === 'failed') return 'it failed to start'
    await pause(250)
  }
  return `${last} after ${seconds} s`
}
