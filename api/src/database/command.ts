import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { readConfig } from '../config/config.ts'
import { DomainError, InvalidInputError } from '../platform/errors.ts'
import { calledAs } from '../platform/called-as.ts'
import { copyDatabase, restoreDatabase } from './copy.ts'

const HELP = `${calledAs('backup')} FILE
  copies the database of Vigie to FILE, beside a running Vigie too

${calledAs('restore')} FILE
  puts a copy in the place of the database; Vigie must be stopped. What stood there is kept beside it.`

/** `backup FILE` and `restore FILE`: Vigie's own backup. */
async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { help: { type: 'boolean', short: 'h' } },
  })
  const [command, name, ...more] = positionals
  if (values.help) return console.log(HELP)
  if (command !== 'backup' && command !== 'restore')
    throw new InvalidInputError('command', 'must be backup or restore', `\n${HELP}`)
  if (!name || more.length) throw new InvalidInputError('FILE', 'must be named once', `\n${HELP}`)
  const { databaseFile } = readConfig(process.env)
  const file = resolve(process.env['INIT_CWD'] ?? process.cwd(), name)
  if (command === 'backup') {
    const size = copyDatabase(databaseFile, file)
    console.log(`${file}: ${(size / 1024 / 1024).toFixed(1)} MiB, read again and whole`)
  } else {
    const kept = await restoreDatabase(file, databaseFile, new Date())
    console.log(kept ? `Restored. What stood there is kept as ${kept}` : 'Restored.')
  }
}

try {
  await main()
} catch (error) {
  const known = error instanceof DomainError || (error as { code?: string }).code?.startsWith('ERR_PARSE_ARGS')
  console.error(known ? `vigie: ${(error as Error).message}` : error)
  process.exitCode = known ? 2 : 1
}
