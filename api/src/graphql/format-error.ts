import { unwrapResolverError } from '@apollo/server/errors'
import { GraphQLError, type GraphQLFormattedError } from 'graphql'
import { DomainError } from '../platform/errors.ts'
import type { Log } from '../platform/log.ts'

/** A domain error and an error of the query reach the client as they are; anything else is logged whole and masked. */
export const formatError =
  (log: Log) =>
  (formatted: GraphQLFormattedError, error: unknown): GraphQLFormattedError => {
    const original = unwrapResolverError(error)
    if (original instanceof DomainError || formatted.extensions?.['code'] !== 'INTERNAL_SERVER_ERROR') return formatted
    // graphql-js gives up after fifty variables that do not fit, without a code of its own.
    if (formatted.message.startsWith('Too many errors processing variables'))
      return { ...formatted, extensions: { ...formatted.extensions, code: 'BAD_USER_INPUT' } }
    if (original instanceof GraphQLError && original.originalError === undefined) return formatted
    log.error({ err: original, path: formatted.path }, 'A resolver failed')
    return { ...formatted, message: 'Internal error; the log of the server knows more.' }
  }
