import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { checkFolder } from './folder.mjs'
import { CACHE, ROOT } from './root.mjs'

const hash = (parts) => parts.reduce((sum, part) => sum.update(part), createHash('sha256')).digest('hex')

/**
 * Does the work only where its result is absent, or its stamp tells of other sources. The stamp is taken away first:
 * work that was cut off is done again.
 */
export async function once(name, { sources, results }, work) {
  const stamp = join(CACHE, `${name}.stamp`)
  const made = results.every((file) => existsSync(join(ROOT, file)))
  if (made && existsSync(stamp) && readFileSync(stamp, 'utf8') === hash(sources())) return
  checkFolder()
  rmSync(stamp, { force: true })
  await work()
  mkdirSync(CACHE, { recursive: true })
  writeFileSync(`${stamp}.new`, hash(sources()))
  renameSync(`${stamp}.new`, stamp)
}
