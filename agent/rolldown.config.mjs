import { readFileSync } from 'node:fs'
import { defineConfig } from 'rolldown'

const { version } = JSON.parse(readFileSync(new URL('./package.json', import.meta.url), 'utf8'))

// One file that runs wherever Node 18 or newer is: Debian 12's and Ubuntu 24.04's own.
export default defineConfig({
  input: 'src/main.ts',
  platform: 'node',
  transform: { target: 'node18', define: { __AGENT_VERSION__: JSON.stringify(version) } },
  output: {
    file: 'dist/agent.mjs',
    format: 'esm',
    banner:
      '#!/usr/bin/env node\n// The agent of Vigie. AGPL-3.0-or-later. `node agent.mjs --help` tells what it does.',
    minify: false,
  },
})
