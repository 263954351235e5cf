import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { environment, projectNode, settings } from './node.mjs'
import { ROOT } from './root.mjs'

/** Runs the built server until it ends, or a signal ends it. Its last line on stdout is a sign-in link. */
export function start(more = {}) {
  // Measured (docs/performance.md): one malloc arena and a bounded heap keep the server below 300 MB under load.
  const { flags, env } = JSON.parse(readFileSync(join(ROOT, 'api', 'server-options.json'), 'utf8'))
  const vigie = spawn(projectNode(), [...flags, ...settings(), 'api/dist/main.js'], {
    cwd: ROOT,
    env: { ...environment(), ...env, ...more },
    stdio: 'inherit',
  })
  // npm and init systems hand signals to this process; Vigie stops by itself, and this waits for it.
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => vigie.kill(signal))
  vigie.once('exit', (code, signal) => process.exit(code ?? (signal ? 1 : 0)))
}
