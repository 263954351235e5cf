// The commands of package.json. Each installs and builds what is missing first.
import { build, buildShared } from './build.mjs'
import { demo } from './demo.mjs'
import { install } from './install.mjs'
import { settings } from './node.mjs'
import { SetupError } from './setup-error.mjs'
import { start } from './start.mjs'
import { runAllChecks } from './test.mjs'
import { runNode, runTool } from './tool.mjs'

const node =
  (file, { flags = [], words = [] } = {}) =>
  (args) =>
    runNode([...flags, file, ...words, ...args], { stdio: 'inherit' })
/** Tools one after the other; what is typed behind the command goes to the last. */
const tools =
  (...steps) =>
  (args) =>
    Math.max(
      ...steps.map(([from, command, ...words], index) =>
        runTool({ from, command, args: index === steps.length - 1 ? [...words, ...args] : words, stdio: 'inherit' }),
      ),
    )
const TYPESCRIPT = ['--expose-gc', '--import', './api/ts.mjs']

const COMMANDS = {
  start: async () => start(),
  demo: async (args) => demo(args),
  test: runAllChecks,
  build: async () => 0,
  bundle: node('bundle/make.ts'),
  agent: node('agent/dist/agent.mjs'),
  access: node('api/dist/access/command.js', { flags: settings() }),
  database: node('api/dist/database/command.js', { flags: settings() }),
  bench: node('api/bench/main.ts', { flags: TYPESCRIPT }),
  schema: node('api/src/graphql/emit-schema.ts', { flags: TYPESCRIPT }),
  migration: node('api/dev/create-migration.ts', { flags: TYPESCRIPT }),
  dev: tools(['vite', 'vite', 'dashboard']),
  screenshots: node('scripts/screenshots.mjs'),
  lint: tools(
    ['eslint', 'eslint', '--max-warnings', '0', '.'],
    ['prettier', 'prettier', '--check', '.'],
    ['dependency-cruiser', 'depcruise', 'api/src', 'agent/src'],
  ),
  format: tools(['eslint', 'eslint', '--fix', '.'], ['prettier', 'prettier', '--write', '.']),
  codegen: tools(['@graphql-codegen/cli', 'graphql-codegen', '--config', 'codegen.ts']),
}

/** What the build itself is made from: only what their own sources import must be there. */
const UNBUILT = new Set(['schema', 'migration', 'codegen', 'format'])

export async function run([name, ...args]) {
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : null
  if (!command) throw new SetupError(`"${name ?? ''}" is none of ${Object.keys(COMMANDS).join(', ')}.`)
  await install()
  await (UNBUILT.has(name) ? buildShared() : build())
  const status = await command(args)
  if (status !== undefined) process.exitCode = status
}
