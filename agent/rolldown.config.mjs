import { readFileSync } from 'node:fs'
import { defineConfig } from 'rolldown'

const { version } = JSON.parse(readFileSync(new URL('./package.json', import.meta.url), 'utf8'))

// The first lines must be understood by every Node that knows .mjs at all (12): what is too old gets a sentence, and not a
// SyntaxError. So everything after them is in the words of 2019, and asks for its modules only once it runs.
const BANNER = `#!/usr/bin/env node
// The agent of Vigie. AGPL-3.0-or-later. "node agent.mjs --help" tells what it does.
import { createRequire } from 'module'
var major = Number(process.versions.node.split('.')[0])
if (major < 18) {
  console.error('vigie-agent: this is Node ' + process.versions.node + ', and it needs 18 or newer: apt install nodejs (Debian 12, Ubuntu 24.04), or https://nodejs.org/en/download')
  process.exit(2)
}
var require = createRequire(import.meta.url)
`

// One file that runs wherever Node 18 or newer is: Debian 12's and Ubuntu 24.04's own.
export default defineConfig({
  input: 'src/main.ts',
  platform: 'node',
  transform: { target: 'es2019', define: { __AGENT_VERSION__: JSON.stringify(version) } },
  output: { file: 'dist/agent.mjs', format: 'cjs', banner: BANNER, minify: false },
})
