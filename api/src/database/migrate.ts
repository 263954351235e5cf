import { copyFileSync, existsSync } from 'node:fs'
import type { Orm } from './database.ts'

/**
 * Brings the tables up to date. The only way to migrate: SQLite ignores `foreign_keys = off` inside a transaction, and
 * a table that is rebuilt in one takes its children with it. So the keys are off before, and checked after.
 * The file is copied to FILE.before-MIGRATION first, where it already held something.
 */
export async function migrate(orm: Orm): Promise<string[]> {
  const pending = await orm.migrator.getPending()
  if (pending.length === 0) return []
  const connection = orm.em.getConnection()
  const file = orm.config.get('dbName')
  const executed = await orm.migrator.getExecuted()
  if (file && file !== ':memory:' && executed.length > 0 && existsSync(file)) {
    await connection.execute('pragma wal_checkpoint(truncate)')
    copyFileSync(file, `${file}.before-${pending[0]?.name}`)
  }
  await connection.execute('pragma foreign_keys = off')
  try {
    await orm.migrator.up()
    const broken = await connection.execute<unknown[]>('pragma foreign_key_check')
    if (broken.length > 0) throw new Error(`After the migration ${broken.length} rows point to rows that are not there`)
  } finally {
    await connection.execute('pragma foreign_keys = on')
  }
  return pending.map((migration) => migration.name)
}
