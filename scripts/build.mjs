// Builds what is missing or older than its sources: typed documents, what API and agent share, API, agent, dashboard.
import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { once } from './once.mjs'
import { ROOT, tell } from './root.mjs'
import { SetupError } from './setup-error.mjs'
import { runTool } from './tool.mjs'

/** `@vigie/agent/report` and `@vigie/agent/host`, which the API's own sources import. */
const SHARED_WITH_API = ['agent/src/report', 'agent/src/host', 'agent/tsconfig.shared.json']
/** What the dashboard shares with the API. */
const JOB_FIELDS = 'api/src/backups/job-fields.ts'
const SHARED = ['package-lock.json', 'schema.graphql', 'codegen.ts', 'tsconfig.base.json']

export async function build() {
  await step('typed documents', {
    of: ['agent', 'dashboard', JOB_FIELDS],
    makes: ['agent/src/gql/graphql.ts', 'dashboard/src/gql/graphql.ts'],
    by: ['@graphql-codegen/cli', 'graphql-codegen', ['--config', 'codegen.ts', '--silent']],
  })
  await buildShared()
  await step('the API', {
    of: ['api', ...SHARED_WITH_API],
    makes: ['api/dist/main.js'],
    // What an older source left must not be run: migrations are found by their files.
    before: () => rmSync(join(ROOT, 'api', 'dist'), { recursive: true, force: true }),
    by: ['typescript', 'tsc', ['-p', 'api/tsconfig.build.json']],
  })
  await step('the agent', {
    of: ['agent'],
    makes: ['agent/dist/agent.mjs'],
    by: ['rolldown', 'rolldown', ['--config', 'rolldown.config.mjs', '--logLevel', 'warn'], 'agent'],
  })
  await step('the dashboard', {
    of: ['dashboard', JOB_FIELDS],
    makes: ['dashboard/dist/index.html'],
    by: ['vite', 'vite', ['build', '--logLevel', 'warn'], 'dashboard'],
  })
}

export const buildShared = () =>
  step('what API and agent share', {
    of: SHARED_WITH_API,
    makes: ['report', 'host'].flatMap((folder) => [`agent/dist/${folder}/index.js`, `agent/dist/${folder}/index.d.ts`]),
    by: ['typescript', 'tsc', ['-p', 'agent/tsconfig.shared.json']],
  })

async function step(name, { of, makes, before, by: [from, command, args, folder = ''] }) {
  await once(`build-${name}`, { sources: () => sourcesOf(...of), results: makes }, () => {
    tell(`vigie: building ${name} …`)
    before?.()
    if (runTool({ from, command, args, folder }) !== 0)
      throw new SetupError(`the build of ${name} failed; the lines above say why.`)
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
