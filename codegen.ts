import type { CodegenConfig } from '@graphql-codegen/cli'
import { JOB_FIELD_NAMES } from './api/src/backups/job-fields.ts'

// schema.graphql and the operations of dashboard and agent become typed documents. Generated, never committed.
const types = {
  useTypeImports: true,
  strictScalars: true,
  importExtension: '.ts',
  emitLegacyCommonJSImports: false,
  // Lists of choices come from here, and not from the words that name them.
  enumType: 'const',
} as const
const scalars = { DateTimeISO: 'string', ID: 'string', BigInt: 'string' }

/** Whatever may be said of a job is asked for by its form and its page. */
const jobFields = `fragment JobFields on ExpectedJob { ${JOB_FIELD_NAMES.join(' ')} }`

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
      documents: ['dashboard/src/**/*.graphql', jobFields],
      preset: 'client',
      presetConfig: { fragmentMasking: false },
      config: { ...types, scalars },
    },
  },
}
export default config
