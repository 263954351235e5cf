import { execFile } from 'node:child_process'
import { closeSync, existsSync, openSync, readSync, renameSync, rmSync, statSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import pg from 'pg'
import { InvalidInputError } from '../../platform/errors.ts'
import { DatabaseCopyError } from '../database-errors.ts'
import { clientSettings } from './client-settings.ts'
import { foldFunction } from './fold-function.ts'
import { INSTALLATION_LOCK, lockInstallation } from './lock.ts'

const run = promisify(execFile)
const MIGRATIONS = 'mikro_orm_migrations'
const SIGNALS = ['SIGINT', 'SIGTERM'] as const

/**
 * Writes one consistent dump of Vigie's tables by PostgreSQL's own pg_dump, beside a running Vigie too, and reads it to
 * its end before it counts. Errors: DATABASE_COPY, BAD_USER_INPUT
 * @param own the names of the tables: a database may hold others' as well
 * @returns its size in bytes
 */
export async function dumpDatabase(
  url: string,
  { target, own }: { target: string; own: readonly string[] },
): Promise<number> {
  if (existsSync(target)) throw new InvalidInputError('FILE', `${target} exists`, 'Name one that does not exist yet.')
  const unfinished = `${target}.unfinished`
  rmSync(unfinished, { force: true })
  try {
    // The file is made before pg_dump does it, for nobody else to read.
    closeSync(openSync(unfinished, 'wx', 0o600))
    const tables = own.map((table) => `--table=public.${table}`)
    await call(url, 'pg_dump', ['--format=custom', '--no-owner', '--no-privileges', ...tables, `--file=${unfinished}`])
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
  const dumped = await tablesIn(dump, url)
  const lock = await lockInstallation(url, () => undefined)
  const folder = await mkdtemp(join(tmpdir(), 'vigie-restore-'))
  // Whoever stops it leaves nothing of the installation behind; psql ends with it, and so does its transaction.
  const stopped = new AbortController()
  const stop = (): void => stopped.abort()
  for (const signal of SIGNALS) process.once(signal, stop)
  try {
    const [script, begin] = [join(folder, 'restore.sql'), join(folder, 'begin.sql')]
    await call(url, 'pg_restore', ['--no-owner', '--no-privileges', `--file=${script}`, dump], stopped.signal)
    const present = await tablesOf(url, [...new Set([...own, ...dumped])])
    const wasThere = present.includes(MIGRATIONS)
    if (!wasThere && present.length > 0)
      throw new DatabaseCopyError(`The database holds tables of others (${present.join(', ')}). Nothing was changed.`)
    if (wasThere) await dumpDatabase(url, { target: kept, own: present })
    await writeFile(begin, beginning(present))
    await lock.release()
    const files = [`--file=${begin}`, `--file=${script}`]
    const words = ['--quiet', '--no-psqlrc', '--single-transaction', '--set=ON_ERROR_STOP=1', ...files]
    await call(url, 'psql', words, stopped.signal)
    return wasThere ? kept : null
  } finally {
    for (const signal of SIGNALS) process.off(signal, stop)
    await rm(folder, { recursive: true, force: true })
    await lock.release()
  }
}

/** Whoever restores holds the lock to the end of the transaction, also where this process is killed meanwhile. */
const beginning = (present: readonly string[]): string => `
  do $$ begin
    -- The session that held it until now may need a moment to end.
    for turn in 1..50 loop
      if pg_try_advisory_xact_lock(${INSTALLATION_LOCK}) then return; end if;
      perform pg_sleep(0.1);
    end loop;
    raise exception 'Another Vigie is running on this database';
  end $$;
  ${present.length ? `drop table ${present.map((table) => `public."${table}"`).join(', ')};` : ''}
  ${foldFunction()}
`

/** The tables in a dump. Errors: BAD_USER_INPUT where it is none of Vigie's */
async function tablesIn(dump: string, url: string): Promise<string[]> {
  if (!existsSync(dump))
    throw new InvalidInputError('FILE', `${dump} does not exist`, 'Name a dump that `backup` made.')
  const cure = 'A copy of SQLite goes with DATABASE_URL=sqlite:…; `copy` brings it here.'
  if (!isDump(dump)) throw new InvalidInputError('FILE', `${dump} is no dump of PostgreSQL`, cure)
  const list = await call(url, 'pg_restore', ['--list', dump])
  const tables = [...list.matchAll(/^\d+; \d+ \d+ TABLE public (\S+) /gm)].map(([, name]) => name as string)
  if (!tables.includes(MIGRATIONS) || !tables.includes('expected_job'))
    throw new InvalidInputError('FILE', `${dump} is no dump of Vigie`, 'Name a dump that `backup` made.')
  return tables
}

function isDump(file: string): boolean {
  const [descriptor, mark] = [openSync(file, 'r'), Buffer.alloc(5)]
  readSync(descriptor, mark, 0, 5, 0)
  closeSync(descriptor)
  return mark.toString() === 'PGDMP'
}

/** Which of these tables are there. */
async function tablesOf(url: string, tables: readonly string[]): Promise<string[]> {
  const client = new pg.Client(clientSettings(url))
  client.on('error', () => undefined)
  await client.connect()
  try {
    const { rows } = await client.query<{ name: string }>(
      `select tablename as name from pg_tables where schemaname = 'public' and tablename = any($1)`,
      [tables],
    )
    return rows.map(({ name }) => name)
  } finally {
    await client.end()
  }
}

/** What a tool needs of the environment; what else is there may be secret. */
const PASSED_ON = /^(PATH|HOME|LANG|LC_.*|TZ|TMPDIR|PG.*)$/

/** The password goes by the environment: the words of a command can be read by everybody on the machine. */
async function call(url: string, command: string, args: string[], signal?: AbortSignal): Promise<string> {
  const address = new URL(url)
  const password = decodeURIComponent(address.password)
  address.password = ''
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => PASSED_ON.test(name)))
  try {
    const words = command === 'pg_restore' ? args : [...args, `--dbname=${address.href}`]
    const { stdout } = await run(command, words, {
      env: { ...env, ...(password ? { PGPASSWORD: password } : {}) },
      maxBuffer: 64 * 1024 * 1024,
      ...(signal ? { signal } : {}),
    })
    return stdout
  } catch (cause) {
    if (signal?.aborted)
      throw new DatabaseCopyError('Stopped. The database holds what it held, or the whole dump.', { cause })
    const { code, stderr = '' } = cause as NodeJS.ErrnoException & { stderr?: string }
    if (code === 'ENOENT')
      throw new DatabaseCopyError(
        `${command} is not installed: install PostgreSQL's own tools (Debian: postgresql-client), as new as the server.`,
        { cause },
      )
    throw new DatabaseCopyError(`${command} failed: ${stderr.trim().slice(0, 2000) || `it ended with ${code}`}`, {
      cause,
    })
  }
}
