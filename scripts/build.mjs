// Builds what is missing or older than its sources: typed documents, what API and agent share, API, agent, dashboard.
import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { once } from './once.mjs'
import { ROOT, tell } from './root.mjs'
import { SetupError } from './setup-error.mjs'
import { runTool } from './tool.mjs'

/** `@vigie/agent/actions`, `@vigie/agent/report` and `@vigie/agent/host`, which the API's own sources import. */
const SHARED_WITH_API = ['agent/src/actions', 'agent/src/report', 'agent/src/host', 'agent/tsconfig.shared.json']
/** What the dashboard shares with the API. */
const JOB_FIELDS = 'api/src/backups/job-fields.ts'
const SHARED = ['package-lock.json', 'schema.graphql', 'codegen.ts', 'tsconfig.base.json']

export async function build() {
  await step('typed documents', {
    of: ['agent', 'dashboard', JOB_FIELDS],
    makes: ['agent/src/gql/graphql.ts', 'dashboard/src/gql/graphql.ts'],
    by: { from: '@graphql-codegen/cli', command: 'graphql-codegen', args: ['--config', 'codegen.ts', '--silent'] },
  })
  await buildShared()
  await step('the API', {
    of: ['api', ...SHARED_WITH_API],
    makes: ['api/dist/main.js'],
    // Chunks bear their content's hash: older ones would stay beside them.
    before: () => rmSync(join(ROOT, 'api', 'dist'), { recursive: true, force: true }),
    by: rolldown('api'),
  })
  await step('the agent', {
    of: ['agent'],
    makes: ['agent/dist/agent.mjs'],
    by: rolldown('agent'),
  })
  await step('the dashboard', {
    of: ['dashboard', JOB_FIELDS],
    makes: ['dashboard/dist/index.html'],
    by: { from: 'vite', command: 'vite', args: ['build', '--logLevel', 'warn'], folder: 'dashboard' },
  })
}

export const buildShared = () =>
  step('what API and agent share', {
    of: SHARED_WITH_API,
    makes: ['actions', 'report', 'host'].flatMap((folder) => [
      `agent/dist/${folder}/index.js`,
      `agent/dist/${folder}/index.d.ts`,
    ]),
    by: { from: 'typescript', command: 'tsc', args: ['-p', 'agent/tsconfig.shared.json'] },
  })

/** What it tells on stdout is a list of what it made; warnings and errors go to stderr. */
const rolldown = (folder) => ({
  from: 'rolldown',
  command: 'rolldown',
  args: ['--config', 'rolldown.config.mjs', '--logLevel', 'warn'],
  folder,
  stdio: ['ignore', 'ignore', 2],
})

async function step(name, { of, makes, before, by }) {
  await once(`build-${name}`, { sources: () => sourcesOf(...of), results: makes }, () => {
    tell(`vigie: building ${name} …`)
    before?.()
    if (runTool(by) !== 0) throw new SetupError(`the build of ${name} failed; the lines above say why.`)
  })
}

/** Every source file of a workspace or folder, or one file, with its name, in order. */
function sourcesOf(...paths) {
  const parts = []
  const visit = (path) => {
    for (const entry of readdirSync(path, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const child = join(path, entry.name)
      if (entry.isDirectory()) {
        if (!['node_modules', 'dist', 'gql', 'test', 'bench'].includes(entry.name)) visit(child)
      } else if (!/\.test\.ts$/.test(entry.name)) parts.push(child, readFileSync(child))
    }
  }
  for (const path of paths.map((name) => join(ROOT, name))) {
    if (statSync(path).isDirectory()) visit(path)
    else parts.push(path, readFileSync(path))
  }
  for (const file of SHARED) parts.push(readFileSync(join(ROOT, file)))
  return parts
}
