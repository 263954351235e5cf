// Loads TypeScript with decorators in development and in scripts: `node --import ./ts.mjs src/main.ts`.
// Node's own type stripping knows neither decorators nor their metadata.
import 'reflect-metadata'
import { readFileSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { fileURLToPath } from 'node:url'
import { TsconfigCache, transformSync } from 'rolldown/utils'

const cache = new TsconfigCache()
registerHooks({
  load(url, context, next) {
    if (!url.startsWith('file:') || !url.endsWith('.ts')) return next(url, context)
    const path = fileURLToPath(url)
    const { code, errors } = transformSync(
      path,
      readFileSync(path, 'utf8'),
      { sourcemap: false, tsconfig: true },
      cache,
    )
    if (errors.length) throw new SyntaxError(errors.map((error) => error.message).join('\n'))
    return { format: 'module', source: code, shortCircuit: true }
  },
})
