import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { type Run } from '../platform/command.ts'

export interface Launcher {
  run: Run
  /** What the process that carries it out needs to know: where its journal and the policy lie. */
  env: Readonly<Record<string, string>>
}

/** sd_booted(3). */
const systemdRuns = (): boolean => existsSync('/run/systemd/system')

/**
 * Starts the process that carries out one order, apart from this one: that the agent ends, is restarted or brought up to
 * date by it must not end it. Under systemd it is a unit of its own (systemd-run(1)), free of what the agent's unit may not
 * do; elsewhere a session of its own (setsid(2)). Started twice it begins once: see `Journal.begin`.
 */
export async function launch(id: string, { run, env }: Launcher): Promise<void> {
  const [node, agent] = [process.execPath, process.argv[1] ?? '']
  if (systemdRuns()) {
    const set = Object.entries(env).map(([name, value]) => `--setenv=${name}=${value}`)
    const { status, stderr } = await run('systemd-run', [
      `--unit=vigie-exec-${id}`,
      '--collect',
      '--quiet',
      '--description=An action of Vigie',
      // What a script leaves behind when it ends is ended with it; what is asked to stop gets its time.
      '--property=Type=exec',
      '--property=KillMode=mixed',
      '--property=TimeoutStopSec=15min',
      ...set,
      '--',
      // Where SELinux confines systemd, it may run a bin_t such as env, and nothing of a folder of its own.
      '/usr/bin/env',
      node,
      agent,
      'execute',
      id,
    ])
    // One of this name is there already: it is this very one.
    if (status !== 0 && !/already (exists|loaded)/.test(stderr))
      throw new Error(stderr.split('\n')[0] || 'systemd-run failed')
    return
  }
  const child = spawn(node, [agent, 'execute', id], { detached: true, stdio: 'ignore', env: { ...env }, cwd: '/' })
  await new Promise<void>((resolve, reject) => {
    child.once('error', reject)
    child.once('spawn', resolve)
  })
  child.unref()
}
