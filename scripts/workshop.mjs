// What every command needs before its work: installed packages, built sources, and the project's own Node.
// It runs on the system's Node 20, before anything is installed, and so uses nothing but Node itself.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { delimiter, join, resolve } from 'node:path'

export const ROOT = resolve(import.meta.dirname ?? new URL('.', import.meta.url).pathname, '..')
const BIN = join(ROOT, 'node_modules', '.bin')
const CACHE = join(ROOT, '.cache')

/** The project's own Node lies in node_modules/.bin and comes first. */
export const env = {
  ...process.env,
  PATH: `${BIN}${delimiter}${process.env.PATH ?? ''}`,
  npm_config_update_notifier: 'false',
}

/** Progress goes to stderr: the last line of stdout belongs to the command. */
export const tell = (text) => process.stderr.write(`${text}\n`)

export function run(command, args, options = {}) {
  const result = spawnSync(command, args, { cwd: ROOT, env, stdio: ['ignore', 2, 2], ...options })
  if (result.error) throw result.error
  return result.status ?? 1
}

function must(what, command, args, options) {
  if (run(command, args, options) !== 0) {
    tell(`vigie: ${what} failed; the lines above say why.`)
    process.exit(1)
  }
}

const hash = (parts) => parts.reduce((sum, part) => sum.update(part), createHash('sha256')).digest('hex')

/** Does the work only where its result is absent, or its stamp tells of other sources. */
function once(name, { sources, results }, work) {
  const stamp = join(CACHE, `${name}.stamp`)
  const wanted = hash(sources)
  const made = results.every((file) => existsSync(join(ROOT, file)))
  if (made && existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return
  work()
  mkdirSync(CACHE, { recursive: true })
  writeFileSync(stamp, wanted)
}

export function install() {
  const [major] = process.versions.node.split('.').map(Number)
  if (major < 20) {
    tell(`vigie: Node ${process.versions.node} is too old; install Node 20 or newer.`)
    process.exit(1)
  }
  const sources = [readFileSync(join(ROOT, 'package-lock.json'))]
  once('install', { sources, results: ['node_modules/.package-lock.json'] }, () => {
    tell('vigie: installing packages (once, about half a minute) …')
    must('npm ci', 'npm', ['ci', '--no-audit', '--no-fund'])
  })
}

/** Every source file of a workspace, with its name, in order. */
function sourcesOf(...folders) {
  const parts = []
  const visit = (path) => {
    for (const entry of readdirSync(path, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const child = join(path, entry.name)
      if (entry.isDirectory()) {
        if (!['node_modules', 'dist', 'gql', 'test', 'bench'].includes(entry.name)) visit(child)
      } else if (!/\.test\.ts$/.test(entry.name)) parts.push(child, readFileSync(child))
    }
  }
  for (const folder of folders) visit(join(ROOT, folder))
  for (const file of ['package-lock.json', 'schema.graphql', 'codegen.ts', 'tsconfig.base.json'])
    parts.push(readFileSync(join(ROOT, file)))
  return parts
}

export function generate() {
  const results = ['agent/src/gql/graphql.ts', 'dashboard/src/gql/graphql.ts']
  once('codegen', { sources: sourcesOf('agent', 'dashboard'), results }, () =>
    must('codegen', 'graphql-codegen', ['--config', 'codegen.ts', '--silent']),
  )
}

export function build() {
  generate()
  once('build-api', { sources: sourcesOf('api'), results: ['api/dist/main.js'] }, () => {
    tell('vigie: building the API …')
    // What an older source left must not be run: migrations are found by their files.
    rmSync(join(ROOT, 'api', 'dist'), { recursive: true, force: true })
    must('the build of the API', 'tsc', ['-p', 'api/tsconfig.build.json'])
  })
  once('build-agent', { sources: sourcesOf('agent'), results: ['agent/dist/agent.mjs'] }, () => {
    tell('vigie: building the agent …')
    must('the build of the agent', 'rolldown', ['--config', 'rolldown.config.mjs', '--logLevel', 'warn'], {
      cwd: join(ROOT, 'agent'),
    })
  })
  once('build-dashboard', { sources: sourcesOf('dashboard'), results: ['dashboard/dist/index.html'] }, () => {
    tell('vigie: building the dashboard …')
    must('the build of the dashboard', 'vite', ['build', '--logLevel', 'warn'], { cwd: join(ROOT, 'dashboard') })
  })
}
