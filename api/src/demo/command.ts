import 'reflect-metadata'
import { existsSync, readdirSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { readConfig } from '../config/config.ts'
import { openDatabase } from '../database/database.ts'
import { engineOf } from '../database/engine.ts'
import { migrate } from '../database/migrate.ts'
import { calledAs } from '../platform/called-as.ts'
import { systemClock } from '../platform/clock.ts'
import { DomainError } from '../platform/errors.ts'
import { createLog } from '../platform/log.ts'
import { demoConfig } from './demo-config.ts'
import { DemoError } from '../access/demo-mark.ts'
import { letTimePass } from './history.ts'

const HELP = `${calledAs('demo')}
  starts Vigie with forty machines, three hundred disks and sixty backups that do not exist, in the folder demo (or
  VIGIE_DEMO_DIR). The first start makes their ninety days, in a few minutes; each later one goes on from the last.
  To begin anew, delete the folder.`

/** Before anything in it is opened or touched: a folder that holds something, and no demo, is somebody's. */
function refuseOthers(folder: string, database: string): void {
  const holds = existsSync(folder) ? readdirSync(folder) : []
  if (holds.length > 0 && !isMarked(database))
    throw new DemoError(
      `${folder} holds something else than a demo: name an empty folder as VIGIE_DEMO_DIR, or delete this one if a demo was broken off in it at its very start.`,
    )
}

function isMarked(file: string): boolean {
  let database: DatabaseSync | null = null
  try {
    const address = pathToFileURL(file)
    // Reading a database in WAL mode leaves files beside it, but where it is told to be `immutable` (sqlite.org/uri.html).
    // A demo that was killed has them already, and its mark may stand in them alone.
    if (!existsSync(`${file}-wal`)) address.searchParams.set('immutable', '1')
    database = new DatabaseSync(address, { readOnly: true })
    return database.prepare('select 1 from demo_mark').get() !== undefined
  } catch {
    // No file, no database, or one without the table: no demo.
    return false
  } finally {
    database?.close()
  }
}

/** Makes what has happened until now; `npm run demo` starts the server after it. */
async function main(): Promise<void> {
  const { values } = parseArgs({ options: { help: { type: 'boolean', short: 'h' } } })
  if (values.help) {
    console.log(HELP)
    return
  }
  const config = demoConfig(readConfig(process.env))
  const { database } = config
  if (!('file' in database)) throw new DemoError('The demo lies in a file of its own: leave DATABASE_URL empty for it.')
  refuseOthers(config.dataDir, database.file)
  const orm = await openDatabase(database)
  try {
    const lock = await engineOf(orm).lock(() => process.exit(70))
    await migrate(orm)
    const now = systemClock()
    const onDay = (done: number, all: number): void => {
      if (all > 1) process.stderr.write(`\rMaking what has happened: day ${done} of ${all} `)
      if (all > 1 && done === all) process.stderr.write('\n')
    }
    await letTimePass({ config, orm, log: createLog('fatal'), now, onDay })
    await lock.release()
  } finally {
    await orm.close()
  }
}

try {
  await main()
} catch (error) {
  console.error(error instanceof DomainError ? `vigie: ${error.message}` : error)
  process.exitCode = error instanceof DomainError ? 2 : 1
}
