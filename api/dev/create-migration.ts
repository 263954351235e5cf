// Writes what the entities have and the migrations have not, for both databases: `npm run migration -w api`. Review what
// it made before you commit.
import 'reflect-metadata'
import type { DatabaseAddress } from '../src/config/config.ts'
import { openDatabase } from '../src/database/database.ts'
import { migrate } from '../src/database/migrate.ts'
import { postgresqlBin, startPostgresql } from './postgresql-server.ts'

async function create(name: 'sqlite' | 'postgresql', address: DatabaseAddress): Promise<void> {
  const orm = await openDatabase(address)
  await migrate(orm)
  const { fileName } = await orm.migrator.create()
  const where = `api/src/database/${name}/migrations`
  console.log(fileName ? `${where}/${fileName}: review it, and name it in ${where}.ts` : `${name}: nothing to migrate`)
  await orm.close()
}

await create('sqlite', { file: ':memory:' })
if (!postgresqlBin())
  throw new Error(
    'There is no PostgreSQL here, and each migration is made for both databases: apt-get install postgresql',
  )
const server = await startPostgresql()
try {
  await create('postgresql', { url: server.url('postgres') })
} finally {
  await server.stop()
}
