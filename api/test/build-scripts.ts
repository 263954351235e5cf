import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'rolldown'
import type { TestProject } from 'vitest/node'
import { ROOT } from '../src/platform/root.ts'

/** Compiles once for all tests what they start: from its sources a thread takes 200 ms to start, a process seconds. */
export default async function setup(project: TestProject): Promise<() => void> {
  const cache = join(ROOT, '.cache')
  mkdirSync(cache, { recursive: true })
  const dir = mkdtempSync(join(cache, 'scripts-'))
  // Tests become somebody else.
  chmodSync(dir, 0o755)
  const thread = (folder: string): string => join(ROOT, 'api/src', folder, 'worker.ts')
  await build({
    input: {
      deposit: thread('deposit'),
      files: thread('files'),
      'scan-process': join(ROOT, 'api/test/scan-process.ts'),
    },
    tsconfig: join(ROOT, 'api/tsconfig.json'),
    platform: 'node',
    external: (id) => !id.startsWith('.') && !id.startsWith('/'),
    output: { dir, format: 'esm', entryFileNames: '[name].mjs' },
    logLevel: 'warn',
  })
  project.provide('scripts', pathToFileURL(`${dir}/`).href)
  return () => rmSync(dir, { recursive: true, force: true })
}
