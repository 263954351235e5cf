import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vitest/config'
import { postgresqlBin } from './api/dev/postgresql-server.ts'

// graphql comes as index.js and index.mjs; two copies of its classes do not know each other.
const graphql = [{ find: /^graphql$/, replacement: 'graphql/index.js' }]
const decorators = { decorator: { legacy: true, emitDecoratorMetadata: true } }

const postgresql = postgresqlBin()
if (!postgresql) console.warn('Skipped: the API on PostgreSQL, which is not installed here')

export default defineConfig({
  test: {
    projects: [
      {
        oxc: decorators,
        resolve: { alias: graphql },
        test: {
          name: 'api',
          include: ['api/src/**/*.test.ts', 'api/test/*.test.ts'],
          setupFiles: ['api/test/setup.ts'],
          globalSetup: ['api/test/build-scripts.ts'],
          testTimeout: 20_000,
        },
      },
      {
        oxc: decorators,
        resolve: { alias: graphql },
        test: {
          name: 'postgresql',
          // The suite again, but for what starts processes on a file of its own; and what is PostgreSQL's alone.
          include: postgresql ? ['api/test/**/*.test.ts'] : [],
          exclude: ['acting', 'acting-chaos', 'crash', 'demo', 'docker', 'process', 'upgrade'].map(
            (name) => `api/test/${name}.test.ts`,
          ),
          setupFiles: ['api/test/setup.ts'],
          globalSetup: ['api/test/build-scripts.ts', 'api/test/on-postgresql.ts'],
          testTimeout: 30_000,
        },
      },
      { test: { name: 'scripts', include: ['scripts/**/*.test.ts', 'bundle/**/*.test.ts'], testTimeout: 20_000 } },
      { test: { name: 'agent', include: ['agent/src/**/*.test.ts', 'agent/test/**/*.test.ts'], testTimeout: 30_000 } },
      {
        plugins: [vue()],
        resolve: { alias: graphql },
        test: { name: 'dashboard', include: ['dashboard/src/**/*.test.ts'], environment: 'happy-dom' },
      },
      {
        oxc: decorators,
        resolve: { alias: graphql },
        test: {
          name: 'browser',
          include: ['dashboard/test/**/*.test.ts'],
          setupFiles: ['api/test/setup.ts'],
          globalSetup: ['api/test/build-scripts.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
})
