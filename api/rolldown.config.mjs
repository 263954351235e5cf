import { relative } from 'node:path'
import { defineConfig } from 'rolldown'

const ROOT = new URL('..', import.meta.url).pathname
/** What a process or a thread begins with. */
const ENTRIES = [
  'main',
  'access/command',
  'database/command',
  'demo/command',
  'deposit/worker',
  'files/worker',
  'platform/watchdog-thread',
]

// The server and all it needs of others, in few files: 1,400 modules take twice as long to start (docs/performance.md).
// Neither minified nor mapped: its stack traces name functions and modules as they are, and maps cost 12 MB of memory.
export default defineConfig({
  input: Object.fromEntries(ENTRIES.map((name) => [name, `src/${name}.ts`])),
  tsconfig: 'tsconfig.json',
  platform: 'node',
  // What pg, TypeGraphQL and debug ask for where somebody installed it, and do without: it is no part of Vigie.
  external: ['pg-native', 'pg-cloudflare', 'class-validator', 'supports-color'],
  // graphql comes as index.js and index.mjs; two copies of its classes do not know each other.
  resolve: { alias: { graphql$: 'graphql/index.js' } },
  output: {
    dir: 'dist',
    format: 'esm',
    entryFileNames: '[name].js',
    chunkFileNames: 'chunks/[name]-[hash].js',
    // MikroORM, TypeGraphQL and the log speak of classes by their names.
    keepNames: true,
  },
  plugins: [
    {
      name: 'packages',
      /** `dist/packages.json`: the folders of what is compiled in, for the list of licences. */
      generateBundle(_, bundle) {
        const packages = new Set()
        for (const file of Object.values(bundle))
          for (const id of file.type === 'chunk' ? file.moduleIds : []) {
            const folder = /^.*node_modules\/(@[^/]+\/)?[^/]+/.exec(relative(ROOT, id))?.[0]
            if (folder) packages.add(folder)
          }
        this.emitFile({
          type: 'asset',
          fileName: 'packages.json',
          source: JSON.stringify([...packages].sort(), null, 2),
        })
      },
    },
  ],
})
