import { resolve } from 'node:path'
import { createPubSub } from '@graphql-yoga/subscription'
import { getMetadataStorage } from 'type-graphql'
import { expect, test } from 'vitest'
import { ROOT } from '../platform/root.ts'
import { openDatabase } from '../database/database.ts'
import { migrate } from '../database/migrate.ts'
import { printContract } from './emit-schema.ts'
import { createSchema } from './schema.ts'

test('schema.graphql is what the classes say (npm run schema -w api)', async () => {
  await expect(printContract()).toMatchFileSnapshot(resolve(ROOT, 'schema.graphql'))
})

test('Every query, mutation and subscription names the scope that it needs', () => {
  createSchema(createPubSub() as never)
  const { queries, mutations, subscriptions } = getMetadataStorage()
  const open = [...queries, ...mutations, ...subscriptions].filter(({ roles }) => !roles?.length)
  expect(open.map(({ methodName }) => methodName)).toEqual([])
})

test('The migrations make exactly the tables of the entities (npm run migration -w api)', async () => {
  const orm = await openDatabase({ file: ':memory:' })
  await migrate(orm)
  expect(await orm.migrator.checkSchema()).toBe(false)
  await orm.close()
})
