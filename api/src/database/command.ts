import 'reflect-metadata'
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { type Config, type DatabaseAddress, readConfig, readDatabase, secret } from '../config/config.ts'
import { calledAs } from '../platform/called-as.ts'
import { DomainError, InvalidInputError } from '../platform/errors.ts'
import { copyInstallation } from './copy-installation.ts'
import { DatabaseCopyError } from './database-errors.ts'
import { openDatabase, type Orm } from './database.ts'
import { engineOf } from './engine.ts'
import { migrate } from './migrate.ts'
import { dumpDatabase, restoreDump } from './postgresql/dump.ts'
import { copyDatabase, restoreDatabase } from './sqlite/copy.ts'
import { showProgress } from './show-progress.ts'

/** `npm run -s database -- backup`, or `vigie backup` where the archive is installed. */
const words = (command: string): string =>
  process.env['npm_lifecycle_event'] ? `${calledAs('database')} ${command}` : calledAs(command)

const HELP = `${words('backup')} FILE
  copies the database of Vigie to FILE, beside a running Vigie too (PostgreSQL: by pg_dump)

${words('restore')} FILE
  puts a copy in the place of the database; Vigie must be stopped. What stood there is kept beside it
  (PostgreSQL: as a dump in the data folder).

${words('copy')} --to URL
  copies everything to another database, e.g. postgresql://vigie@host/vigie, and proves table by table that it is
  the same; Vigie must be stopped. Its password may come as VIGIE_COPY_PASSWORD_FILE, the path of a file.`

/** Vigie's own backup, and its way from one database to another. */
async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { help: { type: 'boolean', short: 'h' }, to: { type: 'string' } },
  })
  const [command, name, ...more] = positionals
  if (values.help) return console.log(HELP)
  if (command !== 'backup' && command !== 'restore' && command !== 'copy')
    throw new InvalidInputError('command', 'must be backup, restore or copy', `\n${HELP}`)
  const config = readConfig(process.env)
  if (command === 'copy') {
    if (!values.to || name) throw new InvalidInputError('--to', 'must name the other database', `\n${HELP}`)
    return copy(config, values.to)
  }
  if (!name || more.length || values.to) throw new InvalidInputError('FILE', 'must be named once', `\n${HELP}`)
  const file = resolve(process.env['INIT_CWD'] ?? process.cwd(), name)
  if (command === 'backup') await backup(config, file)
  else await restore(config, file)
}

async function backup({ database }: Config, file: string): Promise<void> {
  const size =
    'url' in database
      ? await dumpDatabase(database.url, { target: file, own: await tablesOf(database) })
      : copyDatabase(database.file, file)
  console.log(`${file}: ${(size / 1024 / 1024).toFixed(1)} MiB, read again and whole`)
}

async function restore({ database, dataDir }: Config, file: string): Promise<void> {
  const now = new Date()
  const dump = resolve(dataDir, `replaced-${now.toISOString().replaceAll(':', '-')}.dump`)
  const kept =
    'url' in database
      ? await restoreDump(file, { url: database.url, kept: dump, own: await tablesOf(database) })
      : await restoreDatabase(file, database.file, now)
  console.log(kept ? `Restored. What stood there is kept as ${kept}` : 'Restored.')
}

async function tablesOf(address: DatabaseAddress): Promise<string[]> {
  const orm = await openDatabase(address)
  try {
    return ['mikro_orm_migrations', ...[...orm.getMetadata()].map(({ tableName }) => tableName)]
  } finally {
    await orm.close()
  }
}

async function copy({ database }: Config, to: string): Promise<void> {
  const address = readDatabase(to, secret(process.env, 'VIGIE_COPY_PASSWORD'), '--to')
  if ('file' in database && !existsSync(database.file))
    throw new DatabaseCopyError(`There is no database at ${database.file}; VIGIE_DATA_DIR says where it lies.`)
  const source = await openDatabase(database)
  try {
    // The last statement checks every row.
    const target = await openDatabase(address, { statement: 0 })
    try {
      await copyInto(target, source)
    } finally {
      await target.close()
    }
  } finally {
    await source.close()
  }
}

async function copyInto(target: Orm, source: Orm): Promise<void> {
  const lost = (error: Error): void => {
    console.error(`vigie: ${error.message}`)
    process.exit(1)
  }
  const locks = []
  try {
    for (const orm of [source, target]) locks.push(await engineOf(orm).lock(lost))
    if ((await source.migrator.getExecuted()).length === 0)
      throw new DatabaseCopyError('The database of DATABASE_URL holds no Vigie: there is nothing to copy.')
    for (const orm of [source, target]) await migrate(orm)
    const progress = showProgress(process.stderr)
    const copied = await copyInstallation(source, target, progress.show)
    progress.end()
    const rows = copied.reduce((sum, table) => sum + table.rows, 0)
    console.log(`Copied ${rows} rows of ${copied.length} tables; each was read again, and is the same.`)
    console.log('Set DATABASE_URL to the other database, and start Vigie. What was copied is still where it was.')
  } finally {
    for (const lock of locks) await lock.release()
  }
}

try {
  await main()
} catch (error) {
  const known = error instanceof DomainError || (error as { code?: string }).code?.startsWith('ERR_PARSE_ARGS')
  console.error(known ? `vigie: ${(error as Error).message}` : error)
  process.exitCode = known ? 2 : 1
}
