// Installs the packages of package-lock.json, whatever npm there is and however its user has set it up.
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { checkRoom } from './folder.mjs'
import { checkMachine, checkProjectNode, environment, projectNode, projectNpm, RUNTIME } from './node.mjs'
import { npmFailure } from './npm-failure.mjs'
import { once } from './once.mjs'
import { ROOT, tell } from './root.mjs'
import { SetupError } from './setup-error.mjs'

/** 700 MB of packages and what npm needs beside them, measured with `du` after `npm ci`. */
const NEEDED_MB = 1000

// A user's settings for npm stay in force where they say how to reach a registry, and not where they change what is
// installed. No package's script is run: what is native comes prebuilt in its package (docs/decisions/0006).
const FLAGS = [
  '--ignore-scripts',
  '--package-lock=true',
  '--package-lock-only=false',
  '--install-strategy=hoisted',
  '--legacy-peer-deps=false',
  '--engine-strict=false',
  '--force=false',
  '--global=false',
  '--dry-run=false',
  '--prefer-offline',
  '--audit=false',
  '--fund=false',
  '--update-notifier=false',
  '--loglevel=error',
  '--fetch-retry-mintimeout=1000',
  '--fetch-retry-maxtimeout=10000',
]

/** For a user whose settings leave some out. What is included wins over what is omitted, whatever their order. */
const EVERY_KIND = ['--include=dev', '--include=optional', '--include=peer']

export async function install() {
  // First, by the npm that is there, the Node and the npm that Vigie brings. They install the rest: an older npm, or npm
  // on an older Node, leaves out in silence what that Node could not run.
  await installOnce('runtime', RUNTIME, async () => {
    checkMachine()
    checkRoom(NEEDED_MB)
    tell('vigie: installing packages (once, about a minute) …')
    await npmCi(['npm'], RUNTIME, ['--workspaces=false', ...EVERY_KIND])
    checkProjectNode()
  })
  await installOnce('packages', ROOT, () =>
    npmCi([projectNode(), projectNpm()], ROOT, ['--workspaces=true', '--include-workspace-root', ...EVERY_KIND]),
  )
}

async function installOnce(name, folder, work) {
  const locks = [join(folder, 'package-lock.json'), join(folder, 'node_modules', '.package-lock.json')]
  const results = [relative(ROOT, locks[1])]
  // What npm says that it installed belongs to the stamp: somebody may have changed it by hand since.
  const sources = () => locks.filter((file) => existsSync(file)).map((file) => readFileSync(file))
  await once(name, { sources, results }, async () => {
    await work()
    checkOptional(...locks.map((file) => JSON.parse(readFileSync(file, 'utf8')).packages))
  })
}

/** `npm ci` in a folder; throws a sentence with its cure. */
export async function npmCi(npm, folder, flags = []) {
  const { status, signal, output } = await run([...npm, 'ci', ...FLAGS, ...flags], folder)
  if (status === 0) return
  if (signal) throw new SetupError(`npm was ended by ${signal}. Start again: it goes on from there.`)
  throw new SetupError(npmFailure(output, { registry: npmSetting('registry') || 'The npm registry', folder }))
}

const npmSetting = (name) => spawnSync('npm', ['config', 'get', name], { cwd: ROOT, encoding: 'utf8' }).stdout?.trim()

/** What npm says is shown as it comes, and kept for the sentence at its end. */
function run([command, ...args], folder) {
  // The npm that Vigie brings reads the settings that the user's own npm reads.
  const globalconfig = process.env.npm_config_globalconfig ?? npmSetting('globalconfig')
  const env = {
    ...(command === 'npm' ? process.env : environment()),
    ...(globalconfig ? { npm_config_globalconfig: globalconfig } : {}),
  }
  return new Promise((done, failed) => {
    const child = spawn(command, args, { cwd: folder, env, stdio: ['ignore', 'ignore', 'pipe'] })
    let output = ''
    child.stderr.setEncoding('utf8').on('data', (text) => {
      output = (output + text).slice(-100_000)
      process.stderr.write(text)
    })
    child.once('error', (error) =>
      failed(
        error.code === 'ENOENT' && command === 'npm'
          ? new SetupError('npm is not installed (Debian and Ubuntu: apt install npm), or not on PATH.')
          : error,
      ),
    )
    child.once('close', (status, signal) => done({ status, signal, output }))
  })
}

/** npm leaves out in silence what it calls optional and could not fetch; of what this machine needs, nothing is. */
function checkOptional(packages, installed) {
  const fits = (entry, value) => {
    const list = [entry ?? value].flat()
    return list.includes(value) || (list.every((item) => item.startsWith('!')) && !list.includes(`!${value}`))
  }
  const missing = Object.entries(packages)
    .filter(([path, { optional, os, cpu, libc }]) => {
      const here = fits(os, process.platform) && fits(cpu, process.arch) && fits(libc, 'glibc')
      return optional && (os || cpu) && here && !/musl/.test(path) && !installed[path]
    })
    .map(([path]) => path.split('node_modules/').pop())
  if (missing.length)
    throw new SetupError(
      `npm left out ${missing.join(', ')}, which this machine needs. Try again; if it stays so, the registry does not have them.`,
    )
}
