// Writes schema.graphql, the contract: `npm run schema -w api`. A test tells when it is stale.
import 'reflect-metadata'
import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { createPubSub } from '@graphql-yoga/subscription'
import { lexicographicSortSchema, printSchema } from 'graphql'
import { ROOT } from '../platform/root.ts'
import { createSchema } from './schema.ts'

export const printContract = (): string =>
  `${printSchema(lexicographicSortSchema(createSchema(createPubSub() as never)))}\n`

if (process.argv[1] === import.meta.filename) writeFileSync(resolve(ROOT, 'schema.graphql'), printContract())
