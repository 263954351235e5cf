import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import type { Plugin } from 'vite'

/** Smaller files fit into one packet as they are. */
const LEAST = 1024

/** Writes each text of the build packed beside it: once and as small as it gets, instead of anew for each who asks. */
export const precompress = (): Plugin => {
  let folder = 'dist'
  return {
    name: 'vigie:precompress',
    apply: 'build',
    configResolved: ({ root, build }) => void (folder = join(root, build.outDir)),
    closeBundle: async () => {
      for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
        const file = join(entry.parentPath, entry.name)
        if (!entry.isFile() || !/\.(js|css|svg|html|json)$/.test(entry.name)) continue
        const text = await readFile(file)
        if (text.length < LEAST) continue
        const quality = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: text.length }
        await writeFile(`${file}.br`, brotliCompressSync(text, { params: quality }))
        await writeFile(`${file}.gz`, gzipSync(text, { level: 9 }))
      }
    },
  }
}
