import 'reflect-metadata'
import { parseArgs } from 'node:util'
import { readConfig } from '../config/config.ts'
import { openDatabase } from '../database/database.ts'
import { engineOf } from '../database/engine.ts'
import { migrate } from '../database/migrate.ts'
import { tables } from '../database/tables.ts'
import { calledAs } from '../platform/called-as.ts'
import { systemClock } from '../platform/clock.ts'
import { DomainError } from '../platform/errors.ts'
import { createLog } from '../platform/log.ts'
import { demoConfig } from './demo-config.ts'
import { DemoError, readDemoMark } from '../access/demo-mark.ts'
import { letTimePass } from './history.ts'

const HELP = `${calledAs('demo')}
  starts Vigie with forty machines, three hundred disks and sixty backups that do not exist, in the folder demo (or
  VIGIE_DEMO_DIR). The first start makes their ninety days, in a few minutes; each later one goes on from the last.
  To begin anew, delete the folder.`

/** Makes what has happened until now; `npm run demo` starts the server after it. */
async function main(): Promise<void> {
  const { values } = parseArgs({ options: { help: { type: 'boolean', short: 'h' } } })
  if (values.help) {
    console.log(HELP)
    return
  }
  const config = demoConfig(readConfig(process.env))
  const orm = await openDatabase(config.database)
  try {
    const lock = await engineOf(orm).lock(() => process.exit(70))
    await migrate(orm)
    const [machine] = await tables(orm.em).selectFrom('Machine').select('id').limit(1).execute()
    const [job] = await tables(orm.em).selectFrom('ExpectedJob').select('id').limit(1).execute()
    if ((machine || job) && !(await readDemoMark(orm.em)))
      throw new DemoError(`${config.dataDir} holds the data of real machines: name another folder as VIGIE_DEMO_DIR.`)
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
