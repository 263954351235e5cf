// Runs the built server where everything is installed already, as the image does: nothing is built here.
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

const root = resolve(import.meta.dirname ?? new URL('.', import.meta.url).pathname, '..')
// Measured (docs/performance.md): one malloc arena and a bounded heap keep the server below 300 MB under load.
const options = JSON.parse(readFileSync(join(root, 'api', 'server-options.json'), 'utf8'))
const vigie = spawn(join(root, 'node_modules', '.bin', 'node'), [...options.flags, 'api/dist/main.js'], {
  cwd: root,
  env: { ...process.env, ...options.env },
  stdio: 'inherit',
})
// npm and init systems hand signals to this process; Vigie stops by itself, and this waits for it.
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => vigie.kill(signal))
vigie.once('exit', (code, signal) => process.exit(code ?? (signal ? 1 : 0)))
