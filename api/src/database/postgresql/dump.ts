import { execFile } from 'node:child_process'
import { chmodSync, closeSync, existsSync, openSync, readSync, renameSync, rmSync, statSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import pg from 'pg'
import { InvalidInputError } from '../../platform/errors.ts'
import { DatabaseCopyError } from '../database-errors.ts'
import { clientSettings } from './client-settings.ts'
import { lockInstallation } from './lock.ts'

const run = promisify(execFile)

/**
 * Writes one consistent dump of the database by PostgreSQL's own pg_dump, beside a running Vigie too, and reads it to its
 * end before it counts. Errors: DATABASE_COPY, BAD_USER_INPUT
 * @returns its size in bytes
 */
export async function dumpDatabase(url: string, target: string): Promise<number> {
  if (existsSync(target)) throw new InvalidInputError('FILE', `${target} exists`, 'Name one that does not exist yet.')
  const unfinished = `${target}.unfinished`
  rmSync(unfinished, { force: true })
  try {
    // The file is made before pg_dump does it, for nobody else to read.
    closeSync(openSync(unfinished, 'wx', 0o600))
    await call(url, 'pg_dump', ['--format=custom', '--no-owner', '--no-privileges', `--file=${unfinished}`])
    await call(url, 'pg_restore', ['--file=/dev/null', unfinished])
    renameSync(unfinished, target)
    return statSync(target).size
  } catch (error) {
    rmSync(unfinished, { force: true })
    throw error
  }
}

export interface Restoring {
  url: string
  /** Where the dump of what stood there goes. */
  kept: string
  /** The names of Vigie's tables: a database may hold others' as well. */
  own: readonly string[]
}

/**
 * Puts a dump in the place of what the database holds of Vigie, all of it or nothing. What stood there is dumped first.
 * Errors: DATABASE_COPY, DATABASE_IN_USE, BAD_USER_INPUT
 * @returns where it is kept; null = there was nothing
 */
export async function restoreDump(dump: string, { url, kept, own }: Restoring): Promise<string | null> {
  if (!existsSync(dump))
    throw new InvalidInputError('FILE', `${dump} does not exist`, 'Name a dump that `backup` made.')
  if (!isDump(dump))
    throw new InvalidInputError(
      'FILE',
      `${dump} is no dump of PostgreSQL`,
      'A copy of SQLite goes with DATABASE_URL=sqlite:…; `copy` brings it here.',
    )
  const lock = await lockInstallation(url, () => undefined)
  const folder = await mkdtemp(join(tmpdir(), 'vigie-restore-'))
  try {
    chmodSync(folder, 0o700)
    const [script, drop] = [join(folder, 'restore.sql'), join(folder, 'drop.sql')]
    await call(url, 'pg_restore', ['--no-owner', '--no-privileges', '--schema=public', `--file=${script}`, dump])
    const tables = await present(url, own)
    if (tables.includes('mikro_orm_migrations')) await dumpDatabase(url, kept)
    const names = tables.map((table) => `"${table}"`).join(', ')
    await writeFile(drop, `${names ? `drop table ${names} cascade;\n` : ''}drop function if exists fold(text);\n`)
    const files = [`--file=${drop}`, `--file=${script}`]
    await call(url, 'psql', ['--quiet', '--no-psqlrc', '--single-transaction', '--set=ON_ERROR_STOP=1', ...files])
    return tables.includes('mikro_orm_migrations') ? kept : null
  } finally {
    await rm(folder, { recursive: true, force: true })
    await lock.release()
  }
}

function isDump(file: string): boolean {
  const [descriptor, mark] = [openSync(file, 'r'), Buffer.alloc(5)]
  readSync(descriptor, mark, 0, 5, 0)
  closeSync(descriptor)
  return mark.toString() === 'PGDMP'
}

/** Which of these tables are there. */
async function present(url: string, tables: readonly string[]): Promise<string[]> {
  const client = new pg.Client(clientSettings(url))
  client.on('error', () => undefined)
  await client.connect()
  try {
    const { rows } = await client.query<{ name: string }>(
      `select tablename as name from pg_tables where schemaname = current_schema() and tablename = any($1)`,
      [tables],
    )
    return rows.map(({ name }) => name)
  } finally {
    await client.end()
  }
}

/** The password goes by the environment: the words of a command can be read by everybody on the machine. */
async function call(url: string, command: string, args: string[]): Promise<void> {
  const address = new URL(url)
  const password = decodeURIComponent(address.password)
  address.password = ''
  try {
    await run(command, command === 'pg_restore' ? args : [...args, `--dbname=${address.href}`], {
      env: { ...process.env, ...(password ? { PGPASSWORD: password } : {}) },
      maxBuffer: 64 * 1024 * 1024,
    })
  } catch (cause) {
    const { code, stderr = '', message } = cause as NodeJS.ErrnoException & { stderr?: string }
    if (code === 'ENOENT')
      throw new DatabaseCopyError(
        `${command} is not installed: install PostgreSQL's own tools (Debian: postgresql-client), as new as the server.`,
        { cause },
      )
    throw new DatabaseCopyError(`${command} failed: ${stderr.trim().slice(0, 2000) || message}`, { cause })
  }
}
