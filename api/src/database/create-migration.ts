// Writes what the entities have and the migrations have not: `npm run migration -w api`. Review it before you commit.
import 'reflect-metadata'
import { openDatabase } from './database.ts'
import { migrate } from './migrate.ts'

const orm = await openDatabase(':memory:')
await migrate(orm)
const { fileName } = await orm.migrator.create()
console.log(fileName ? `${fileName}: review it, and name it in src/database/migrations.ts` : 'Nothing to migrate.')
await orm.close()
