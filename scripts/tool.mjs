import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { environment, projectNode } from './node.mjs'
import { ROOT } from './root.mjs'

/** Runs something on the project's own Node; its output goes to stderr, for stdout belongs to the command. */
export function runNode(args, { folder = '', env = {}, stdio = ['ignore', 2, 2] } = {}) {
  const result = spawnSync(projectNode(), args, { cwd: join(ROOT, folder), env: { ...environment(), ...env }, stdio })
  if (result.error) throw result.error
  return result.status ?? 1
}

/** Runs the command that a package brings, by the package itself: a link in node_modules/.bin may be missing. */
export function runTool({ from, command, args, ...options }) {
  const { bin } = JSON.parse(readFileSync(join(ROOT, 'node_modules', from, 'package.json'), 'utf8'))
  return runNode([join(ROOT, 'node_modules', from, typeof bin === 'string' ? bin : bin[command]), ...args], options)
}
