import type { Orm } from './database.ts'
import { engineOf } from './engine.ts'

/** Brings the tables up to date, and answers with the names of the migrations that it took. The only way to migrate. */
export async function migrate(orm: Orm): Promise<string[]> {
  const [next, ...later] = await orm.migrator.getPending()
  if (!next) return []
  const executed = await orm.migrator.getExecuted()
  const engine = engineOf(orm)
  if (executed.length > 0) await engine.prepareMigration(orm, next.name)
  await engine.migrate(orm)
  return [next, ...later].map(({ name }) => name)
}
