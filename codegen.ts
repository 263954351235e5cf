import type { CodegenConfig } from '@graphql-codegen/cli'

// schema.graphql and the operations of dashboard and agent become typed documents. Generated, never committed.
const types = {
  useTypeImports: true,
  strictScalars: true,
  importExtension: '.ts',
  emitLegacyCommonJSImports: false,
} as const
const scalars = { DateTimeISO: 'string', ID: 'string', BigInt: 'string' }

const config: CodegenConfig = {
  schema: 'schema.graphql',
  generates: {
    'agent/src/gql/': {
      documents: 'agent/src/**/*.graphql',
      preset: 'client',
      presetConfig: { fragmentMasking: false },
      config: { ...types, scalars, documentMode: 'string' },
    },
    'dashboard/src/gql/': {
      documents: 'dashboard/src/**/*.graphql',
      preset: 'client',
      presetConfig: { fragmentMasking: false },
      config: { ...types, scalars },
    },
  },
}
export default config
