// Runs one of Vigie's own commands, wherever it is called from: installs and builds what is missing first.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { build, env, install, ROOT, tell } from './workshop.mjs'

const COMMANDS = {
  agent: ['agent/dist/agent.mjs'],
  access: ['--enable-source-maps', 'api/dist/access/command.js'],
  bench: ['--expose-gc', '--import', './api/ts.mjs', 'api/bench/main.ts'],
}

const [command, ...args] = process.argv.slice(2)
const file = COMMANDS[command]
if (!file) {
  tell(`vigie: "${command ?? ''}" is none of ${Object.keys(COMMANDS).join(', ')}`)
  process.exit(2)
}
install()
build()
const result = spawnSync(join(ROOT, 'node_modules', '.bin', 'node'), [...file, ...args], {
  cwd: ROOT,
  env,
  stdio: 'inherit',
})
process.exit(result.status ?? 1)
