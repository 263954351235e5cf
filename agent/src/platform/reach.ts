import { Ending, ExitStatus } from '../exit-status.ts'
import { CommandUnavailable, type Run } from './command.ts'
import { leadsElsewhere } from '../host/mounts.ts'

const PATIENCE_MS = 10_000

/** Ends with a word where a path of the settings lies on a mount that does not answer. */
export async function mustAnswer(run: Run, setting: string, path: string): Promise<void> {
  if (!leadsElsewhere(path)) return
  try {
    await run('stat', ['--', path], { timeoutMs: PATIENCE_MS })
  } catch (error) {
    if (!(error instanceof CommandUnavailable) || error.code !== 'TIMEOUT') return
    throw new Ending(
      ExitStatus.USAGE,
      `${setting}: ${path} does not answer. The server of the mount that it lies on may be away (df ${path}); set a folder of this machine.`,
    )
  }
}
