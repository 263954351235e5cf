// `npm start`: installs and builds what is missing, then runs Vigie. Its last line on stdout is a sign-in link.
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { build, env, install, ROOT } from './workshop.mjs'

install()
build()
const node = join(ROOT, 'node_modules', '.bin', 'node')
// Measured (docs/performance.md): one malloc arena and a bounded heap keep the server below 300 MB under load.
const options = JSON.parse(readFileSync(join(ROOT, 'api', 'server-options.json'), 'utf8'))
const vigie = spawn(node, [...options.flags, 'api/dist/main.js'], {
  cwd: ROOT,
  env: { ...env, ...options.env },
  stdio: 'inherit',
})
// npm hands signals to this process; Vigie stops by itself, and this waits for it.
for (const signal of ['SIGINT', 'SIGTERM'])
  process.on(signal, () => vigie.kill(signal === 'SIGINT' ? 'SIGINT' : 'SIGTERM'))
vigie.once('exit', (code, signal) => process.exit(code ?? (signal ? 1 : 0)))
