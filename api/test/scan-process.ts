// A process of its own for tests that kill it: on VIGIE_DATA_DIR it makes the jobs of a file, or scans and delivers until
// nothing is left to do. With CRASH_AT=STEP:N it kills itself at the N-th such step of a move.
import 'reflect-metadata'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { startApp } from '../src/app.ts'
import { readConfig } from '../src/config/config.ts'
import { openDatabase } from '../src/database/database.ts'
import { migrate } from '../src/database/migrate.ts'
import { Scanner } from '../src/deposit/scanner.ts'
import { ChangeFeed } from '../src/platform/changes.ts'
import { createLog } from '../src/platform/log.ts'

const config = readConfig(process.env)
const orm = await openDatabase(config.database)
await migrate(orm)
const log = createLog(config.logLevel)
const now = new Date(process.env['NOW'] ?? Date.now())
const changes = new ChangeFeed(() => undefined)
// Built into one file, beside which its threads lie (build-scripts.ts).
const threadOf = (script: string): URL => new URL(`./${script}.mjs`, import.meta.url)
const app = await startApp({ config, orm, clock: () => now, log, changes, threadOf })
const { transact, opener, delivery } = app

const jobs = process.env['JOBS']
if (jobs) {
  const inputs = JSON.parse(readFileSync(jobs, 'utf8')) as object[]
  const before = null
  await app.services().jobs.store(
    inputs.map((input) => ({ input, before })),
    null,
  )
} else {
  const [step, number] = (process.env['CRASH_AT'] ?? ':0').split(':') as [string, string]
  let count = 0
  const scanner = new Scanner({
    em: orm.em,
    transact,
    clock: () => now,
    log,
    roots: config.roots,
    intervalMinutes: 1440,
    temporaryFolder: join(config.dataDir, `tmp-${process.pid}`),
    patienceMs: 60_000,
    threadOf,
    atStep: (at) => {
      if (at !== step) return
      count += 1
      if (count >= Number(number)) process.kill(process.pid, 'SIGKILL')
    },
  })
  await scanner.prepare()
  await delivery.takeUp()
  let answer = await scanner.scan('test')
  while (answer.scan && answer.scan.filesWaiting > 0) answer = await scanner.scan('test')
  await opener.run()
  await delivery.run()
  console.log(JSON.stringify({ ...answer, pid: process.pid }))
  await scanner.stop()
}
await app.stop()
await orm.close()
process.exit(0)
