import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from '../scripts/root.mjs'
import { SetupError } from '../scripts/setup-error.mjs'

interface Locked {
  version?: string
  license?: string
  link?: boolean
  dev?: boolean
  dependencies?: Record<string, string>
  optionalDependencies?: Record<string, string>
  peerDependencies?: Record<string, string>
}

/** Copied into the bundled command, though only the tools of the repository depend on it. */
const COMPILED_IN = ['tar']

/** Everything of others that a bundle holds, or that is compiled into what it holds, with the words of its licence. */
export function licences({ node }: { node: { version: string; text: string } }): {
  text: string
  /** Their folders, as package-lock.json names them. */
  packages: Set<string>
} {
  const { packages } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, Locked>
  }
  const found = closure(packages)
  const entries = [...found].sort().map((path) => {
    const { version, license } = packages[path] as Locked
    const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)
    const declared = license ?? declaredIn(path)
    if (!declared) throw new SetupError(`${name} does not say under which licence it is.`)
    return `${name} ${version ?? ''}: ${declared}\n\n${textOf(path)}`
  })
  const all = [`Node.js ${node.version}: MIT, and what it holds\n\n${node.text}`, ...entries]
  const line = '-'.repeat(80)
  const text = `What Vigie brings of others, and under which licences. Vigie itself: LICENSE.\n\n${all.join(`\n${line}\n\n`)}`
  return { text, packages: found }
}

/** Every package that the API, the agent or the dashboard needs to run, from package-lock.json. */
function closure(packages: Record<string, Locked>): Set<string> {
  const found = new Set<string>()
  const waiting = COMPILED_IN.map((name): [from: string, name: string] => ['', name])
  for (const workspace of ['api', 'agent', 'dashboard'])
    for (const name of Object.keys(packages[workspace]?.dependencies ?? {})) waiting.push([workspace, name])
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const path = resolved(packages, ...next)
    // Its own workspaces are links: they are Vigie, and what they need is looked for from them.
    if (path === null || packages[path]?.link || found.has(path)) continue
    found.add(path)
    const { dependencies, peerDependencies } = packages[path] as Locked
    for (const name of Object.keys({ ...dependencies, ...peerDependencies })) waiting.push([path, name])
  }
  return found
}

/** As Node finds it: in the nearest node_modules. Null = an optional peer that nobody installed. */
function resolved(packages: Record<string, Locked>, from: string, name: string): string | null {
  const folders = from ? from.split('/node_modules/') : []
  for (; folders.length; folders.pop()) {
    const path = [...folders, name].join('/node_modules/')
    if (packages[path]) return path
  }
  return packages[`node_modules/${name}`] ? `node_modules/${name}` : null
}

const declaredIn = (path: string): string | undefined =>
  (JSON.parse(readFileSync(join(ROOT, path, 'package.json'), 'utf8')) as { license?: string }).license

function textOf(path: string): string {
  const files = readdirSync(join(ROOT, path)).filter((name) => /^(licen[cs]e|copying|notice)/i.test(name))
  const texts = files.sort().map((name) => readFileSync(join(ROOT, path, name), 'utf8').trim())
  return texts.length ? `${texts.join('\n\n')}\n` : '(It brings no text of its licence.)\n'
}
