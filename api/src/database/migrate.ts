import type { Orm } from './database.ts'
import { DatabaseUnfitError } from './database-errors.ts'
import { engineOf } from './engine.ts'

/**
 * Brings the tables up to date, and answers with the names of the migrations that it took. The only way to migrate.
 * Errors: DATABASE_UNFIT where a newer Vigie has worked on it
 */
export async function migrate(orm: Orm): Promise<string[]> {
  const executed = await orm.migrator.getExecuted()
  const known = new Set((orm.config.get('migrations').migrationsList ?? []).map(({ name }) => name))
  const newer = executed.find(({ name }) => !known.has(name))
  if (newer) throw new DatabaseUnfitError(`a newer Vigie has worked on it (${newer.name}); update this one`)
  const [next, ...later] = await orm.migrator.getPending()
  if (!next) return []
  const engine = engineOf(orm)
  if (executed.length > 0) await engine.prepareMigration(orm, next.name)
  await engine.migrate(orm)
  return [next, ...later].map(({ name }) => name)
}
