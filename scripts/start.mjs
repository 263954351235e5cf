// `npm start`: installs and builds what is missing, then runs Vigie. Its last line on stdout is a sign-in link.
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { build, env, install, ROOT } from './workshop.mjs'

install()
build()
const node = join(ROOT, 'node_modules', '.bin', 'node')
const vigie = spawn(node, ['--enable-source-maps', 'api/dist/main.js'], { cwd: ROOT, env, stdio: 'inherit' })
// npm hands signals to this process; Vigie stops by itself, and this waits for it.
for (const signal of ['SIGINT', 'SIGTERM'])
  process.on(signal, () => vigie.kill(signal === 'SIGINT' ? 'SIGINT' : 'SIGTERM'))
vigie.once('exit', (code, signal) => process.exit(code ?? (signal ? 1 : 0)))
