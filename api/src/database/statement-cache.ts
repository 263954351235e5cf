import type Database from 'better-sqlite3'

const MOST = 300

/**
 * Kysely prepares each statement anew, which costs as much as running it. The same text with parameters is prepared
 * once; the one least recently used makes room. Texts without parameters (MikroORM writes values into them) differ each
 * time and are not kept.
 *
 * A transaction begins as one that writes: each of ours does, and one that finds out only later fails at once where a
 * command beside the server has written meanwhile (SQLITE_BUSY_SNAPSHOT), instead of waiting for its turn.
 */
export function cacheStatements(database: Database.Database): void {
  const prepare = database.prepare.bind(database)
  const kept = new Map<string, Database.Statement>()
  database.prepare = ((text: string) => {
    if (text === 'begin') return prepare('begin immediate')
    if (!text.includes('?')) return prepare(text)
    const known = kept.get(text)
    const statement = known ?? prepare(text)
    kept.delete(text)
    kept.set(text, statement)
    if (kept.size > MOST) kept.delete(kept.keys().next().value as string)
    return statement
  }) as typeof database.prepare
}
